/**
 * The Debian packages that the tests and the bench use: real mail servers, a real Redis and real mail programs. Installs
 * what is missing when it may, and never starts a service.
 */

import { spawnSync } from 'node:child_process';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { Complaint } from './runtime.mjs';

// prettier-ignore
const PACKAGES = [
  'dovecot-imapd', 'dovecot-pop3d', 'dovecot-submissiond', 'dovecot-managesieved', 'dovecot-sieve', 'postfix',
  'redis-server', 'redis-sentinel', 'curl', 'isync', 'fetchmail', 'swaks', 'libnet-ssleay-perl', 'msmtp', 'openssl',
  'python3', 'chromium-headless-shell', 'libfaketime', 'nginx-light',
  'libnginx-mod-mail', 'dovecot-auth-lua', 'sasl2-bin',
];
/** What `npm run bench` compares with. */
// prettier-ignore
export const BENCH_PACKAGES = [
  'nginx', 'libnginx-mod-mail', 'haproxy', 'dovecot-imapd', 'dovecot-pop3d', 'perdition', 'redis-server', 'openssl',
];
const APT = ['--yes', '--no-install-recommends', '-o', 'DPkg::Lock::Timeout=120'];

// Debian asks this file before it starts a service; 101 means no.
const POLICY = '/usr/sbin/policy-rc.d';

/** Makes sure that the packages are there. Throws Complaint with the line to type when it may not install them. */
export function ensurePackages(whoNeeds = 'the tests need', packages = PACKAGES) {
  const missing = missingPackages(whoNeeds, packages);
  if (missing.length === 0) return;
  if (process.getuid?.() !== 0) {
    const line = `sudo apt-get install ${APT[1]} ${missing.join(' ')}`;
    throw new Complaint(
      `${whoNeeds} packages that only root can install. Run this, and then the same again:\n\n  ${line}\n`,
    );
  }
  process.stderr.write(`Installing ${missing.join(' ')} …\n`);
  withoutServices(() => {
    apt(['update', '--quiet']);
    apt(['install', ...APT, ...missing]);
  });
}

function missingPackages(whoNeeds, packages) {
  const query = spawnSync('dpkg-query', ['-W', '-f=${Package} ${db:Status-Status}\\n', ...packages], {
    encoding: 'utf8',
  });
  if (query.error !== undefined) {
    throw new Complaint(`${whoNeeds} Debian or a system like it (no dpkg here): ${packages.join(' ')}`);
  }
  const installed = new Set(query.stdout.split('\n'));
  return packages.filter((name) => !installed.has(`${name} installed`));
}

function apt(args) {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const result = spawnSync('apt-get', args, { env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  if (result.status === 0) return;
  const reason = `${result.error?.message ?? ''}${result.stderr ?? ''}`.trim().split('\n').slice(-5).join('\n');
  throw new Complaint(`apt-get ${args.join(' ')} failed:\n${reason}`);
}

function withoutServices(work) {
  const own = !existsSync(POLICY);
  if (own) writeFileSync(POLICY, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  try {
    work();
  } finally {
    if (own) rmSync(POLICY);
  }
}
