/** Settings of the kind master-user. */

import { z } from 'zod';
import { Secret } from '#core/secret.ts';
import { text } from '#config/schema-parts.ts';
import { BOTH_OR_NEITHER, PASSWORD_FIELDS, passwordGivenOnce, type ConfiguredKind } from './kind.ts';

const KIND = 'master-user';

export const MasterUserSchema = z
  .strictObject({
    kind: z.literal(KIND).describe('Log in as `user*master` with the password of the master (Dovecot).'),
    user: text.meta({ description: 'The master user.', examples: ['postern'] }),
    ...PASSWORD_FIELDS,
    separator: z
      .string()
      .regex(/^[^\p{L}\p{N}\s\p{C}@.]{1,4}$/u, 'must be one to four signs that no mail address contains, like *')
      .default('*')
      .describe("What stands between the user and the master: Dovecot's auth_master_user_separator."),
  })
  .refine(passwordGivenOnce, BOTH_OR_NEITHER);

interface MasterUserSettings {
  readonly kind: typeof KIND;
  readonly user: string;
  readonly password: Secret;
  readonly separator: string;
}

/** The kind as it is configured. */
export function masterUser(config: z.infer<typeof MasterUserSchema>): ConfiguredKind<MasterUserSettings> {
  const { user, separator } = config;
  return {
    separator,
    judgesPasswords: true,
    unfitFor: () => undefined,
    settings: (files, path) => ({
      kind: KIND,
      user,
      password: files.secret(config, path) ?? new Secret(''),
      separator,
    }),
  };
}
