/** What the other settings must know of a backend kind, and what the gateway is handed of it. */

import type { Protocol } from '#core/protocols.ts';
import type { Secret } from '#core/secret.ts';
import { fileName, givenOnce, secretText } from '#config/schema-parts.ts';

type Path = readonly (string | number)[];

/** Reads a secret that a setting holds or names; what is wrong with it is a fault at the path. */
interface SecretReader {
  secret(
    source: { readonly password?: string | undefined; readonly password_file?: string | undefined },
    path: Path,
  ): Secret | undefined;
}

export interface ConfiguredKind<Settings> {
  /** What no user name may contain, or it would name another user; undefined: there is nothing such. */
  readonly separator?: string;
  /** Whether a service that is reached so takes ordinary passwords too, and says whether they are right. */
  readonly judgesPasswords: boolean;
  /** XCLIENT where this kind speaks it anyway; undefined: as the protocol has it. */
  readonly clientAddress?: 'xclient';
  /** Why nginx cannot log in so, and what to do; undefined: it can. */
  readonly unfitForNginx?: string;
  /** Why this protocol cannot be reached so, and what to do; undefined: it can. */
  unfitFor(protocol: Protocol): string | undefined;
  /** What src/backends/kinds/ takes. Reads secrets; what is wrong with one is a fault below `path`. */
  settings(files: SecretReader, path: Path): Settings;
}

/** The two forms of a secret, of which one is given. */
export const PASSWORD_FIELDS = {
  password: secretText
    .optional()
    .meta({ description: 'Its password. Better kept in a file of its own: see password_file.', examples: ['…'] }),
  password_file: fileName
    .optional()
    .meta({ description: 'File that holds the password.', examples: ['/etc/postern/master.password'] }),
};

export const BOTH_OR_NEITHER = {
  message: 'must be given, here or as password_file, and only once',
  path: ['password'],
};

/** Whether one of the two forms is given, and only one. */
export function passwordGivenOnce(value: {
  readonly password?: string | undefined;
  readonly password_file?: string | undefined;
}): boolean {
  return givenOnce(value.password, value.password_file);
}
