/** What is written down of every change: who did what to whom. Part of the Store in store.ts. */

export interface AuditEntry {
  readonly at: number;
  /** Who did it: an account, `cli:<real user>`, `token:<name>`, `gateway`. */
  readonly actor: string;
  readonly action: AuditAction;
  readonly domain: string;
  /** Absent for a domain's own settings. */
  readonly account?: string | undefined;
  /** Never a secret. */
  readonly detail: Readonly<Record<string, string | number>>;
}

export type AuditAction =
  | 'domain.changed'
  | 'domain.notice-sent'
  | 'account.enrolled'
  | 'account.unenrolled'
  | 'account.suspended'
  | 'account.resumed'
  | 'account.recovery-code-used'
  | 'account.recovery-codes-renewed'
  | 'account.recovery-address-changed'
  | 'account.factor-removed'
  | 'account.factors-reset'
  | 'account.unlocked'
  | 'app-password.added'
  | 'app-password.renamed'
  | 'app-password.revealed'
  | 'app-password.reset'
  | 'app-password.revoked'
  | 'session.cut-off'
  | 'browser.signed-in'
  | 'browser.refused'
  | 'admin.granted'
  | 'admin.revoked'
  | 'token.created'
  | 'token.revoked'
  | 'login.hinted';
