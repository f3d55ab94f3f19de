/**
 * The examples of deploy/dovecot for a Dovecot that asks the policy service, as they stand: only ports, file names, the
 * token and the nonce are replaced.
 */

import { chown, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import type { Yaml } from './gateway.ts';
import { serviceUser } from './service-user.ts';

const EXAMPLES = join(import.meta.dirname, '../../deploy/dovecot');

export interface Asking {
  /** Where the script and its token are put. */
  readonly directory: string;
  readonly servicePort: number;
  /** Where the service asks for ordinary passwords. */
  readonly checkPort: number;
  readonly token: string;
}

/** Writes the script and its token; returns the settings that Dovecot must read first. */
export async function luaPassdb({ directory, servicePort, checkPort, token }: Asking): Promise<string> {
  const files = { script: join(directory, 'postern.lua'), token: join(directory, 'postern.token') };
  const { uid, gid } = await serviceUser();
  await writeFile(files.token, `${token}\n`, { mode: 0o600 });
  if (process.getuid?.() === 0) await chown(files.token, uid, gid);
  const script = await example('postern.lua', [
    ['127.0.0.1:8143', `127.0.0.1:${servicePort}`],
    ['/etc/dovecot/postern.token', files.token],
    ['"10143"', `"${checkPort}"`],
  ]);
  await writeFile(files.script, script);
  return example('05-postern-passdb.conf', [
    ['/etc/dovecot/postern.lua', files.script],
    ['port = 10143', `port = ${checkPort}`],
  ]);
}

/** The settings of the auth policy server. */
export function policyServer({ servicePort, token }: Pick<Asking, 'servicePort' | 'token'>): Promise<string> {
  return example('06-postern-policy.conf', [
    ['127.0.0.1:8143', `127.0.0.1:${servicePort}`],
    ['Bearer postern_…', `Bearer ${token}`],
    ['replace-me', 'a nonce of the tests'],
  ]);
}

/** What the example adds to the configuration of Postern. */
export async function posternExample({ servicePort, checkPort }: Pick<Asking, 'servicePort' | 'checkPort'>): Promise<{
  readonly service: Yaml;
  readonly backends: Readonly<Record<string, Yaml>>;
}> {
  const text = await example('postern.yaml', [
    ['port: 8143', `port: ${servicePort}`],
    ['port: 10143', `port: ${checkPort}`],
  ]);
  return parse(text);
}

async function example(name: string, replacements: readonly (readonly [string, string])[]): Promise<string> {
  let text = await readFile(join(EXAMPLES, name), 'utf8');
  for (const [from, to] of replacements) {
    // Behind the comments: these name the real files.
    const at = text.lastIndexOf(from);
    if (at < 0) throw new Error(`${name} no longer has ${from}`);
    text = text.slice(0, at) + to + text.slice(at + from.length);
  }
  return text;
}
