/** Random bytes to what cuts and reads them before any dialogue: the PROXY header, the framers, base64. */

import assert from 'node:assert/strict';
import fc from 'fast-check';
import { z } from 'zod';
import { canonicalAddress } from '#core/network.ts';
import { decodeBase64, encodeBase64 } from '#wire/base64.ts';
import { CommandFramer, type CommandEvent, type FramingLimits } from '#wire/command-framer.ts';
import { LineReader } from '#wire/line-reader.ts';
import { encodeProxyV2, ProxyHeaderReader, type ProxyRead } from '#wire/proxy-header.ts';
import { bytesOf, cut, noise } from './bytes.ts';
import { fuzzTarget, type FuzzTarget } from './target.ts';

const text = z.string();

const SIGNATURE = '\r\n\r\n\0\r\nQUIT\n';
const V2 = encodeProxyV2({ source: { address: '192.0.2.1', port: 5 }, destination: { address: '::1', port: 993 } });
const headerPiece = fc.oneof(
  fc.constantFrom(
    SIGNATURE,
    V2.toString('latin1'),
    encodeProxyV2('local').toString('latin1'),
    'PROXY TCP4 192.0.2.1 203.0.113.1 4660 993\r\n',
    'PROXY TCP6 ::1 2001:db8::1 1 65535\r\n',
    'PROXY UNKNOWN\r\n',
    'PROXY ',
    'TCP4 ',
    '1.2.3.4 ',
    '0',
    '99999 ',
    '\r\n',
    '\x21\x11\0\x0c',
    '\x20\0\0\0',
    '\x21\x21\xff\xff',
  ),
  noise,
);

function checkProxyHeader(input: string): void {
  const whole = readHeader([input]);
  assert.deepEqual(readHeader(cut(input, 1)), whole, 'byte by byte it means something else');
  if (whole.kind !== 'header') return;
  assert.ok(
    bytesOf(input)
      .subarray(-whole.rest.length || input.length)
      .equals(whole.rest),
    'bytes behind it are lost',
  );
  if (whole.header.kind === 'local') return;
  for (const { address, port } of [whole.header.source, whole.header.destination]) {
    assert.equal(canonicalAddress(address), address);
    assert.ok(port >= 0 && port <= 65_535);
  }
}

function readHeader(pieces: readonly string[]): ProxyRead {
  const reader = new ProxyHeaderReader();
  for (const [index, piece] of pieces.entries()) {
    const read = reader.push(bytesOf(piece));
    if (read.kind === 'more') continue;
    if (read.kind === 'fault') return read;
    return { ...read, rest: Buffer.concat([read.rest, bytesOf(pieces.slice(index + 1).join(''))]) };
  }
  return { kind: 'more' };
}

const LIMITS: FramingLimits = {
  lineBytes: 60,
  literalBytes: 40,
  commandBytes: 120,
  literals: 3,
  skippedLiteralBytes: 80,
  synchronizing: 'accepted',
};
const framePiece = fc.oneof(
  fc.constantFrom('a LOGIN ', '{3+}\r\nabc', '{3}\r\n', '{30+}\r\n', '{70+}\r\n', '{900+}\r\n', '{4-}\r\nabcd'),
  fc.constantFrom('{', '}', '\r\n', '\n', '\r', '"', '\0', '(', 'x'.repeat(50)),
  noise,
);

/** Events with the bytes of their literals as text. */
function frames(limits: FramingLimits, pieces: readonly string[]): readonly string[] {
  const framer = new CommandFramer(limits);
  const seen: string[] = [];
  for (const piece of pieces) {
    framer.push(bytesOf(piece));
    for (let event = framer.next(); event !== undefined; event = framer.next()) {
      seen.push(JSON.stringify(event.kind === 'command' ? shown(event) : event));
      if (event.kind === 'hopeless') return seen;
    }
    assert.ok(
      framer.heldBytes <= Math.max(limits.lineBytes + 1, limits.literalBytes),
      `holds ${framer.heldBytes} bytes`,
    );
  }
  return seen;
}

function shown({ pieces }: Extract<CommandEvent, { kind: 'command' }>): readonly string[] {
  for (const [index, { kind }] of pieces.entries()) assert.equal(kind, index % 2 === 0 ? 'text' : 'literal');
  assert.equal(pieces.length % 2, 1, 'a command ends with a text');
  return pieces.map((piece) => (piece.kind === 'text' ? piece.text : `<${piece.bytes.toString('latin1')}>`));
}

function checkFramer(input: string): void {
  for (const limits of [LIMITS, { ...LIMITS, synchronizing: 'refused' } as const]) {
    assert.deepEqual(frames(limits, cut(input, 1)), frames(limits, [input]), 'byte by byte it means something else');
  }
}

function checkLines(input: string): void {
  const read = (pieces: readonly string[]): readonly string[] => {
    const reader = new LineReader(40);
    const seen: string[] = [];
    for (const piece of pieces) {
      reader.push(bytesOf(piece));
      for (let event = reader.next(); event !== undefined; event = reader.next()) {
        seen.push(event.kind === 'line' ? `line ${event.line}` : event.kind);
      }
      assert.ok(reader.heldBytes <= 42, `holds ${reader.heldBytes} bytes`);
    }
    return seen;
  };
  const lines = read([input]);
  assert.deepEqual(read(cut(input, 1)), lines, 'byte by byte it means something else');
  assert.equal(lines.length, input.split('\n').length - 1);
}

function checkBase64(input: string): void {
  const decoded = decodeBase64(input);
  if (decoded !== undefined) assert.equal(encodeBase64(decoded), input, 'one value has two forms');
}

const joined = (piece: fc.Arbitrary<string>, maxLength: number): fc.Arbitrary<string> =>
  fc.array(piece, { maxLength }).map((pieces) => pieces.join(''));

export const WIRE_TARGETS: readonly FuzzTarget[] = [
  fuzzTarget('proxy-header', { schema: text, inputs: joined(headerPiece, 8), check: checkProxyHeader }),
  fuzzTarget('command-framer', { schema: text, inputs: joined(framePiece, 30), check: checkFramer }),
  fuzzTarget('line-reader', { schema: text, inputs: joined(framePiece, 30), check: checkLines }),
  fuzzTarget('base64', {
    schema: text,
    inputs: fc.oneof(
      noise,
      fc.string({ unit: fc.constantFrom('A', 'Q', '=', '/', '+', 'b', ' ', '\n'), maxLength: 12 }),
    ),
    check: checkBase64,
  }),
];
