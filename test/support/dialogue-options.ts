/** Options for dialogues under test: one client and one login, with the parts that a test cares about replaced. */

import { Secret } from '#core/secret.ts';
import type { BackendLogin, BackendOptions, ForwardedClient, FrontOptions } from '#protocol/machine.ts';

/** Implicit TLS, a portal, PLAIN and LOGIN. */
export function frontOptions(replaced: Partial<FrontOptions> = {}): FrontOptions {
  return {
    hostname: 'mail.example.com',
    sessionId: 'a1b2',
    tls: 'active',
    plaintextLogin: false,
    capabilities: [],
    mechanisms: ['PLAIN', 'LOGIN'],
    portalUrl: 'https://portal.example.com/',
    ...replaced,
  };
}

/** Implicit TLS, alice's ordinary login. */
export function backendOptions(replaced: Partial<BackendOptions> = {}): BackendOptions {
  return { hostname: 'gate.example.com', tls: 'active', login: ALICE, ...replaced };
}

export const ALICE: BackendLogin = { as: 'user', name: 'alice@example.com', password: new Secret('s3cret') };

export const ALICE_BY_PROXY: BackendLogin = {
  as: 'authzid',
  name: 'alice@example.com',
  authcid: 'proxy',
  password: new Secret('pr0xy'),
};

/** A login whose PLAIN message is longer than any command line may be. */
export const LONG_LOGIN: BackendLogin = { as: 'user', name: 'alice', password: new Secret('x'.repeat(400)) };

export const FORWARDED: ForwardedClient = {
  address: '192.0.2.7',
  port: 50123,
  localAddress: '198.51.100.1',
  localPort: 993,
  tls: true,
  sessionId: 'a1b2',
  ttl: 5,
};
