/** Turns the settings of mail into what the mailer is made with. */

import type { ConfigFiles } from './files.ts';
import type { Config } from './schema.ts';

const PORTS = { implicit: 465, starttls: 587, none: 25 } as const;

/** Fits MailSettings of the mailer; undefined where no relay is configured. `files` has read every file before. */
export function mailSettings(config: Pick<Config, 'mail' | 'policy' | 'hostname'>, files: ConfigFiles) {
  const { mail, policy, hostname } = config;
  if (mail === undefined) return undefined;
  return {
    host: mail.host,
    port: mail.port ?? PORTS[mail.tls],
    tls: mail.tls,
    tlsServerName: mail.tlsServerName,
    ca: files.text(mail.ca_file, ['mail', 'ca_file']),
    user: mail.user,
    password: files.secret(mail, ['mail']),
    from: { address: mail.from, name: mail.fromName ?? policy.issuer ?? hostname },
    hostname,
  };
}
