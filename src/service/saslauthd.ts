/**
 * Cyrus SASL's saslauthd asks here by its mechanism httpform: a form in, and for an answer the status and its reason
 * phrase, which is all that it reads (saslauthd/auth_httpform.c: 200 lets in, 403 refuses in the words of the phrase,
 * anything else is an error). It can send no header of ours, so the token is a field of the form, which stands in its
 * configuration file and in no URL.
 */

import { Secret } from '#core/secret.ts';
import { unreachable } from '#core/fault.ts';
import type { TokenGrant } from '#policy/admins/service-tokens.ts';
import { ProblemError } from './problem.ts';
import type { ServiceParts } from './settings.ts';
import { OUTAGE, plainWords, protocolNamed } from './verify-json.ts';
import { verifyLogin } from './verify.ts';

/** A status and its reason phrase. */
export interface FormReply {
  readonly status: 200 | 403;
  readonly phrase: string;
}

/**
 * Answers one form: `user`, `realm`, `password`, and `protocol`, by which app passwords are told apart. Throws the
 * problem `unavailable` in an outage.
 */
export async function answerSaslauthd(
  form: URLSearchParams,
  { grant, sessionId }: { readonly grant: TokenGrant; readonly sessionId: string },
  parts: ServiceParts,
): Promise<FormReply> {
  const field = (name: string): string => form.get(name) ?? '';
  const protocol = protocolNamed(field('protocol'));
  if (protocol === undefined) throw new ProblemError(NO_PROTOCOL);
  const authcid = nameIn(field('user'), field('realm'));
  const answer = await verifyLogin(
    {
      authcid,
      offered: { kind: 'password', password: new Secret(field('password')) },
      protocol,
      client: { address: stand(authcid, parts), port: 0, tls: false },
      asker: 'saslauthd',
      grant,
      sessionId,
      ordinaryPassword: 'asked-here',
    },
    parts,
  );
  switch (answer.kind) {
    case 'accepted':
      return { status: 200, phrase: 'OK' };
    case 'deny':
    case 'throttle':
      return { status: 403, phrase: plainWords(answer, sessionId, parts.words) };
    case 'forward': // it is asked here
    case 'unavailable':
      throw new ProblemError(OUTAGE);
    default:
      return unreachable(answer);
  }
}

const NO_PROTOCOL = {
  status: 400,
  title: 'The form needs protocol= with imap, pop3, submission or sieve',
  code: 'malformed',
};

function nameIn(user: string, realm: string): string {
  return user.includes('@') || realm === '' ? user : `${user}@${realm}`;
}

/**
 * Stands for the client's address, which saslauthd does not tell: one address of the unique local ones (RFC 4193) for
 * each name, so that guesses at one account are counted for it and do not shut out all the others.
 */
function stand(name: string, { context: { keyring } }: ServiceParts): string {
  const hex = Buffer.from(keyring.digest('secret-mark', ['saslauthd', name.toLowerCase()]), 'base64url').toString(
    'hex',
  );
  return `fd${hex.slice(0, 2)}:${hex.slice(2, 6)}:${hex.slice(6, 10)}:${hex.slice(10, 12)}00::1`;
}
