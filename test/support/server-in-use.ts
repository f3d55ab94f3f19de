/**
 * Makes of a booted Debian root a mail server that people use: mail.example.org with a certificate, and one mailbox,
 * alice@example.org, which Dovecot serves and Postfix takes mail for and from. Knows nothing of Postern.
 */

import { readFileSync } from 'node:fs';
import { stripVTControlCharacters } from 'node:util';
import { createAuthority } from './certificates.ts';
import type { DebianRoot } from './debian-root.ts';
import { eventually, temporaryDirectory } from './processes.ts';

const SERVER_ADDRESS = '192.0.2.1';
/** Where mail programs come from: not an address of the server's name, nor one that Dovecot and Postfix trust. */
export const CLIENT_ADDRESS = '192.0.2.2';
export const ORDINARY = 'alice-ordinary';

const SET_UP = `
  ip address add ${SERVER_ADDRESS}/32 dev lo
  ip address add ${CLIENT_ADDRESS}/32 dev lo
  echo "${SERVER_ADDRESS} mail.example.org" >> /etc/hosts
  update-ca-certificates > /dev/null
  useradd --create-home alice

  echo 'alice@example.org:{PLAIN}${ORDINARY}' > /etc/dovecot/users
  sed -i 's/^!include auth-system/#&/' /etc/dovecot/conf.d/10-auth.conf
  cat > /etc/dovecot/conf.d/90-in-use.conf <<'end'
passdb {
  driver = passwd-file
  args = /etc/dovecot/users
}
userdb {
  driver = static
  args = uid=alice gid=alice home=/home/alice
}
mail_location = maildir:~/Maildir
ssl_cert = </etc/letsencrypt/live/mail.example.org/fullchain.pem
ssl_key = </etc/letsencrypt/live/mail.example.org/privkey.pem
service auth {
  unix_listener /var/spool/postfix/private/auth {
    mode = 0666
  }
}
end

  postconf mydestination=example.org,localhost home_mailbox=Maildir/ mynetworks=127.0.0.0/8 \\
    smtpd_tls_cert_file=/etc/letsencrypt/live/mail.example.org/fullchain.pem \\
    smtpd_tls_key_file=/etc/letsencrypt/live/mail.example.org/privkey.pem \\
    smtpd_sasl_type=dovecot smtpd_sasl_path=private/auth
  postconf -M submission/inet='submission inet n - y - - smtpd -o smtpd_tls_security_level=encrypt -o smtpd_sasl_auth_enable=yes -o smtpd_relay_restrictions=permit_sasl_authenticated,reject'
  postconf -M submissions/inet='submissions inet n - y - - smtpd -o smtpd_tls_wrappermode=yes -o smtpd_sasl_auth_enable=yes -o smtpd_relay_restrictions=permit_sasl_authenticated,reject'
  systemctl restart dovecot postfix
`;

/** Sets it up. Throws with what was said when a step fails. */
export async function putInUse(root: DebianRoot): Promise<void> {
  const folder = await temporaryDirectory('in-use');
  try {
    const authority = await createAuthority(folder.path, 'in-use');
    const { certFile, keyFile } = await authority.issue(['mail.example.org', 'example.org']);
    const live = '/etc/letsencrypt/live/mail.example.org';
    const files = [
      [authority.caFile, '/usr/local/share/ca-certificates/test.crt'],
      [certFile, `${live}/fullchain.pem`],
      [keyFile, `${live}/privkey.pem`],
    ] as const;
    for (const [from, to] of files) {
      await ok(root, `install -D -m 600 /dev/null ${to}; cat > ${to}`, readFileSync(from, 'utf8'));
    }
    await ok(root, `mkdir -p /etc/letsencrypt/renewal-hooks/deploy\n${SET_UP}`);
  } finally {
    await folder.remove();
  }
}

/** Runs a script in bash, which stops at the first failure; returns what it printed. Throws when it fails. */
export async function ok(root: DebianRoot, script: string, input = '', cwd = '/root'): Promise<string> {
  const command = ['bash', '--norc', '-euo', 'pipefail', '-c', `cd ${cwd}; ${script}`];
  const { code, stdout, stderr } = await root.run(command, { input, deadlineMs: 90_000 });
  if (code !== 0) throw new Error(`ended with ${code}:\n${script}\n${stdout}${stderr}`);
  return stdout;
}

/** What to type when the last output matches. */
export type Answers = readonly (readonly [prompt: RegExp, answer: (output: string) => string])[];

/** As ok(), in a terminal: waits for each prompt and types its answer. Resolves with all output and the exit code. */
export async function inTerminal(root: DebianRoot, script: string, answers: Answers): Promise<[string, number]> {
  const shell = `cd /root/postern; bash -euo pipefail /dev/fd/3 3<<'script'\n${script}\nscript`;
  const child = root.spawn(['script', '-qefc', shell, '/dev/null']);
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => void (output += chunk.toString()));
  const ended = new Promise<number>((resolve) => void child.once('close', (code) => resolve(code ?? -1)));
  let seen = 0;
  for (const [prompt, answer] of answers) {
    await eventually(`${prompt} after ${output.slice(seen)}`, () => prompt.test(output.slice(seen)), 30_000);
    seen = output.length;
    child.stdin.write(`${answer(stripVTControlCharacters(output))}\n`);
  }
  const code = await ended;
  return [stripVTControlCharacters(output), code];
}

/** Alice reads mail by IMAP and POP3 and sends herself one by both kinds of submission, which arrives. */
export async function mailWorks(root: DebianRoot, password: string, portPrefix = ''): Promise<void> {
  const curl = `curl --silent --show-error --max-time 20 --interface ${CLIENT_ADDRESS} --user alice@example.org:'${password}'`;
  const at = (scheme: string, port: number): string => `${scheme}://mail.example.org:${portPrefix}${port}/`;
  const sent = `mail-${(sentMails += 1)}`;
  const send = `${curl} --ssl-reqd --mail-from alice@example.org --mail-rcpt alice@example.org --upload-file -`;
  for (const [scheme, port] of [
    ['smtps', 465],
    ['smtp', 587],
  ] as const) {
    await ok(root, `${send} ${at(scheme, port)}`, `Subject: ${sent} ${scheme}.\r\n\r\nHello\r\n`);
    const search = `${curl} --url '${at('imaps', 993)}INBOX' -X 'SEARCH SUBJECT "${sent} ${scheme}."'`;
    await eventually('the mail arrives', async () => /SEARCH \d/.test(await ok(root, search)));
  }
  await ok(root, `${curl} --ssl-reqd ${at('imap', 143)} && ${curl} ${at('pop3s', 995)}`);
}

let sentMails = 0;

/** Logs in by ManageSieve with STARTTLS; returns what the server said. */
export function sieveLogin(root: DebianRoot, password: string): Promise<string> {
  const secret = Buffer.from(`\0alice@example.org\0${password}`).toString('base64');
  const client = `openssl s_client -bind ${CLIENT_ADDRESS} -quiet -starttls sieve -connect mail.example.org:4190`;
  return ok(root, `(echo 'AUTHENTICATE "PLAIN" "${secret}"'; sleep 1; echo LOGOUT; sleep 1) | ${client} 2>&1 || true`);
}
