/**
 * The header Idempotency-Key: a request that creates something is done once, however often it is sent, and its answer is
 * given again for a day. Answers hold secrets, so they are kept sealed.
 */

import { Secret } from '#core/secret.ts';
import type { EphemeralRef } from '#policy/ports/ephemeral.ts';
import type { PolicyContext } from '#policy/changes/account-changes.ts';
import { ProblemError, type Problem } from './problem.ts';

const KEY = /^[\x21-\x7e]{1,128}$/;
const IN_PROGRESS_MS = 60_000;
const KEPT_MS = 86_400_000;

const BAD_KEY: Problem = {
  status: 400,
  title: 'The Idempotency-Key is none',
  code: 'idempotency-key-malformed',
  detail: 'It is 1 to 128 printable ASCII characters without blanks.',
};
const OTHER_REQUEST: Problem = {
  status: 422,
  title: 'This Idempotency-Key belongs to another request',
  code: 'idempotency-key-reused',
};
const IN_PROGRESS: Problem = {
  status: 409,
  title: 'The first request with this Idempotency-Key is still being answered',
  code: 'idempotency-key-in-use',
  headers: { 'retry-after': '1' },
};

/** A request that is to be done once. */
export interface OnceRequest {
  /** The header. */
  readonly key: string;
  readonly tokenId: string;
  /** Method and path. */
  readonly place: string;
  /** What is asked for. */
  readonly body: unknown;
}

/** The answer of the work, or the one that it gave before. What fails may be tried again with the same key. */
export async function once(
  context: PolicyContext,
  request: OnceRequest,
  work: () => Promise<unknown>,
): Promise<{ readonly body: unknown; readonly replayed: boolean }> {
  if (!KEY.test(request.key)) throw new ProblemError(BAD_KEY);
  const { store, keyring } = context;
  const { tokenId, place, key } = request;
  const id = keyring.digest('idempotency', ['id', tokenId, place, key]);
  const fingerprint = keyring.digest('idempotency', ['body', JSON.stringify(request.body ?? null)]);
  const ref: EphemeralRef<'idempotent-answer'> = { kind: 'idempotent-answer', id, owner: undefined };
  const binding = { account: tokenId, recordId: id };

  const before = await store.ephemeral.load(ref);
  if (before !== undefined) {
    if (before.value.fingerprint !== fingerprint) throw new ProblemError(OTHER_REQUEST);
    if (before.value.sealed === undefined) throw new ProblemError(IN_PROGRESS);
    return { body: JSON.parse(keyring.open(before.value.sealed, binding).expose()), replayed: true };
  }
  const begun = { version: undefined, value: { fingerprint }, expiresAt: context.clock() + IN_PROGRESS_MS };
  if (!(await store.ephemeral.update(ref, begun))) throw new ProblemError(IN_PROGRESS);
  try {
    const body = await work();
    const sealed = keyring.seal(new Secret(JSON.stringify(body)), binding);
    await store.ephemeral.put(ref, { value: { fingerprint, sealed }, expiresAt: context.clock() + KEPT_MS });
    return { body, replayed: false };
  } catch (error) {
    await store.ephemeral.consume(ref);
    throw error;
  }
}
