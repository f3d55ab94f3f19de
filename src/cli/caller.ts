/**
 * The person at the keyboard, as the kernel knows it: the user of this process, and the one who logged in before any
 * sudo or su. The environment is never asked, since whoever calls may write what he likes into it.
 */

import { readFileSync } from 'node:fs';

/** What the kernel and the machine's list of users say. */
export interface CallerSources {
  /** The real user of this process; undefined where the system has none. */
  readonly uid: number | undefined;
  /** /proc/self/loginuid, or '' where there is none. */
  readonly loginUid: string;
  /** /etc/passwd, or '' where there is none. */
  readonly passwd: string;
}

/** What the kernel writes for "nobody logged in": a service, a container, a job of cron. */
const NO_LOGIN = '4294967295';

/** Asks the kernel and /etc/passwd. A user from elsewhere (LDAP, a container's number) is named by number. */
export function callerSources(): CallerSources {
  return {
    uid: process.getuid?.(),
    loginUid: readOr('/proc/self/loginuid', ''),
    passwd: readOr('/etc/passwd', ''),
  };
}

/** The caller for the audit: `root`, `root (login alice)`, `uid 10001`. */
export function callerName({ uid, loginUid, passwd }: CallerSources): string {
  const name = uid === undefined ? 'uid unknown' : userName(String(uid), passwd);
  const login = loginUid.trim();
  if (!/^\d+$/.test(login) || login === NO_LOGIN || login === String(uid)) return name;
  return `${name} (login ${userName(login, passwd)})`;
}

function userName(uid: string, passwd: string): string {
  for (const line of passwd.split('\n')) {
    const [name = '', , number] = line.split(':');
    if (number === uid && name !== '') return name;
  }
  return `uid ${uid}`;
}

function readOr(file: string, otherwise: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return otherwise;
  }
}
