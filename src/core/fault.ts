/** Everything that can go wrong, by stable code. The code is for programs, the message for operators. */
export type FaultCode =
  | 'CONFIG_INVALID'
  | 'KEY_INVALID'
  | 'STORE_UNAVAILABLE'
  | 'STORE_CONFLICT'
  | 'RECORD_INVALID'
  | 'BACKEND_UNAVAILABLE'
  | 'CLIENT_INVALID'
  | 'DEADLINE'
  | 'NOT_FOUND'
  | 'NOT_ALLOWED'
  | 'USAGE';

/** Fields of a log line. Never sent to a client, never a secret. */
export type FaultFields = Readonly<Record<string, string | number>>;

/** A thrown fault; expected outcomes (a wrong password) are returned as values instead. */
export class Fault extends Error {
  override readonly name = 'Fault';
  readonly code: FaultCode;
  readonly fields: FaultFields;

  constructor(code: FaultCode, message: string, options: ErrorOptions & { fields?: FaultFields } = {}) {
    super(message, options);
    this.code = code;
    this.fields = options.fields ?? {};
  }
}

/** True for a Fault with this code. */
export function isFault(error: unknown, code: FaultCode): error is Fault {
  return error instanceof Fault && error.code === code;
}

/** Compile-time proof that a switch covers its union; at run time, the bug report. */
export function unreachable(value: never): never {
  throw new Error(`unhandled case: ${JSON.stringify(value)}`);
}
