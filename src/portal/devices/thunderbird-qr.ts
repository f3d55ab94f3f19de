/**
 * An account for Thunderbird on Android, as its "Import settings" reads it from a QR code: Thunderbird's "Export for
 * Mobile" format, version 1 (nested JSON arrays).
 */

import { Secret } from '#core/secret.ts';
import type { MailServer } from '#portal/ports/portal-services.ts';

const FORMAT_VERSION = 1;
const ONLY_CODE = [1, 1] as const;
const PROTOCOL = { imap: 0, smtp: 0 } as const;
const SECURITY = { starttls: 2, implicit: 3 } as const satisfies Record<MailServer['tls'], number>;
const PASSWORD_IN_TLS = 1;

/** The text of the code, with the app password in it. */
export function thunderbirdCode(
  account: string,
  password: Secret,
  { imap, submission }: { readonly imap: MailServer; readonly submission: MailServer },
): Secret {
  const place = ({ host, port, tls }: MailServer) => [host, port, SECURITY[tls], PASSWORD_IN_TLS, account];
  // The name of the account is left to the reader, which takes its address.
  const incoming = [PROTOCOL.imap, ...place(imap), '', password.expose()];
  const outgoing = [PROTOCOL.smtp, ...place(submission), password.expose()];
  const identity = [account, account.slice(0, account.lastIndexOf('@'))];
  return new Secret(JSON.stringify([FORMAT_VERSION, ONLY_CODE, incoming, [[outgoing, identity]]]));
}
