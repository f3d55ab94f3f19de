/** Settings of the kind authzid. */

import { z } from 'zod';
import { Secret } from '#core/secret.ts';
import { text } from '#config/schema-parts.ts';
import { BOTH_OR_NEITHER, PASSWORD_FIELDS, passwordGivenOnce, type ConfiguredKind } from './kind.ts';

const KIND = 'authzid';

export const AuthzidSchema = z
  .strictObject({
    kind: z.literal(KIND).describe('SASL PLAIN, in which a proxy account acts for the user (Dovecot, Cyrus).'),
    user: text.meta({ description: 'The proxy account.', examples: ['postern'] }),
    ...PASSWORD_FIELDS,
  })
  .refine(passwordGivenOnce, BOTH_OR_NEITHER);

interface AuthzidSettings {
  readonly kind: typeof KIND;
  readonly user: string;
  readonly password: Secret;
}

/** The kind as it is configured. nginx logs in with LOGIN, USER and PASS, or AUTH PLAIN without an authzid. */
export function authzid(config: z.infer<typeof AuthzidSchema>): ConfiguredKind<AuthzidSettings> {
  return {
    judgesPasswords: true,
    unfitForNginx: 'nginx sends no authzid. Use master-user, or xclient for submission',
    unfitFor: () => undefined,
    settings: (files, path) => ({
      kind: KIND,
      user: config.user,
      password: files.secret(config, path) ?? new Secret(''),
    }),
  };
}
