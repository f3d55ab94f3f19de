import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { endsWithCr, LineSkimmer, lineText, type LineText } from '#wire/line-skimmer.ts';

interface Seen extends LineText {
  readonly crlf: boolean;
}

/** What is seen of a stream in these pieces, where `{n}` at the end of a line says that n octets are no lines. */
function skim(chunks: readonly Buffer[]): { seen: readonly Seen[]; atLineStart: boolean } {
  const seen: Seen[] = [];
  const skimmer = new LineSkimmer((bytes, start, end) => {
    const text = lineText(bytes, start, end);
    seen.push({ ...text, crlf: endsWithCr(bytes, start, end) });
    return Number(/\{(\d+)\}$/.exec(text.end)?.[1] ?? 0);
  });
  for (const chunk of chunks) skimmer.push(chunk);
  return { seen, atLineStart: skimmer.atLineStart };
}

function cutInto(bytes: Buffer, sizes: readonly number[]): readonly Buffer[] {
  const chunks: Buffer[] = [];
  let at = 0;
  while (at < bytes.length) {
    const size = sizes[chunks.length % sizes.length] ?? 1;
    chunks.push(Buffer.from(bytes.subarray(at, at + size)));
    at += size;
  }
  return chunks;
}

test('lines are seen without their line ends, LF alone ends one too', () => {
  const { seen, atLineStart } = skim([Buffer.from('one\r\n\ntwo\n\r\n')]);
  assert.deepEqual(seen, [
    { start: 'one', end: 'one', crlf: true },
    { start: '', end: '', crlf: false },
    { start: 'two', end: 'two', crlf: false },
    { start: '', end: '', crlf: true },
  ]);
  assert.equal(atLineStart, true);
});

test('octets that are no lines are stepped over, across chunks too', () => {
  const chunks = ['a {6}\r\n12\n', '45', '\nb\r', '\n{2}\n'].map((text) => Buffer.from(text));
  assert.deepEqual(
    skim(chunks).seen.map(({ start }) => start),
    ['a {6}', 'b', '{2}'],
  );
  assert.equal(skim(chunks).atLineStart, false);
  assert.equal(skim([...chunks, Buffer.from('\r\n')]).atLineStart, true);
});

test('of a long line both ends are seen, the same however it was cut', () => {
  const line = Buffer.from(`${'s'.repeat(200)}${'m'.repeat(100_000)}${'e'.repeat(200)}\r\n`);
  const whole = skim([line]).seen;
  assert.deepEqual(whole, [{ start: 's'.repeat(128), end: 'e'.repeat(128), crlf: true }]);
  for (const size of [1, 127, 128, 129, 257, 4096]) assert.deepEqual(skim(cutInto(line, [size])).seen, whole);
});

test('what is remembered of a cut line is a copy', () => {
  const chunk = Buffer.from('begun');
  const seen: string[] = [];
  const skimmer = new LineSkimmer((bytes, start, end) => {
    seen.push(lineText(bytes, start, end).start);
    return 0;
  });
  skimmer.push(chunk);
  chunk.fill('x');
  skimmer.push(Buffer.from(' and done\r\n'));
  assert.deepEqual(seen, ['begun and done']);
});

test('any stream is seen in the same way however it is cut', () => {
  const part = fc.oneof(
    fc.constantFrom('\r\n', '\n', '\r', '{3}', '{0}', '{12}\r\n', 'abc'),
    fc.integer({ min: 0, max: 300 }).map((length) => 'z'.repeat(length)),
  );
  const stream = fc.array(part, { maxLength: 20 }).map((parts) => Buffer.from(parts.join(''), 'latin1'));
  const sizes = fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1, maxLength: 5 });
  fc.assert(
    fc.property(stream, sizes, (bytes, cuts) => assert.deepEqual(skim(cutInto(bytes, cuts)), skim([bytes]))),
    { seed: 3, numRuns: 1000 },
  );
});
