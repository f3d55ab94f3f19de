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

const [NUL, LF, CR, DOT] = [0x00, 0x0a, 0x0d, 0x2e];

/** Looks for the end of content in `bytes` from `from` on; `tail` is what stands before it. */
export function findContentEnd(bytes: Buffer, from: number, tail: ContentTail): ContentFound {
  const dots = new LineDots(bytes);
  let [at, standing] = [from, tail];
  while (at < bytes.length) {
    if (standing === 'text') {
      const dot = dots.next(at);
      if (dot === undefined) return { kind: 'more', tail: tailOf(bytes, at) };
      standing = tailOf(bytes.subarray(0, dot), at);
      at = dot;
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

  /** The first one whose line end stands at `at` or behind. */
  next(at: number): number | undefined {
    if (this.#lf < at) this.#lf = this.#find('\n.', at);
    if (this.#cr < at) this.#cr = this.#find('\r.', at);
    const lineEnd = Math.min(this.#lf, this.#cr);
    return lineEnd === Infinity ? undefined : lineEnd + 1;
  }

  #find(pair: string, at: number): number {
    const dot = this.#bytes.indexOf(DOT, at);
    const found = dot < 0 ? -1 : this.#bytes.indexOf(pair, Math.max(at, dot - 1), 'latin1');
    return found < 0 ? Infinity : found;
  }
}

/** What `bytes` end with, where the octet before `from` is text. */
function tailOf(bytes: Buffer, from: number): ContentTail {
  const [before, last] = [bytes[bytes.length - 2], bytes[bytes.length - 1]];
  if (last === CR) return 'cr';
  if (last !== LF) return 'text';
  return bytes.length - 2 >= from && before === CR ? 'crlf' : 'lf';
}

function step(standing: ContentTail, octet: number | undefined): Behind {
  const { cr, lf, nul, dot, other } = STEPS[standing];
  if (octet === CR) return cr;
  if (octet === LF) return lf;
  if (octet === NUL) return nul;
  return octet === DOT ? dot : other;
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
