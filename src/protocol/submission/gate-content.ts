/**
 * Where mail content ends (RFC 5321 §4.1.1.4): at a line of one dot between two CRLF. Servers differ in what else they
 * take for its end (a bare LF or CR before or behind the dot, more than one CR, a NUL), so any other line of one dot is
 * found too, in front of the octet that would make it one. Keeps nothing but where the last octet stands.
 */

/** The last octets of what has passed, as far as they can begin a line of one dot. */
export type ContentTail =
  | 'text'
  | 'cr'
  /** LF without CR before it. */
  | 'lf'
  | 'crlf'
  /** A dot behind CRLF, or where the content begins. */
  | 'dot'
  /** A dot behind a bare LF or CR. */
  | 'bare-dot'
  /** CR behind a dot behind CRLF. */
  | 'dot-cr';

export type ContentFound =
  | { readonly kind: 'more'; readonly tail: ContentTail }
  /** The content ends in front of `at`. */
  | { readonly kind: 'end'; readonly at: number }
  /** With the octet at `at` some server would see an end of content, and another one none. */
  | { readonly kind: 'ambiguous'; readonly at: number };

/** Content begins as if behind CRLF. */
export const CONTENT_BEGINS: ContentTail = 'crlf';

/** Where one dot was, the next may be near: to look at so many octets one by one costs less than to search them. */
const NEAR = 64;
const NUL = 0x00;
const LF = 0x0a;
const CR = 0x0d;
const DOT = 0x2e;

/** Looks for the end of content in `bytes` from `from` on; `tail` is what stands before it. */
export function findContentEnd(bytes: Buffer, from: number, tail: ContentTail): ContentFound {
  const dots = new LineDots(bytes);
  let at = from;
  let standing = tail;
  let nearBefore = from;
  while (at < bytes.length) {
    if (standing === 'text' && at >= nearBefore) {
      const dot = dots.next(at);
      standing = tailOf(bytes, at, dot);
      at = dot;
      nearBefore = dot + NEAR;
      if (at === bytes.length) break;
    }
    const next = step(standing, bytes[at]);
    if (next === 'end') return { kind: 'end', at: at + 1 };
    if (next === 'ambiguous') return { kind: 'ambiguous', at };
    standing = next;
    at += 1;
  }
  return { kind: 'more', tail: standing };
}

/** Dots behind a CR or LF. Most content has none and attachments have no dot at all, so the search is the runtime's. */
class LineDots {
  readonly #bytes: Buffer;
  #lf = -1;
  #cr = -1;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  /** The first one whose line end stands at `at` or behind, or where the bytes end. */
  next(at: number): number {
    if (Math.min(this.#lf, this.#cr) < at) this.#search(at);
    return Math.min(Math.min(this.#lf, this.#cr) + 1, this.#bytes.length);
  }

  #search(at: number): void {
    const dot = this.#bytes.indexOf(DOT, at);
    const from = Math.max(at, dot - 1);
    if (this.#lf < at) this.#lf = dot < 0 ? Infinity : orInfinity(this.#bytes.indexOf('\n.', from, 'latin1'));
    if (this.#cr < at) this.#cr = dot < 0 ? Infinity : orInfinity(this.#bytes.indexOf('\r.', from, 'latin1'));
  }
}

function orInfinity(at: number): number {
  return at < 0 ? Infinity : at;
}

/** What the octets from `start` up to `end` end with, where the one before them is text. */
function tailOf(bytes: Buffer, start: number, end: number): ContentTail {
  const [before, last] = [bytes[end - 2], bytes[end - 1]];
  if (last === CR) return 'cr';
  if (last !== LF) return 'text';
  return end - 2 >= start && before === CR ? 'crlf' : 'lf';
}

function step(standing: ContentTail, octet: number | undefined): Behind {
  const behind = STEPS[standing];
  if (octet === CR) return behind.cr;
  if (octet === LF) return behind.lf;
  if (octet === NUL) return behind.nul;
  return octet === DOT ? behind.dot : behind.other;
}

type Behind = ContentTail | 'end' | 'ambiguous';

const STEPS: Readonly<Record<ContentTail, Readonly<Record<'cr' | 'lf' | 'nul' | 'dot' | 'other', Behind>>>> = {
  text: { cr: 'cr', lf: 'lf', nul: 'text', dot: 'text', other: 'text' },
  cr: { cr: 'cr', lf: 'crlf', nul: 'text', dot: 'bare-dot', other: 'text' },
  lf: { cr: 'cr', lf: 'lf', nul: 'text', dot: 'bare-dot', other: 'text' },
  crlf: { cr: 'cr', lf: 'lf', nul: 'text', dot: 'dot', other: 'text' },
  dot: { cr: 'dot-cr', lf: 'ambiguous', nul: 'ambiguous', dot: 'text', other: 'text' },
  'bare-dot': { cr: 'ambiguous', lf: 'ambiguous', nul: 'ambiguous', dot: 'text', other: 'text' },
  'dot-cr': { cr: 'ambiguous', lf: 'end', nul: 'ambiguous', dot: 'ambiguous', other: 'ambiguous' },
};
