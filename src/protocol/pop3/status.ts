/** A POP3 status line and what a refused login means. RFC 1939 §3, RFC 2449 §8, RFC 3206, RFC 5034 §4. */

import { printable } from '../../wire/printable.ts';
import type { BackendOutcome } from '../machine.ts';

export interface Status {
  readonly kind: 'ok' | 'err' | 'continue';
  /** Response code in upper case without its brackets, '' when there is none. */
  readonly code: string;
  /** What follows the code, as received. */
  readonly text: string;
}

const TEMPORARY = new Set(['SYS/TEMP', 'IN-USE', 'LOGIN-DELAY']);

/** Reads a status line; undefined when it is none. */
export function parseStatus(line: string): Status | undefined {
  const [, indicator, code = '', text = ''] = /^(\+OK|-ERR|\+)(?: +(?:\[([^\]]*)\])? *(.*))?$/i.exec(line) ?? [];
  if (indicator === undefined) return undefined;
  const kind = indicator === '+' ? 'continue' : indicator.toUpperCase() === '+OK' ? 'ok' : 'err';
  return { kind, code: code.toUpperCase(), text };
}

/** What a negative answer to a login means. Codes that nobody has registered mean no more than a plain refusal. */
export function refusal({ code, text }: Status): Extract<BackendOutcome, { kind: `refused${string}` | 'temporary' }> {
  if (TEMPORARY.has(code)) return { kind: 'temporary', text: printable(text) };
  if (code === 'SYS/PERM') return { kind: 'refused-otherwise', code, text: printable(text) };
  return { kind: 'refused' };
}
