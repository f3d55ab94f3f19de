import assert from 'node:assert/strict';
import { test } from 'node:test';
import { numberedLines, type NumberedLine } from '#bulk/lines.ts';

async function* pieces(...parts: readonly (string | Uint8Array)[]): AsyncGenerator<Uint8Array> {
  for (const part of parts) yield Buffer.from(part);
}

async function all(lines: AsyncIterable<NumberedLine>): Promise<readonly string[]> {
  const seen: string[] = [];
  for await (const read of lines) seen.push(`${read.line}: ${read.kind === 'text' ? read.text : `! ${read.why}`}`);
  return seen;
}

test('lines come out the same however the bytes are cut', async () => {
  const text = '\uFEFFfirst\r\n\nthird, näive 漢字\n  \nlast';
  const expected = ['1: first', '3: third, näive 漢字', '5: last'];
  assert.deepEqual(await all(numberedLines(pieces(text))), expected);
  assert.deepEqual(
    await all(numberedLines(pieces(...Array.from(Buffer.from(text), (byte) => Buffer.of(byte))))),
    expected,
  );
});

test('a line that is too long or no UTF-8 is named, and the next one is read in step', async () => {
  const source = pieces('123456789', '0\nshort\n', Buffer.of(0xc3, 0x28, 0x0a), 'end\n');
  assert.deepEqual(await all(numberedLines(source, 8)), [
    '1: ! it is longer than 8 bytes',
    '2: short',
    '3: ! it is not UTF-8 text',
    '4: end',
  ]);
});

test('the end of a line is counted in bytes from the beginning', async () => {
  const ends: number[] = [];
  for await (const { bytesRead } of numberedLines(pieces('é\n', 'ab', 'c\nd'))) ends.push(bytesRead);
  assert.deepEqual(ends, [3, 7, 8]);
});
