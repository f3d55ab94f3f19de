/** A backend kind: one way to log in at a mail server as a user without the user's ordinary password. */

import type { BackendLogin } from '#protocol/machine.ts';

/** How somebody else (nginx) logs in as a user: with this name and password, or by the user's name alone. */
export type HandedOver = { readonly user: string; readonly password: string } | 'name-alone';

/** What a kind is to the gateway, once its settings are known. Its protocols are checked in src/config/backends/. */
export interface Impersonation {
  /** Whether a service that is reached so takes ordinary passwords too, and says whether they are right. */
  readonly judgesPasswords: boolean;
  /** The login as the user of this name, as the backend spells it. */
  loginAs(name: string): BackendLogin;
  /** What a mail proxy is told to log in as that user; undefined where it cannot speak this way. */
  handOver(name: string): HandedOver | undefined;
}
