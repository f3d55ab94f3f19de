import test from 'node:test';
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { LineReader } from '#wire/line-reader.ts';

const LIMIT = 8;

function drain(reader: LineReader): string[] {
  const seen: string[] = [];
  for (let event = reader.next(); event !== undefined; event = reader.next()) {
    seen.push(event.kind === 'line' ? event.line : '<too-long>');
  }
  return seen;
}

function readAll(text: string, cut: number): string[] {
  const reader = new LineReader(LIMIT);
  const bytes = Buffer.from(text, 'latin1');
  const seen: string[] = [];
  for (let at = 0; at < bytes.length; at += cut) {
    reader.push(bytes.subarray(at, at + cut));
    seen.push(...drain(reader));
  }
  return seen;
}

test('the same lines come out however the bytes are cut', () => {
  const text = 'one\r\ntwo\nt\rhree\r\n\r\n12345678\r\n123456789\r\nlast\r\nnot ended';
  const expected = ['one', 'two', 't\rhree', '', '12345678', '<too-long>', 'last'];
  for (let cut = 1; cut <= text.length; cut += 1) assert.deepEqual(readAll(text, cut), expected, `cut at ${cut}`);
});

test('a line of exactly the limit is read, one byte more is refused once', () => {
  assert.deepEqual(readAll('12345678\r\n', 1), ['12345678']);
  assert.deepEqual(readAll('12345678\n', 1), ['12345678']);
  assert.deepEqual(readAll('123456789\n', 1), ['<too-long>']);
  assert.deepEqual(readAll('12345678\r\r\n', 1), ['<too-long>']);
});

test('an endless line holds no memory, is answered once at its end, and the next line is read', () => {
  const reader = new LineReader(LIMIT);
  for (let i = 0; i < 1000; i += 1) {
    reader.push(Buffer.alloc(1000, 'x'));
    assert.equal(reader.next(), undefined);
    assert.equal(reader.heldBytes, 0);
  }
  reader.push(Buffer.from('\r\nnext\r\n'));
  assert.deepEqual(drain(reader), ['<too-long>', 'next']);
});

test('bytes are characters: 8-bit and NUL come through unchanged', () => {
  assert.deepEqual(readAll('\xff\x00\xe9\r\n', 1), ['\xff\x00\xe9']);
});

test('take gives what was not read, and clear forgets it', () => {
  const reader = new LineReader(LIMIT);
  reader.push(Buffer.from('a\r\nb\r\nc'));
  assert.deepEqual(reader.next(), { kind: 'line', line: 'a' });
  assert.equal(reader.heldBytes, 4);
  assert.equal(reader.take().toString(), 'b\r\nc');
  assert.equal(reader.heldBytes, 0);

  reader.push(Buffer.from('rest of a poisoned line'));
  assert.equal(reader.next(), undefined);
  reader.clear();
  reader.push(Buffer.from('ok\r\n'));
  assert.deepEqual(drain(reader), ['ok']);
});

test('the caller may use its buffer again', () => {
  const reader = new LineReader(LIMIT);
  const chunk = Buffer.from('abc');
  reader.push(chunk);
  chunk.fill('x');
  reader.push(Buffer.from('\r\n'));
  assert.deepEqual(drain(reader), ['abc']);
});

test('random streams: cutting changes nothing, memory stays bounded', () => {
  const piece = fc.constantFrom('\r', '\n', '\r\n', 'a', '\0', '\xff', 'abcdefgh');
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 60 }), fc.integer({ min: 1, max: 20 }), (pieces, cut) => {
      const text = pieces.join('');
      assert.deepEqual(readAll(text, cut), readAll(text, text.length + 1));
      const reader = new LineReader(LIMIT);
      reader.push(Buffer.from(text, 'latin1'));
      drain(reader);
      assert.ok(reader.heldBytes <= LIMIT + 1);
    }),
    { seed: 1, numRuns: 300 },
  );
});
