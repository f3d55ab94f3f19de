/** Settings of the relay that codes and notices are sent through, and of who may manage domains on the web. */

import { z } from 'zod';
import { canonicalAccount } from '#core/identity.ts';
import { backendHost, domain, fileName, givenOnce, hostname, port, secretText, text } from './schema-parts.ts';

const LOOPBACK = /^(?:localhost|127\.\d+\.\d+\.\d+|::1)$/;

const mailAddress = z
  .string()
  .refine((address) => isMailAddress(address), 'must be a mail address, like postern@example.org');

export const MailSchema = z
  .strictObject({
    host: backendHost.meta({
      description: 'The mail server that takes our mail: a relay, or the backend itself.',
      examples: ['smtp.example.org'],
    }),
    port: port.optional().meta({
      description: 'Its port. Default: 465 with implicit TLS, 587 with STARTTLS, 25 without.',
      examples: [587],
    }),
    tls: z
      .enum(['implicit', 'starttls', 'none'])
      .default('starttls')
      .describe('TLS from the first byte, after STARTTLS, or not at all (only to a loopback address).'),
    tlsServerName: hostname.optional().meta({
      description: 'The name expected in its certificate. Default: `host`.',
      examples: ['smtp.example.org'],
    }),
    ca_file: fileName.optional().meta({
      description: 'PEM file of the CA that signed its certificate. Default: the CAs of the system.',
      examples: ['/etc/postern/smtp-ca.pem'],
    }),
    user: text.optional().meta({ description: 'The user to log in as, where it asks for one.', examples: ['postern'] }),
    password: secretText
      .optional()
      .meta({ description: 'Its password. Better kept in a file of its own: see password_file.', examples: ['…'] }),
    password_file: fileName
      .optional()
      .meta({ description: 'File that holds the password.', examples: ['/etc/postern/smtp.password'] }),
    from: mailAddress.meta({
      description: 'The sender of our mail. Its domain should permit the relay (SPF, DKIM), or codes end among junk.',
      examples: ['postern@example.org'],
    }),
    fromName: text
      .optional()
      .meta({ description: 'The name shown beside it. Default: `policy.issuer`.', examples: ['Example Mail'] }),
  })
  .refine(({ tls, host }) => tls !== 'none' || LOOPBACK.test(host), {
    message: 'must not be none unless the host is a loopback address: codes would cross the network in clear',
    path: ['tls'],
  })
  .refine(({ user, password, password_file }) => user === undefined || givenOnce(password, password_file), {
    message: 'needs exactly one of password and password_file beside it',
    path: ['user'],
  });

export const AdminsSchema = z.array(
  z.strictObject({
    account: mailAddress.meta({
      description: 'A mail account. It must use two-step authentication itself.',
      examples: ['alice@example.org'],
    }),
    domains: z
      .union([z.literal('all'), z.array(domain).min(1)])
      .meta({ description: 'The domains that it manages, or `all`.', examples: [['example.org']] }),
    role: z
      .enum(['admin', 'help-desk'])
      .default('admin')
      .describe('`help-desk` resets factors, cuts off and unlocks; only `admin` changes policy and suspends.'),
  }),
);

function isMailAddress(address: string): boolean {
  const rules = { localPart: 'as-is', subaddressDelimiter: '', masterUserSeparator: '' } as const;
  const identity = canonicalAccount(address, rules);
  return identity.kind === 'account' && identity.account.name === address;
}
