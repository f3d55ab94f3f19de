/** Errors as RFC 9457 problem details: one table from what was thrown to what the caller reads. */

import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { Fault, type FaultCode } from '#core/fault.ts';

/** The members of a problem. `code` is stable and for programs, `detail` is for people. */
export interface Problem {
  readonly status: number;
  readonly title: string;
  readonly code: string;
  readonly detail?: string | undefined;
  /** What is wrong with which part of the request. */
  readonly errors?: readonly { readonly at: string; readonly message: string }[] | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

/** A problem that is thrown to end a request. */
export class ProblemError extends Error {
  override readonly name = 'ProblemError';
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.detail ?? problem.title);
    this.problem = problem;
  }
}

const RETRY = { 'retry-after': '5' };

/** RFC 6750 §3: without a token the scheme is named alone; with a wrong or too weak one, the error is. */
export const NO_TOKEN: Problem = {
  status: 401,
  title: 'A bearer token is needed',
  code: 'token-missing',
  detail: 'Send the header Authorization: Bearer, with a token made by postern token create.',
  headers: { 'www-authenticate': 'Bearer realm="postern"' },
};
export const BAD_TOKEN: Problem = {
  status: 401,
  title: 'The bearer token is not valid',
  code: 'token-invalid',
  detail: 'It is not known, has expired or was revoked.',
  headers: { 'www-authenticate': 'Bearer realm="postern", error="invalid_token"' },
};
export const WEAK_TOKEN: Problem = {
  status: 403,
  title: 'The bearer token does not permit this',
  code: 'token-insufficient',
  detail: 'Its roles or its domains do not cover this request.',
  headers: { 'www-authenticate': 'Bearer realm="postern", error="insufficient_scope"' },
};
export const ADMINS_ACCOUNT: Problem = {
  status: 403,
  title: 'This is the account of an admin who may do more than the token',
  code: 'account-of-admin',
  detail: 'Who resets the factors of such an account could get its rights. Use a token that may as much.',
};
export const PRECONDITION: Problem = {
  status: 412,
  title: 'It has been changed since',
  code: 'precondition-failed',
  detail: 'Read it again, and send the ETag of what you have read.',
};
export const WRONG_CODE: Problem = {
  status: 422,
  title: 'The code is not right',
  code: 'wrong-code',
  detail: 'Type the six digits that the authenticator app shows now.',
};
export const NO_SUCH_PLACE: Problem = { status: 404, title: 'There is nothing here', code: 'not-found' };

const OF_FAULTS: Readonly<Partial<Record<FaultCode, Omit<Problem, 'detail'>>>> = {
  USAGE: { status: 422, title: 'The request cannot be meant', code: 'not-meant' },
  NOT_FOUND: { status: 404, title: 'There is no such thing', code: 'not-found' },
  NOT_ALLOWED: { status: 409, title: 'The state of things does not permit this', code: 'not-allowed' },
  STORE_CONFLICT: { status: 409, title: 'Somebody else changed this at the same time', code: 'conflict' },
  STORE_UNAVAILABLE: { status: 503, title: 'The store is out of reach', code: 'unavailable', headers: RETRY },
  BACKEND_UNAVAILABLE: { status: 503, title: 'The mail server is out of reach', code: 'unavailable', headers: RETRY },
  DEADLINE: { status: 503, title: 'The answer took too long', code: 'unavailable', headers: RETRY },
};
const HIDDEN = new Set<FaultCode>(['STORE_UNAVAILABLE', 'BACKEND_UNAVAILABLE', 'DEADLINE']);
const INTERNAL: Problem = { status: 500, title: 'This should not have happened', code: 'internal' };

/** The problem that an error means. A fault of ours says nothing but its number; the log has the rest. */
export function problemOf(error: unknown): Problem {
  if (error instanceof ProblemError) return error.problem;
  if (error instanceof Fault) {
    const known = OF_FAULTS[error.code];
    if (known === undefined) return INTERNAL;
    return HIDDEN.has(error.code) ? known : { ...known, detail: error.message };
  }
  return zodProblem(error) ?? httpProblem(error) ?? INTERNAL;
}

/** Sends a problem. `id` is the request's, for the caller to quote. */
export function sendProblem(reply: FastifyReply, problem: Problem, id: string): FastifyReply {
  const { headers = {}, status, ...members } = problem;
  const body = {
    type: `urn:postern:problem:${problem.code}`,
    ...members,
    status,
    instance: `urn:postern:request:${id}`,
  };
  return reply.status(status).headers(headers).type('application/problem+json').send(JSON.stringify(body));
}

// Path and rule, not the value: it may be a secret.
function zodProblem(error: unknown): Problem | undefined {
  if (!(error instanceof z.ZodError)) return undefined;
  const errors = error.issues.map(({ path, message }) => ({ at: path.join('.'), message }));
  return { status: 400, title: 'The request does not fit the API', code: 'malformed', errors };
}

// Errors of the HTTP library carry the status that it would have answered with.
function httpProblem(error: unknown): Problem | undefined {
  if (!(error instanceof Error) || !('statusCode' in error)) return undefined;
  const { statusCode: status } = error;
  if (typeof status !== 'number' || status < 400 || status >= 500) return undefined;
  return { status, title: TITLES[status] ?? 'The request is malformed', code: 'malformed' };
}

const TITLES: Readonly<Record<number, string>> = {
  413: 'The request is too large',
  415: 'The body must be JSON',
};
