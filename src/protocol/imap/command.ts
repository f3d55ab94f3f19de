/**
 * Reads one framed command as far as a server must that has nobody logged in: tag, name, and the arguments of LOGIN,
 * AUTHENTICATE and ID. RFC 9051 §9 (formal syntax), RFC 2971 §3.3 (ID), RFC 4959 (initial response).
 */

import type { Piece } from '#wire/command-framer.ts';
import { utf8FromLine } from '#wire/utf8.ts';

export type Command =
  | {
      readonly kind: 'command';
      readonly tag: string;
      /** In upper case. */
      readonly name: string;
      /** Everything behind the name; a text that is not empty begins with a space. */
      readonly rest: readonly Piece[];
    }
  /** No name, or a tag that must not be repeated to anybody. */
  | { readonly kind: 'malformed'; readonly tag: string | undefined }
  /** A web browser, or something that made one speak to us. */
  | { readonly kind: 'foreign' };

// RFC 9051 §9: 1*<any ASTRING-CHAR except "+">. The length is ours.
const TAG = /^[!#$&',\-./0-9:;<=>?@A-Z[\]^_`a-z|}~]{1,64}$/;
const NAME = /^[A-Za-z][A-Za-z0-9.-]{0,31}$/;
const HTTP_REQUEST = /^[A-Z]{3,7} \S+ HTTP\/\d/;

/** Tag, name and the rest of a command. */
export function parseCommand(pieces: readonly Piece[]): Command {
  const [first, ...more] = pieces;
  const line = first?.kind === 'text' ? first.text : '';
  if (HTTP_REQUEST.test(line)) return { kind: 'foreign' };
  const tag = tagOf(line);
  const [name] = line.split(' ', 2).slice(1);
  if (tag === undefined || name === undefined || !NAME.test(name)) return { kind: 'malformed', tag };
  const rest: Piece = { kind: 'text', text: line.slice(tag.length + 1 + name.length) };
  return { kind: 'command', tag, name: name.toUpperCase(), rest: [rest, ...more] };
}

/**
 * The tag that a line begins with, or undefined when it has none that may be repeated. A word alone is no tag: it may
 * be the answer to a challenge that was never sent.
 */
export function tagOf(line: string): string | undefined {
  const tag = line.slice(0, Math.max(0, line.indexOf(' ')));
  return TAG.test(tag) ? tag : undefined;
}

/** True when nothing but spaces follows the name. */
export function hasNoArguments(rest: readonly Piece[]): boolean {
  return rest.every((piece) => piece.kind === 'text' && /^ *$/.test(piece.text));
}

/**
 * The user name (UTF-8) and the password (octets) of LOGIN. Undefined when they are not exactly two strings. An unquoted
 * one may hold anything but spaces and controls, because Thunderbird sends passwords so, but does not begin like a list
 * or a literal; a backslash in a quoted one stands for the character after it, whichever that is, because that is how
 * Dovecot reads it.
 */
export function parseLogin(rest: readonly Piece[]): readonly [name: string, password: Buffer] | undefined {
  const strings: string[] = [];
  for (const [index, piece] of rest.entries()) {
    const found = piece.kind === 'literal' ? [piece.bytes.toString('latin1')] : words(piece.text, isLast(rest, index));
    if (found === undefined) return undefined;
    strings.push(...found);
  }
  const [typed, password, ...more] = strings;
  if (typed === undefined || password === undefined || more.length > 0) return undefined;
  const name = utf8FromLine(typed);
  return name === undefined ? undefined : [name, Buffer.from(password, 'latin1')];
}

/** The mechanism and, where there is one, the initial response of AUTHENTICATE. Undefined when it is something else. */
export function parseAuthenticate(
  rest: readonly Piece[],
): { readonly mechanism: string; readonly initialResponse: string | undefined } | undefined {
  const [only, ...more] = rest;
  if (only?.kind !== 'text' || more.length > 0) return undefined;
  const [, mechanism, initialResponse] = /^ +([\w-]{1,32})(?: +(\S+))? *$/.exec(only.text) ?? [];
  return mechanism === undefined ? undefined : { mechanism, initialResponse };
}

// RFC 2971 §3.3: at most 30 pairs of a string and a string or NIL. What is in them is nobody's business before login.
const ID_PARAMETERS = (() => {
  const string = String.raw`"(?:[^"\\\r\0]|\\[^\r\0])*"`;
  const pair = `${string} +(?:${string}|NIL)`;
  return new RegExp(String.raw`^ +(?:NIL|\( *(?:${pair}(?: +${pair}){0,29})? *\)) *$`, 'i');
})();

/** True when these are arguments of ID. Looks at their form only, keeps nothing, and does not recurse. */
export function isIdParameters(rest: readonly Piece[]): boolean {
  return ID_PARAMETERS.test(rest.map((piece) => (piece.kind === 'text' ? piece.text : '""')).join(''));
}

function isLast(pieces: readonly Piece[], index: number): boolean {
  return index === pieces.length - 1;
}

// Each word stands behind a space, and a space stands before the literal that follows a text.
function words(text: string, last: boolean): string[] | undefined {
  const word = / +(?:"((?:[^"\\\r\0]|\\[^\r\0])*)"|([^ "({\r\0][^ \r\0]*))(?= |$)/y;
  const found: string[] = [];
  let end = 0;
  for (let match = word.exec(text); match !== null; match = word.exec(text)) {
    const [, quoted, atom] = match;
    found.push(atom ?? quoted?.replace(/\\(.)/g, '$1') ?? '');
    end = word.lastIndex;
  }
  return (last ? /^ *$/ : /^ +$/).test(text.slice(end)) ? found : undefined;
}
