/**
 * Recognises the bearer token of a request (RFC 6750). The list of tokens is read from the store once a second at most,
 * so that a login costs the store nothing more; a revoked token is refused within that second. A token that is not on
 * the list may be new: then the list is read again, one reading at a time.
 */

import { isFault } from '#core/fault.ts';
import { Secret } from '#core/secret.ts';
import { listTokens, mayEver, recogniseToken, type TokenTask } from '#policy/admins/service-tokens.ts';
import type { TokenRecord } from '#policy/ports/tokens.ts';
import type { PolicyContext } from '#policy/changes/account-changes.ts';
import { BAD_TOKEN, NO_TOKEN, ProblemError, WEAK_TOKEN } from './problem.ts';

const FRESH_MS = 1_000;
/** While the store is out of reach, what it said last holds this long. */
const STALE_MS = 60_000;
const BEARER = /^Bearer +([A-Za-z0-9_]{1,100})$/i;

/**
 * The token of an Authorization header. `missing`: the request brings none; `invalid`: it brings one that is not known,
 * has expired or was revoked. Throws STORE_UNAVAILABLE when tokens can be neither read nor remembered.
 */
export type RecogniseBearer = (
  header: string | undefined,
) => Promise<
  { readonly kind: 'known'; readonly token: TokenRecord } | { readonly kind: 'missing' } | { readonly kind: 'invalid' }
>;

/** The token of a request's Authorization header. Throws the problem where there is none, or it can never do this. */
export async function tokenOf(
  header: string | undefined,
  bearers: RecogniseBearer,
  task: TokenTask,
): Promise<TokenRecord> {
  const bearer = await bearers(header);
  if (bearer.kind === 'missing') throw new ProblemError(NO_TOKEN);
  if (bearer.kind === 'invalid') throw new ProblemError(BAD_TOKEN);
  if (!mayEver(bearer.token, task)) throw new ProblemError(WEAK_TOKEN);
  return bearer.token;
}

/** Makes the one who recognises. */
export function makeBearers(context: Pick<PolicyContext, 'store' | 'keyring' | 'clock'>): RecogniseBearer {
  let known: readonly TokenRecord[] = [];
  let readAt = Number.NEGATIVE_INFINITY;
  let reading: Promise<void> | undefined;

  const read = async (): Promise<void> => {
    try {
      known = await listTokens(context);
      readAt = performance.now();
    } catch (error) {
      if (!isFault(error, 'STORE_UNAVAILABLE') || performance.now() - readAt > STALE_MS) throw error;
    } finally {
      reading = undefined;
    }
  };

  return async (header) => {
    if (header === undefined) return { kind: 'missing' };
    const [, text] = BEARER.exec(header) ?? [];
    if (text === undefined) return { kind: 'invalid' };
    if (performance.now() - readAt >= FRESH_MS) await (reading ??= read());
    const presented = new Secret(text);
    const recognised = (): TokenRecord | undefined =>
      recogniseToken(context.keyring, known, presented, context.clock());
    let token = recognised();
    if (token === undefined) {
      await (reading ??= read());
      token = recognised();
    }
    return token === undefined ? { kind: 'invalid' } : { kind: 'known', token };
  };
}
