/**
 * Tells IMAP sessions what changed in the mailbox that they have selected, so that IDLE and NOOP show it. Kept in
 * memory: a restart ends every session, and a new one reads the mailbox afresh. RFC 3501 §5.2, RFC 2177.
 */

import { EventEmitter } from 'node:events';
import type { ImapNotifier, ImapSession } from 'wildduck/imap-core/index.js';

/** One change of one message. imap-core turns it into an untagged response. */
export interface Change {
  readonly command: 'EXISTS' | 'EXPUNGE' | 'FETCH';
  readonly uid: number;
  readonly modseq: number;
  readonly flags?: readonly string[];
  /** The session that made the change and has been told already. */
  readonly ignore?: string | undefined;
}

type Listener = (message?: unknown) => void;

// A session asks after every change, so only one that has been blocked all the while can miss what falls off the end.
const KEPT_CHANGES = 5_000;

/** The journal of recent changes by folder, and who wants to hear of them. */
export class Changes implements ImapNotifier {
  readonly #journals = new Map<number, Change[]>();
  readonly #sessions = new EventEmitter().setMaxListeners(0);

  addListener(session: ImapSession, listener: Listener): void {
    this.#sessions.addListener(session.user.id, listener);
  }

  removeListener(session: ImapSession, listener: Listener): void {
    this.#sessions.removeListener(session.user.id, listener);
  }

  getUpdates(folder: number, modseq: number, done: WildduckCallback<unknown[]>): void {
    const newer = (this.#journals.get(folder) ?? []).filter((change) => change.modseq > modseq);
    done(null, newer);
  }

  /** Records changes and lets every session of this account know. */
  announce(account: string, folder: number, changes: readonly Change[]): void {
    if (changes.length === 0) return;
    const journal = [...(this.#journals.get(folder) ?? []), ...changes];
    this.#journals.set(folder, journal.slice(-KEPT_CHANGES));
    this.#tell(account);
  }

  /** The folder is gone: sessions that have it selected must go too. */
  announceRemoval(account: string, folder: number): void {
    this.#journals.delete(folder);
    this.#tell(account, { command: 'DROP', mailbox: folder });
  }

  // Later, so that a session finishes the command it is in before it looks.
  #tell(account: string, message?: unknown): void {
    setImmediate(() => {
      this.#sessions.emit(account, message);
    });
  }
}
