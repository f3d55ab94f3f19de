/** A POP3 status line and what a refused login means. RFC 1939 §3, RFC 2449 §8, RFC 3206, RFC 5034 §4. */

import { printable } from '#wire/printable.ts';
import type { BackendOutcome } from '#protocol/machine.ts';

export interface Status {
  readonly kind: 'ok' | 'err' | 'continue';
  /** Response code in upper case without its brackets, '' when there is none. */
  readonly code: string;
  /** What follows the code, as received. */
  readonly text: string;
}

const TEMPORARY = new Set(['SYS/TEMP', 'IN-USE', 'LOGIN-DELAY']);

const KINDS: ReadonlyMap<string, Status['kind']> = new Map([
  ['+OK', 'ok'],
  ['-ERR', 'err'],
  ['+', 'continue'],
]);

/** Reads a status line; undefined when it is none. */
export function parseStatus(line: string): Status | undefined {
  const space = line.indexOf(' ');
  const kind = KINDS.get((space < 0 ? line : line.slice(0, space)).toUpperCase());
  if (kind === undefined || line.includes('\r')) return undefined;
  const rest = space < 0 ? '' : line.slice(space).trimStart();
  const [bracketed = '', code = ''] = /^\[([^\]]*)\]/.exec(rest) ?? [];
  return { kind, code: code.toUpperCase(), text: rest.slice(bracketed.length).trimStart() };
}

/** What a negative answer to a login means. Codes that nobody has registered mean no more than a plain refusal. */
export function refusal({ code, text }: Status): Extract<BackendOutcome, { kind: `refused${string}` | 'temporary' }> {
  if (TEMPORARY.has(code)) return { kind: 'temporary', text: printable(text) };
  if (code === 'SYS/PERM') return { kind: 'refused-otherwise', code, text: printable(text) };
  return { kind: 'refused' };
}
