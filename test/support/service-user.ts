/** The unprivileged user that mail servers under test run as: ourselves, or `nobody` when we are root. */

import { runOk } from './processes.ts';

export interface ServiceUser {
  readonly name: string;
  readonly group: string;
  readonly uid: number;
  readonly gid: number;
  /** For processes.start(): undefined when there is nothing to change. */
  readonly switchTo: { readonly uid: number; readonly gid: number } | undefined;
}

/** Looks the user up with id(1). */
export async function serviceUser(): Promise<ServiceUser> {
  const root = process.getuid?.() === 0;
  const who = root ? ['nobody'] : [];
  const ask = async (...options: readonly string[]): Promise<string> =>
    (await runOk('id', [...options, ...who])).trim();
  const [name, group, uid, gid] = await Promise.all([ask('-un'), ask('-gn'), ask('-u'), ask('-g')]);
  const ids = { uid: Number(uid), gid: Number(gid) };
  return { name, group, ...ids, switchTo: root ? ids : undefined };
}
