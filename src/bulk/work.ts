/** What every line of an import is worked on with, and what becomes of it. */

import type { IdentityRules } from '#core/identity.ts';
import type { PolicyContext } from '#policy/changes/account-changes.ts';
import type { DomainRecord } from '#policy/ports/records.ts';

export interface ImportWork {
  readonly context: PolicyContext;
  /** Who imports, for the audit. */
  readonly actor: string;
  readonly rules: IdentityRules;
  /** Nothing is written. */
  readonly dryRun: boolean;
  /** Takes the secrets that an enrolment makes. Absent: nobody does, see import-account.ts. */
  readonly secrets?: ((made: MadeSecrets) => void) | undefined;
  /** The choice of a domain: in a dry run, as the lines before would have made it. */
  domain(name: string): Promise<DomainRecord | undefined>;
  /** What a line has made, or would have made, of a domain. */
  rememberDomain(name: string, record: DomainRecord): void;
}

/** In clear, for a file that only its owner can read. */
export interface MadeSecrets {
  readonly account: string;
  readonly appPasswords: readonly { readonly name: string; readonly secret: string }[];
  readonly recoveryCodes: readonly string[];
}

/** `kept`: it is not as the line says, and is left so on purpose. */
export type Outcome =
  | { readonly kind: 'created' | 'changed' | 'unchanged' }
  | { readonly kind: 'kept'; readonly note: string };
