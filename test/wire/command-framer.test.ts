import test from 'node:test';
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { CommandFramer } from '#wire/command-framer.ts';
import type { CommandEvent, FramingLimits } from '#wire/command-framer.ts';

const LIMITS: FramingLimits = {
  lineBytes: 40,
  literalBytes: 20,
  commandBytes: 80,
  literals: 3,
  skippedLiteralBytes: 1000,
  synchronizing: 'accepted',
};

/** An event in one line; literals in angle brackets. */
function show(event: CommandEvent): string {
  if (event.kind === 'refused') return `refused ${event.fault} ${event.start}`;
  if (event.kind !== 'command') return event.kind;
  return event.pieces.map((p) => (p.kind === 'text' ? p.text : `<${p.bytes.toString('latin1')}>`)).join('');
}

function drain(framer: CommandFramer): string[] {
  const seen: string[] = [];
  for (let event = framer.next(); event !== undefined; event = framer.next()) {
    seen.push(show(event));
    if (event.kind === 'hopeless') break;
  }
  return seen;
}

function frame(text: string, cut: number, limits = LIMITS): string[] {
  const framer = new CommandFramer(limits);
  const bytes = Buffer.from(text, 'latin1');
  const seen: string[] = [];
  for (let at = 0; at < bytes.length; at += cut) {
    framer.push(bytes.subarray(at, at + cut));
    seen.push(...drain(framer));
  }
  return seen;
}

/** The events, which must not depend on how the bytes are cut. */
function frames(text: string, limits = LIMITS): string[] {
  const whole = frame(text, text.length, limits);
  for (const cut of [1, 2, 3, 7]) assert.deepEqual(frame(text, cut, limits), whole, `cut at ${cut}`);
  return whole;
}

test('lines are commands, with CRLF or LF', () => {
  assert.deepEqual(frames('a NOOP\r\nb LOGIN x y\n\r\n'), ['a NOOP', 'b LOGIN x y', '']);
});

test('a synchronizing literal asks for a continuation request, the others do not', () => {
  assert.deepEqual(frames('a LOGIN {3}\r\ntim {6}\r\nse{1}c\r\nb'), ['continue', 'continue', 'a LOGIN <tim> <se{1}c>']);
  assert.deepEqual(frames('a LOGIN {3+}\r\ntim {2-}\r\nxy\r\n'), ['a LOGIN <tim> <xy>']);
  assert.deepEqual(frames('a LOGIN {0}\r\n {0+}\r\n\r\n'), ['continue', 'a LOGIN <> <>']);
});

test('a literal is bytes: line ends, quotes, NUL and things that look like commands', () => {
  const inside = 'x\r\nb LOGIN y z\r\n"\\\0';
  assert.deepEqual(frames(`a X {${inside.length}+}\r\n${inside}\r\nc NOOP\r\n`), [`a X <${inside}>`, 'c NOOP']);
});

test('what does not announce a literal is text', () => {
  const lines = ['a X {}', 'a X {x}', 'a X {-1}', 'a X {1+-}', 'a X {1} ', 'a X {1', 'a {1}x', 'a X { 1}', 'a X {1 }'];
  for (const line of lines) assert.deepEqual(frames(`${line}\r\n`), [line]);
});

test('a literal over its limit is refused: unsent when synchronizing, else read to its end and dropped', () => {
  assert.deepEqual(frames('a X {21}\r\nb NOOP\r\n'), ['refused literal-too-long a X {21}', 'b NOOP']);
  assert.deepEqual(frames(`a X {21+}\r\n${'c NOOP\r\n'.repeat(2)}12345 {3+}\r\nd\r\n y\r\nb NOOP\r\n`), [
    'refused literal-too-long a X {21+}',
    'b NOOP',
  ]);
});

test('LITERAL- allows 4096 bytes, whatever the limit is', () => {
  const limits = { ...LIMITS, literalBytes: 10_000, commandBytes: 10_000, skippedLiteralBytes: 10_000 };
  assert.deepEqual(frames(`a X {4096-}\r\n${'x'.repeat(4096)}\r\n`, limits), [`a X <${'x'.repeat(4096)}>`]);
  assert.deepEqual(frames(`a X {4097-}\r\n${'x'.repeat(4097)}\r\nb\r\n`, limits), [
    'refused literal-too-long a X {4097-}',
    'b',
  ]);
  assert.deepEqual(frames(`a X {4097+}\r\n${'x'.repeat(4097)}\r\n`, limits), [`a X <${'x'.repeat(4097)}>`]);
});

test('a refused literal too long to skip is hopeless, and nothing in it is ever read as a command', () => {
  assert.deepEqual(frame('a X {1001+}\r\n', 1), ['hopeless']);
  assert.deepEqual(frame('a X {99999999999999999999+}\r\n', 1), ['hopeless']);
  const framer = new CommandFramer(LIMITS);
  framer.push(Buffer.from('a X {100000+}\r\nb NOOP\r\n'));
  assert.deepEqual(drain(framer), ['hopeless']);
  assert.deepEqual(drain(framer), []);
  assert.equal(framer.heldBytes, 0);
});

test('a line over its limit is refused once at its end, with its literals', () => {
  const long = `a X ${'y'.repeat(36)}`;
  assert.deepEqual(frames(`${long}y\r\nb NOOP\r\n`), [`refused line-too-long ${long}`, 'b NOOP']);
  assert.deepEqual(frames(`${long}{8+}\r\nc NOOP\r\n z\r\nb NOOP\r\n`), [`refused line-too-long ${long}`, 'b NOOP']);
  assert.deepEqual(frames(`${long}{8}\r\nb NOOP\r\n`), [`refused line-too-long ${long}`, 'b NOOP']);
  assert.deepEqual(frames(`a X {1+}\r\nz${'y'.repeat(50)}\r\nb\r\n`), ['refused line-too-long a X ', 'b']);
});

test('a line of exactly the limit is a command', () => {
  const line = `a ${'x'.repeat(38)}`;
  assert.deepEqual(frames(`${line}\r\n${line}\n${line}x\r\n`), [line, line, `refused line-too-long ${line}`]);
});

test('an endless line or refused literal holds no memory', () => {
  const framer = new CommandFramer(LIMITS);
  for (let i = 0; i < 1000; i += 1) {
    framer.push(Buffer.alloc(500, '('));
    assert.deepEqual(drain(framer), []);
    assert.equal(framer.heldBytes, 0);
  }
  framer.push(Buffer.from(' {900+}\r\n'));
  assert.deepEqual(drain(framer), []);
  framer.push(Buffer.alloc(900));
  assert.deepEqual(drain(framer), []);
  assert.equal(framer.heldBytes, 0);
  framer.push(Buffer.from('\r\nb NOOP\r\n'));
  assert.deepEqual(drain(framer), [`refused line-too-long ${'('.repeat(40)}`, 'b NOOP']);
});

test('too many literals, or too much of everything together, is refused once', () => {
  const literal = '{1+}\r\nx';
  assert.deepEqual(frames(`a ${literal.repeat(3)}\r\n`), ['a <x><x><x>']);
  assert.deepEqual(frames(`a ${literal.repeat(9)}\r\nb\r\n`), ['refused too-many-literals a ', 'b']);
  const big = `{20+}\r\n${'x'.repeat(20)}`;
  assert.deepEqual(frames(`a ${big.repeat(3)}${'y'.repeat(10)}\r\nb\r\n`), ['refused command-too-long a ', 'b']);
  const line = `a ${'z'.repeat(30)}`;
  assert.deepEqual(frames(`${line}${big}${'y'.repeat(20)}{20}\r\nb\r\n`), [`refused command-too-long ${line}`, 'b']);
  assert.deepEqual(frames(`${line}${big}${'y'.repeat(40)}\r\nb\r\n`), [`refused command-too-long ${line}`, 'b']);
});

test('ManageSieve has only literals that need no continuation request', () => {
  const limits: FramingLimits = { ...LIMITS, synchronizing: 'refused' };
  assert.deepEqual(frames('AUTHENTICATE {5+}\r\nPLAIN\r\n', limits), ['AUTHENTICATE <PLAIN>']);
  assert.deepEqual(frames('AUTHENTICATE {5}\r\nNOOP\r\n', limits), [
    'refused literal-not-supported AUTHENTICATE {5}',
    'NOOP',
  ]);
});

test('a line read by itself announces no literal and has the same limit', () => {
  const framer = new CommandFramer(LIMITS);
  framer.push(Buffer.from(`abc{5}\r\n${'x'.repeat(41)}\r\nrest`));
  assert.deepEqual(framer.nextLine(), { kind: 'line', line: 'abc{5}' });
  assert.deepEqual(framer.nextLine(), { kind: 'too-long' });
  assert.equal(framer.nextLine(), undefined);
  assert.equal(framer.take().toString(), 'rest');
});

test('clear forgets a half-read command, take gives what was not read', () => {
  const framer = new CommandFramer(LIMITS);
  framer.push(Buffer.from('a X {5+}\r\nab'));
  assert.deepEqual(drain(framer), []);
  framer.clear();
  framer.push(Buffer.from('b NOOP\r\nc'));
  assert.deepEqual(drain(framer), ['b NOOP']);
  assert.equal(framer.heldBytes, 1);
  assert.equal(framer.take().toString(), 'c');
});

test('random streams: cutting changes nothing, memory stays bounded, every line end answers at most one command', () => {
  const piece = fc.oneof(
    fc.constantFrom(
      'a ',
      'LOGIN ',
      '{3+}\r\n',
      '{3}\r\n',
      '{30+}\r\n',
      '{4-}\r\n',
      '{',
      '}',
      '\r\n',
      '\n',
      '\r',
      '"',
      '\0',
    ),
    fc.string({ maxLength: 30, unit: 'binary-ascii' }),
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
      const text = pieces.join('');
      const seen = text === '' ? [] : frames(text);
      assert.ok(seen.length <= text.split('\n').length - 1);
      const framer = new CommandFramer(LIMITS);
      framer.push(Buffer.from(text));
      drain(framer);
      assert.ok(framer.heldBytes <= LIMITS.lineBytes + 1);
    }),
    { seed: 1, numRuns: 500 },
  );
});
