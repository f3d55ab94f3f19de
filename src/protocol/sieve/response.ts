/** Responses of a ManageSieve server, and what they mean for a login. RFC 5804 §1.3 and §4. */

import type { Piece } from '#wire/command-framer.ts';
import { printable } from '#wire/printable.ts';
import type { BackendOutcome } from '#protocol/machine.ts';
import { tokensOf } from './strings.ts';
import type { Token } from './strings.ts';

export type Response =
  | Condition
  /** A capability, or a SASL challenge. */
  | { readonly kind: 'strings'; readonly strings: readonly string[] };

export interface Condition {
  readonly kind: 'condition';
  readonly word: 'OK' | 'NO' | 'BYE';
  /** The response code in upper case, without what belongs to it; '' when there is none. */
  readonly code: string;
  readonly text: string;
}

/** Reads a framed response; undefined when it is none. */
export function parseResponse(pieces: readonly Piece[]): Response | undefined {
  const tokens = tokensOf(pieces) ?? [];
  const [first, ...rest] = tokens;
  if (first?.kind === 'atom') return parseCondition(first.text.toUpperCase(), rest);
  const strings = tokens.flatMap((token) => (token.kind === 'string' ? [token.text] : []));
  return strings.length === 0 || strings.length < tokens.length ? undefined : { kind: 'strings', strings };
}

/** What NO or BYE in answer to AUTHENTICATE means. */
export function refusal({ word, code, text }: Condition): BackendOutcome {
  const said = printable(text);
  if (word === 'BYE') return { kind: 'temporary', text: said };
  switch (code.split('/', 1).join('')) {
    case 'TRYLATER':
    case 'LIMIT':
    case 'REFERRAL':
      return { kind: 'temporary', text: said };
    case 'ENCRYPT-NEEDED':
      return { kind: 'unusable', why: 'login-disabled', text: said };
    case 'AUTH-TOO-WEAK':
      return { kind: 'unusable', why: 'mechanism-missing', text: said };
    default:
      return { kind: 'refused' };
  }
}

function parseCondition(word: string, rest: readonly Token[]): Condition | undefined {
  if (word !== 'OK' && word !== 'NO' && word !== 'BYE') return undefined;
  const coded = splitCode(rest);
  if (coded === undefined) return undefined;
  const [text, ...more] = coded.after;
  if (text === undefined) return { kind: 'condition', word, code: coded.code, text: '' };
  if (text.kind !== 'string' || more.length > 0) return undefined;
  return { kind: 'condition', word, code: coded.code, text: text.text };
}

// RFC 5804 §4: "(" resp-code-name [SP extension-data] ")".
function splitCode(rest: readonly Token[]): { readonly code: string; readonly after: readonly Token[] } | undefined {
  const [open, name] = rest;
  if (open?.kind !== 'open') return { code: '', after: rest };
  const close = rest.findIndex(({ kind }) => kind === 'close');
  if (close < 0 || name?.kind !== 'atom') return undefined;
  return { code: name.text.toUpperCase(), after: rest.slice(close + 1) };
}
