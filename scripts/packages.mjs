/**
 * The Debian packages that the tests and the bench use: real mail servers, a real Redis and real mail programs. Installs
 * what is missing when it may, and never starts a service.
 */

import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { Complaint, ROOT } from './runtime.mjs';

// prettier-ignore
const PACKAGES = [
  'dovecot-imapd', 'dovecot-pop3d', 'dovecot-submissiond', 'dovecot-managesieved', 'dovecot-sieve', 'postfix',
  'redis-server', 'redis-sentinel', 'curl', 'isync', 'fetchmail', 'swaks', 'libnet-ssleay-perl', 'msmtp',
  'thunderbird', 'openssl',
  'python3', 'fail2ban', 'chromium-headless-shell', 'libfaketime', 'nginx-light',
  'libnginx-mod-mail', 'dovecot-auth-lua', 'sasl2-bin',
  'debootstrap', 'systemd-container', 'iproute2',
  'libgnutls-dane0', 'libical3', 'libjansson4', 'libpcre3', 'libpq5', 'libxapian30',
];
/** Servers that Debian lets nobody install beside those above. They are unpacked; their libraries are above. */
const UNPACKED = ['exim4-daemon-light', 'cyrus-imapd', 'cyrus-common'];
const UNPACKED_FOLDER = join(ROOT, 'node_modules/.cache/debian');
/** What the root of a fresh mail server holds beside a minimal Debian with systemd: test/support/debian-root.ts. */
// prettier-ignore
const ROOT_PACKAGES = [
  'systemd', 'systemd-sysv', 'dbus', 'iproute2', 'openssl', 'ca-certificates', 'curl',
  'dovecot-imapd', 'dovecot-pop3d', 'dovecot-managesieved', 'postfix',
];
const ROOT_FOLDER = join(UNPACKED_FOLDER, 'root');
/** What `npm run bench` compares with. */
// prettier-ignore
export const BENCH_PACKAGES = [
  'nginx', 'libnginx-mod-mail', 'haproxy', 'dovecot-imapd', 'dovecot-pop3d', 'perdition', 'redis-server', 'openssl',
];
const APT = ['--yes', '--no-install-recommends', '-o', 'DPkg::Lock::Timeout=120'];

// Debian asks this file before it starts a service; 101 means no.
const POLICY = '/usr/sbin/policy-rc.d';

/** Makes sure that all is there that the tests use. Throws as ensurePackages() does. */
export function ensureTestPackages() {
  ensurePackages();
  mkdirSync(UNPACKED_FOLDER, { recursive: true });
  const missing = UNPACKED.filter((name) => !existsSync(join(UNPACKED_FOLDER, name)));
  if (missing.length > 0) process.stderr.write(`Unpacking ${missing.join(' ')} …\n`);
  for (const name of missing) unpack(name);
  makeDebianRoot();
}

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

// Only files: none of its scripts runs, and nothing of it may become another user.
function unpack(name) {
  const work = mkdtempSync(join(UNPACKED_FOLDER, `${name}.`));
  try {
    download(name, work);
    const files = join(work, 'files');
    done('sh', ['-c', 'dpkg -x *.deb "$0" && chmod -R u-s,g-s "$0"', files], work);
    const place = join(UNPACKED_FOLDER, name);
    if (!existsSync(place)) renameSync(files, place);
  } finally {
    rmSync(work, { recursive: true });
  }
}

// Of this machine's own release, from where its apt takes its packages. Only root can.
function makeDebianRoot() {
  const recipe = `${ROOT_PACKAGES.join(' ')}\n`;
  const recipeFile = join(ROOT_FOLDER, 'etc/postern-test-root');
  if (readIfThere(recipeFile) === recipe || process.getuid?.() !== 0) return;
  process.stderr.write('Making a fresh Debian for the tests (about a minute) …\n');
  const { release, site } = debianSource();
  const work = mkdtempSync(join(UNPACKED_FOLDER, 'root.'));
  try {
    const include = `--include=${ROOT_PACKAGES.join(',')}`;
    done('debootstrap', ['--variant=minbase', include, release, work, site]);
    rmSync(join(work, 'var/cache/apt'), { recursive: true });
    writeFileSync(join(work, recipeFile.slice(ROOT_FOLDER.length)), recipe);
    chmodSync(work, 0o755);
    rmSync(ROOT_FOLDER, { recursive: true, force: true });
    renameSync(work, ROOT_FOLDER);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

function debianSource() {
  const [, release = ''] = /^VERSION_CODENAME=(.*)$/m.exec(readFileSync('/etc/os-release', 'utf8')) ?? [];
  const format = ['--format', '$(RELEASE) $(REPO_URI)', 'Identifier: Packages', 'Component: main'];
  const targets = done('apt-get', ['indextargets', ...format]);
  const [, site] =
    targets
      .split('\n')
      .map((line) => line.split(' '))
      .find(([name]) => name === release) ?? [];
  if (site === undefined) throw new Complaint(`apt knows no source for "${release}", the release of this Debian`);
  return { release, site };
}

function readIfThere(file) {
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
}

function download(name, folder) {
  try {
    apt(['download', '--quiet', name], folder);
  } catch (error) {
    if (process.getuid?.() !== 0) throw error;
    // What apt knows may be older than what its servers have.
    apt(['update', '--quiet']);
    apt(['download', '--quiet', name], folder);
  }
}

function apt(args, cwd) {
  done('apt-get', args, cwd);
}

function done(program, args, cwd = ROOT) {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const result = spawnSync(program, args, { cwd, env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  if (result.status === 0) return result.stdout;
  const reason = `${result.error?.message ?? ''}${result.stderr ?? ''}`.trim().split('\n').slice(-5).join('\n');
  throw new Complaint(`${program} ${args.join(' ')} failed:\n${reason}`);
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
