/**
 * ManageSieve's tokens, as both sides write them: atoms, quoted strings, literals, parentheses.
 * RFC 5804 §1.2 and §4. Strings are one character per octet.
 */

import type { Piece } from '#wire/command-framer.ts';

export type Token =
  | { readonly kind: 'atom'; readonly text: string }
  | { readonly kind: 'string'; readonly text: string }
  | { readonly kind: 'open' }
  | { readonly kind: 'close' };

// RFC 5804 §4: a backslash in a quoted string stands before a quote or another backslash.
const TOKEN = / *(?:"((?:[^"\\\0\r\n]|\\["\\])*)"|([()])|([^\s"(){}\\]+)) */y;
// RFC 5804 §4: a quoted string has up to 1024 octets.
const MAX_QUOTED_OCTETS = 1024;

/** The tokens of a framed command or response, or undefined when it is none. */
export function tokensOf(pieces: readonly Piece[]): readonly Token[] | undefined {
  const tokens: Token[] = [];
  for (const piece of pieces) {
    const found = piece.kind === 'literal' ? [literal(piece.bytes)] : tokensIn(piece.text);
    if (found === undefined) return undefined;
    tokens.push(...found);
  }
  return tokens;
}

/** A string as we write it to a client: quoted, or a literal where it cannot be quoted. */
export function quote(text: string): string {
  return quotable(text) ? quoted(text) : `{${Buffer.byteLength(text)}}\r\n${text}`;
}

/** A string as we write it to a backend: the same, with the literal that a client may send (RFC 5804 §4). */
export function quoteForBackend(text: string): string {
  return quotable(text) ? quoted(text) : `{${Buffer.byteLength(text)}+}\r\n${text}`;
}

function quotable(text: string): boolean {
  return !/[\0\r\n]/.test(text) && Buffer.byteLength(text) <= MAX_QUOTED_OCTETS;
}

function quoted(text: string): string {
  return `"${text.replaceAll(/["\\]/g, String.raw`\$&`)}"`;
}

function literal(bytes: Buffer): Token {
  return { kind: 'string', text: bytes.toString('latin1') };
}

function tokensIn(text: string): readonly Token[] | undefined {
  const tokens: Token[] = [];
  const token = new RegExp(TOKEN);
  const end = text.trimEnd().length;
  while (token.lastIndex < end) {
    const [, string, parenthesis, atom] = token.exec(text) ?? [];
    if (string !== undefined) tokens.push({ kind: 'string', text: string.replaceAll(/\\(.)/g, '$1') });
    else if (parenthesis !== undefined) tokens.push({ kind: parenthesis === '(' ? 'open' : 'close' });
    else if (atom !== undefined) tokens.push({ kind: 'atom', text: atom });
    else return undefined;
  }
  return tokens;
}
