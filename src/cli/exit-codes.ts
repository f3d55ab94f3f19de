/** The exit codes of the command line, the same for every command. */

import { Fault, type FaultCode } from '#core/fault.ts';

/** Each code and what it tells a script. */
export const EXIT_CODES = {
  ok: 0,
  failed: 1,
  usage: 2,
  notFound: 3,
  storeUnavailable: 5,
  /** EX_CONFIG of sysexits.h: init systems need not try again (RestartPreventExitStatus=78). */
  configuration: 78,
} as const;

/** In the words of the help. */
export const EXIT_CODE_WORDS: Readonly<Record<keyof typeof EXIT_CODES, string>> = {
  ok: 'done',
  failed: 'not done: not allowed, not confirmed, or a fault',
  usage: 'the command was not understood',
  notFound: 'there is no such account, app password or session',
  storeUnavailable: 'the store is out of reach: try again later',
  configuration: 'the configuration or the master keys cannot be used: to try again changes nothing',
};

const BY_FAULT = {
  CONFIG_INVALID: EXIT_CODES.configuration,
  KEY_INVALID: EXIT_CODES.configuration,
  STORE_UNAVAILABLE: EXIT_CODES.storeUnavailable,
  STORE_CONFLICT: EXIT_CODES.storeUnavailable,
  DEADLINE: EXIT_CODES.storeUnavailable,
  RECORD_INVALID: EXIT_CODES.failed,
  BACKEND_UNAVAILABLE: EXIT_CODES.failed,
  CLIENT_INVALID: EXIT_CODES.failed,
  NOT_FOUND: EXIT_CODES.notFound,
  NOT_ALLOWED: EXIT_CODES.failed,
  USAGE: EXIT_CODES.usage,
} as const satisfies Record<FaultCode, number>;

/** The exit code for something thrown. */
export function exitCodeOf(error: unknown): number {
  return error instanceof Fault ? BY_FAULT[error.code] : EXIT_CODES.failed;
}
