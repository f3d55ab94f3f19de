/**
 * Who is signed in in which browser. The cookie holds the account's name and 256 random bits, the store only their keyed
 * digest. A session belongs to the account as it was when it began: a change of its factors, or a suspension, ends it at
 * its next request, whoever made the change. Every step up gets a new cookie, so that a planted one is worth nothing.
 */

import { randomBytes } from 'node:crypto';
import { Fault } from '#core/fault.ts';
import { sameText } from '#policy/secrets/app-password.ts';
import { factorsMark } from '#policy/factors/factors.ts';
import type { BrowserSessionRecord } from '#policy/ports/ephemeral.ts';
import type { Keyring } from '#policy/secrets/keyring.ts';
import type { Store } from '#policy/ports/store.ts';
import type { AccountRecord } from '#policy/ports/records.ts';

export interface BrowserSession extends BrowserSessionRecord {
  /** The name of its record: a digest, no secret. */
  readonly id: string;
}

/** What a session is begun or changed with. */
type SessionContent = Omit<BrowserSessionRecord, 'createdAt'>;

/** A session that has just begun, and the value of the cookie that it is known by. */
export interface BegunSession {
  readonly session: BrowserSession;
  readonly cookie: string;
}

export interface BrowserSessions {
  begin(content: SessionContent): Promise<BegunSession>;
  /** Ends this session and begins another in its place, as old as it. NOT_ALLOWED when it is over. */
  renew(session: BrowserSession, change: Partial<SessionContent>): Promise<BegunSession>;
  /** The session of a cookie's value, undefined when there is none or it is over. */
  load(cookie: string): Promise<BrowserSession | undefined>;
  end(session: BrowserSession): Promise<void>;
}

/** Bounds the wait between two requests, and a session as a whole. */
const IDLE_MS = 3_600_000;
const WHOLE_MS = 43_200_000;
const TOKEN = /^([A-Za-z0-9_-]{1,600})\.([A-Za-z0-9_-]{43})$/;

/** Makes the one who keeps them. `clock` gives milliseconds since 1970. */
export function makeBrowserSessions(around: {
  readonly store: Pick<Store, 'ephemeral'>;
  readonly keyring: Keyring;
  readonly clock: () => number;
}): BrowserSessions {
  const { keyring, clock } = around;
  const { ephemeral } = around.store;
  const refOf = (account: string, id: string) => ({ kind: 'browser-session', id, owner: account }) as const;

  const write = async (value: BrowserSessionRecord): Promise<BegunSession> => {
    const cookie = `${Buffer.from(value.account).toString('base64url')}.${randomToken()}`;
    const id = idOf(keyring, cookie);
    await ephemeral.put(refOf(value.account, id), { value, expiresAt: endOf(value, clock()) });
    return { session: { ...value, id }, cookie };
  };

  return {
    begin: (content) => write({ ...content, createdAt: clock() }),

    async renew({ id, ...before }, change) {
      const present = await ephemeral.consume(refOf(before.account, id));
      if (present === undefined) throw new Fault('NOT_ALLOWED', 'the browser session has ended meanwhile');
      return write({ ...before, ...change });
    },

    async load(cookie) {
      const account = accountIn(cookie);
      if (account === undefined) return undefined;
      const id = idOf(keyring, cookie);
      const entry = await ephemeral.load(refOf(account, id));
      if (entry === undefined) return undefined;
      const expiresAt = endOf(entry.value, clock());
      // Prolonged now and then, not at every request: each would be a write.
      if (expiresAt - entry.expiresAt > IDLE_MS / 4) {
        await ephemeral.update(refOf(account, id), { ...entry, expiresAt });
      }
      return { ...entry.value, id };
    },

    end: async ({ account, id }) => void (await ephemeral.consume(refOf(account, id))),
  };
}

/** 256 random bits as text. */
export function randomToken(): string {
  return randomBytes(32).toString('base64url');
}

/** True while the session belongs to the account as it is now: same factors, and not suspended. */
export function isBoundTo(session: BrowserSession, keyring: Keyring, record: AccountRecord): boolean {
  return record.suspended === undefined && sameText(session.factorsMark, factorsMark(keyring, session.account, record));
}

function endOf({ createdAt }: BrowserSessionRecord, now: number): number {
  return Math.min(now + IDLE_MS, createdAt + WHOLE_MS);
}

function idOf(keyring: Keyring, cookie: string): string {
  return keyring.digest('browser-session', ['cookie', cookie]);
}

function accountIn(cookie: string): string | undefined {
  const [, encoded] = TOKEN.exec(cookie) ?? [];
  return encoded === undefined ? undefined : Buffer.from(encoded, 'base64url').toString();
}
