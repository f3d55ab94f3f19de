/**
 * Throwaway certificates made with openssl: one authority that tests trust, one that they do not, and leaves of
 * either for any names. P-256, valid for a day; an expired one on request.
 */

import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isIP } from 'node:net';
import { runOk } from './processes.ts';

export interface Leaf {
  readonly certFile: string;
  readonly keyFile: string;
}

export interface Authority {
  readonly caFile: string;
  /** A certificate for these names and addresses, a server's unless said otherwise; the first is its common name. */
  issue(names: readonly string[], validity?: 'valid' | 'expired', usage?: 'serverAuth' | 'clientAuth'): Promise<Leaf>;
}

const P256 = '-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -sha256';
/** What a client on this machine may call a server on it. */
export const LOOPBACK_NAMES = ['localhost', '127.0.0.1', '::1'] as const;

/** Makes an authority named `name` (one word), its files kept in `directory`. */
export async function createAuthority(directory: string, name: string): Promise<Authority> {
  const caFile = join(directory, `${name}-ca.pem`);
  const caKeyFile = join(directory, `${name}-ca.key`);
  await openssl(
    `req -x509 ${P256} -days 1 -subj /CN=authority-${name} -keyout ${caKeyFile} -out ${caFile}`,
    '-addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign',
  );
  let serial = 0;
  const issue: Authority['issue'] = async (names, validity = 'valid', usage = 'serverAuth') => {
    serial += 1;
    const base = join(directory, `${name}-leaf-${serial}`);
    const leaf = { certFile: `${base}.pem`, keyFile: `${base}.key` };
    await writeFile(`${base}.ext`, `subjectAltName=${names.map(altName).join(',')}\nextendedKeyUsage=${usage}\n`);
    await openssl(`req ${P256} -subj /CN=${names[0] ?? 'nobody'} -keyout ${leaf.keyFile} -out ${base}.csr`);
    // openssl x509 knows only whole days from now; with a negative number the end is before the beginning.
    const days = validity === 'valid' ? 1 : -1;
    await openssl(
      `x509 -req -in ${base}.csr -CA ${caFile} -CAkey ${caKeyFile} -set_serial ${serial}`,
      `-sha256 -days ${days} -extfile ${base}.ext -out ${leaf.certFile}`,
    );
    await chmod(leaf.keyFile, 0o644); // servers under test run as another user
    return leaf;
  };
  return { caFile, issue };
}

/** Runs openssl with the words of these lines; no word of ours has a space in it. */
async function openssl(...lines: readonly string[]): Promise<void> {
  await runOk('openssl', lines.join(' ').split(' '));
}

function altName(name: string): string {
  return isIP(name) > 0 ? `IP:${name}` : `DNS:${name}`;
}
