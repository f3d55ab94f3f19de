/** What the demo's mail server is told when it starts, and what it tells when it listens. */

import type { MailAccounts } from './accounts.ts';

export interface MailServerSettings {
  /** The SQLite file of the mailboxes. */
  readonly database: string;
  readonly accounts: MailAccounts;
}

/** Where the mail server listens, on 127.0.0.1. */
export interface MailPorts {
  readonly imap: number;
  readonly pop3: number;
  readonly submission: number;
}
