/**
 * Makes a browser's picture of a page a third as large: a page has few colours, so its 64 commonest ones are kept in a
 * palette and every other becomes the nearest of them. PNG (RFC 2083) §4.1, §6; reads what Chromium writes, 8 bits RGB(A).
 */

import { crc32, deflateSync, inflateSync } from 'node:zlib';

const SIGNATURE = Buffer.from('89504e470d0a1a0a', 'hex');
const COLOURS = 64;
const PALETTE = 3;

interface Pixels {
  readonly width: number;
  readonly height: number;
  /** One number for each pixel, 0xRRGGBB. */
  readonly colours: Uint32Array;
}

/** The same picture in fewer colours. */
export function smallPng(png: Buffer): Buffer {
  const { width, height, colours } = pixelsOf(png);
  const palette = commonest(colours);
  const nearest = new Map(palette.map((colour, index) => [colour, index]));
  const indexOf = (colour: number): number => {
    const known = nearest.get(colour);
    if (known !== undefined) return known;
    const index = nearestOf(palette, colour);
    nearest.set(colour, index);
    return index;
  };
  // Each row begins with its filter: none.
  const rows = Buffer.alloc(height * (width + 1));
  colours.forEach((colour, at) => {
    rows[Math.floor(at / width) * (width + 1) + 1 + (at % width)] = indexOf(colour);
  });
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head.set([8, PALETTE, 0, 0, 0], 8);
  const table = Buffer.from(palette.flatMap((colour) => [colour >> 16, (colour >> 8) & 0xff, colour & 0xff]));
  const parts = [chunk('IHDR', head), chunk('PLTE', table), chunk('IDAT', deflateSync(rows, { level: 9 }))];
  return Buffer.concat([SIGNATURE, ...parts, chunk('IEND', Buffer.alloc(0))]);
}

function pixelsOf(png: Buffer): Pixels {
  const data: Buffer[] = [];
  const head = png.subarray(16, 29);
  for (let at = SIGNATURE.length; at < png.length; at += png.readUInt32BE(at) + 12) {
    if (png.toString('latin1', at + 4, at + 8) === 'IDAT')
      data.push(png.subarray(at + 8, at + 8 + png.readUInt32BE(at)));
  }
  const [width, height, samples] = [head.readUInt32BE(0), head.readUInt32BE(4), head[9] === 6 ? 4 : 3];
  const lines = unfiltered(inflateSync(Buffer.concat(data)), { height, bytes: width * samples, samples });
  const colours = new Uint32Array(width * height).map((_none, at) => lines.readUIntBE(at * samples, 3));
  return { width, height, colours };
}

// §6: each byte is kept as its difference from what its neighbours make likely.
function unfiltered(
  raw: Buffer,
  { height, bytes, samples }: { readonly height: number; readonly bytes: number; readonly samples: number },
): Buffer {
  const lines = Buffer.alloc(height * bytes);
  for (let y = 0; y < height; y++) {
    const filter = raw[y * (bytes + 1)] ?? 0;
    for (let x = 0; x < bytes; x++) {
      const left = x < samples ? 0 : (lines[y * bytes + x - samples] ?? 0);
      const up = y === 0 ? 0 : (lines[(y - 1) * bytes + x] ?? 0);
      const corner = x < samples || y === 0 ? 0 : (lines[(y - 1) * bytes + x - samples] ?? 0);
      const likely = likelyBy(filter, left, up, corner);
      lines[y * bytes + x] = ((raw[y * (bytes + 1) + 1 + x] ?? 0) + likely) & 0xff;
    }
  }
  return lines;
}

// Plain arithmetic: this runs for every byte of a picture.
function likelyBy(filter: number, left: number, up: number, corner: number): number {
  if (filter < 2) return filter === 0 ? 0 : left;
  if (filter < 4) return filter === 2 ? up : (left + up) >> 1;
  const [byLeft, byUp, byCorner] = [Math.abs(up - corner), Math.abs(left - corner), Math.abs(left + up - 2 * corner)];
  if (byLeft <= byUp && byLeft <= byCorner) return left;
  return byUp <= byCorner ? up : corner;
}

function commonest(colours: Uint32Array): readonly number[] {
  const counts = new Map<number, number>();
  for (const colour of colours) counts.set(colour, (counts.get(colour) ?? 0) + 1);
  const sorted = [...counts].toSorted(([, a], [, b]) => b - a);
  return sorted.slice(0, COLOURS).map(([colour]) => colour);
}

function nearestOf(palette: readonly number[], colour: number): number {
  const distances = palette.map((one) => distance(one, colour));
  return distances.indexOf(Math.min(...distances));
}

function distance(a: number, b: number): number {
  return [16, 8, 0].reduce((sum, shift) => sum + (((a >> shift) & 0xff) - ((b >> shift) & 0xff)) ** 2, 0);
}

function chunk(type: string, content: Buffer): Buffer {
  const typed = Buffer.concat([Buffer.from(type, 'latin1'), content]);
  const [length, check] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(content.length);
  check.writeUInt32BE(crc32(typed));
  return Buffer.concat([length, typed, check]);
}
