/** What may be sent to a backend as a name or password: the one rule for everybody who takes or sends credentials. */

import type { Secret } from './secret.ts';
import type { Offered } from './verdict.ts';

/**
 * Whether a name or password has only octets that every protocol can carry. NUL ends a field of SASL PLAIN (RFC 4616 §2);
 * CR and LF end a command line, so that what follows would be a command of its own.
 */
export function carried(value: string | Secret): boolean {
  return !/[\0\r\n]/.test(typeof value === 'string' ? value : value.exposeBytes().toString('latin1'));
}

/** Whether a name can be asked about at all: not empty, and of octets that can be carried. */
export function nameSendable(name: string): boolean {
  return name !== '' && carried(name);
}

/**
 * Whether an ordinary password may be asked about. An empty one is an anonymous bind to some directories (RFC 4513
 * §5.1.2), which answer that it is right.
 */
export function passwordSendable(password: Secret): boolean {
  return password.exposeBytes().length > 0 && carried(password);
}

/** Whether what a client offered may be sent to a backend. A token never is: it is judged here. */
export function offeredSendable(offered: Offered): boolean {
  return offered.kind === 'token' || passwordSendable(offered.password);
}
