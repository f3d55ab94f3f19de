/** What all sides share: certificate, keys, a Redis with enrolled accounts, and the backend. */

import { writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { canonicalAccount } from '#core/identity.ts';
import { APP_PASSWORD_SCOPES } from '#core/protocols.ts';
import { readKeyring } from '#adapters/key-file.ts';
import { formatAppPassword, makeAppPassword } from '#policy/secrets/app-password.ts';
import { UNDECIDED_DOMAIN } from '#policy/rules/domain-policy.ts';
import { newKeyLine, type Keyring } from '#policy/secrets/keyring.ts';
import type { Store } from '#policy/ports/store.ts';
import { openStore } from '#store/open.ts';
import { createAuthority, LOOPBACK_NAMES } from '../test/support/certificates.ts';
import { start, temporaryDirectory, type Running } from '../test/support/processes.ts';
import { startRedis, type RedisServer } from '../test/support/redis.ts';
import type { User } from './load/login.ts';
import { BUN } from './runtime.ts';
import type { MailProtocol, Surroundings } from './sides/side.ts';

export interface World extends Surroundings {
  readonly users: readonly User[];
  readonly server: RedisServer;
  readonly store: Store;
  stop(): Promise<void>;
}

const USERS = 200;
export const DOMAIN = 'bench.test';

/** Starts it all; every account is enrolled, in a domain where two-step is forced. So many processes are the backend. */
export async function startWorld(backends = 1): Promise<World> {
  const directory = await temporaryDirectory('bench');
  const authority = await createAuthority(directory.path, 'bench');
  const certificate = await authority.issue(LOOPBACK_NAMES);
  const keysFile = join(directory.path, 'keys');
  await writeFile(keysFile, `${newKeyLine()}\n`, { mode: 0o600 });
  // As an operator would have it: on disk within a second. But whoever is measured when Redis happens to write all of it
  // anew would be charged with that, so it never does.
  const neverAnew = ['--save', '', '--auto-aof-rewrite-percentage', '0'];
  const server = await startRedis(['--appendfsync', 'everysec', ...neverAnew, '--loglevel', 'warning']);
  const topology = { kind: 'standalone', server: { host: '127.0.0.1', port: server.port } } as const;
  const store = await openStore({ kind: 'redis', topology });
  await store.saveDomain(DOMAIN, { ...UNDECIDED_DOMAIN, mode: 'forced' });
  const keyring = readKeyring(keysFile);
  const users = await Promise.all(Array.from({ length: USERS }, (_, at) => addUser(store, keyring, `user${at}`)));
  const backend = await startBackend(backends);
  return {
    directory: directory.path,
    certificate,
    caFile: authority.caFile,
    backend,
    redis: { port: server.port, pid: server.pid },
    keysFile,
    cores: availableParallelism(),
    users,
    server,
    store,
    stop: async () => {
      await store.close();
      await backend.stop();
      await server.stop();
      await directory.remove();
    },
  };
}

interface Backend {
  readonly hosts: readonly string[];
  readonly ports: Readonly<Record<MailProtocol, number>>;
  stop(): Promise<void>;
}

// Each process has an address of its own, and all of them the ports of the first.
async function startBackend(processes: number): Promise<Backend> {
  const hosts = Array.from({ length: processes }, (_, at) => `127.0.0.${at + 1}`);
  const running: Running[] = [];
  let ports = '{}';
  for (const host of hosts) {
    const one = start(BUN, [join(import.meta.dirname, 'backend.ts'), host, ports]);
    running.push(one);
    ports = await one.line(/^\{/);
  }
  const stop = async (): Promise<void> => void (await Promise.all(running.map((one) => one.stop())));
  return { hosts, ports: JSON.parse(ports), stop };
}

async function addUser(store: Store, keyring: Keyring, local: string): Promise<User> {
  const name = `${local}@${DOMAIN}`;
  const found = canonicalAccount(name, { localPart: 'lowercase', subaddressDelimiter: '', masterUserSeparator: '*' });
  if (found.kind === 'refused') throw new Error(found.fault);
  const terms = { account: name, name: 'Mail apps', scopes: APP_PASSWORD_SCOPES, revealable: true };
  const { record, secret } = makeAppPassword(keyring, terms, Date.now());
  await store.updateAccount(found.account, () => ({
    record: { enrolledAt: Date.now(), recoveryCodes: [], appPasswords: [record] },
    result: undefined,
  }));
  return { name, password: formatAppPassword(secret).replaceAll(' ', '') };
}
