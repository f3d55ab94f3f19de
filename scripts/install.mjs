/**
 * Installs what package-lock.json pins, when node_modules does not hold it yet. No package's install script is run.
 */

import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Complaint, ROOT, runMain } from './runtime.mjs';

const OLDEST_NODE = 20;

// What npm's error codes mean for the person at the terminal.
const KNOWN_FAILURES = [
  [
    /\b(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT|ECONNRESET|ENETUNREACH|EHOSTUNREACH|ERR_SOCKET_TIMEOUT)\b/,
    "npm cannot reach its registry: check the network (or npm's proxy setting) and start again",
  ],
  [
    /\b(EACCES|EPERM|EROFS)\b/,
    'npm may not write node_modules here: give this user the folder, or clone into one of its own',
  ],
  [/\bENOSPC\b/, 'the disk is full: the packages need about 800 MB'],
  [
    /\b(EINTEGRITY)\b/,
    'a package is not the one that package-lock.json pins: run "npm cache clean --force" and start again',
  ],
  [/\b(E401|E403)\b/, "npm's registry refuses this machine: check the registry and credentials in npm's configuration"],
];

/**
 * Brings node_modules in line with package-lock.json. Throws Complaint with one line that says what to do.
 * `only: 'production'` is content without the packages for development, and installs none of them.
 */
export async function install({ only = 'all' } = {}) {
  const major = Number(process.versions.node.split('.')[0]);
  if (major < OLDEST_NODE) {
    throw new Complaint(`Node ${process.versions.node} is too old: install Node ${OLDEST_NODE} or newer`);
  }
  if (isInstalled(only)) return;
  const done = progress('Installing the pinned packages (once)');
  const omit = only === 'production' ? ['--omit=dev'] : [];
  const result = await npm(['ci', '--ignore-scripts', '--no-audit', '--no-fund', ...omit]);
  if (result.code !== 0) {
    done('failed');
    throw new Complaint(explain(result.output));
  }
  done('done');
}

/** True when every package of the lock file that this machine needs is there in its pinned version. */
function isInstalled(only) {
  const wanted = readLock(join(ROOT, 'package-lock.json'));
  const present = readLock(join(ROOT, 'node_modules/.package-lock.json'));
  if (wanted === undefined) throw new Complaint('package-lock.json is missing: is this a complete clone?');
  if (present === undefined) return false;
  return Object.entries(wanted).every(([path, entry]) => {
    if (path === '' || entry.link || (only === 'production' && entry.dev === true)) return true;
    const installed = present[path];
    // An optional package may be for another platform, which npm leaves out.
    if (installed === undefined) return entry.optional === true || entry.devOptional === true;
    return installed.version === entry.version && existsSync(join(ROOT, path));
  });
}

function readLock(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8')).packages;
  } catch {
    return undefined;
  }
}

function npm(args) {
  // Under "npm start" npm says where it lives itself; elsewhere the PATH has to.
  const cli = process.env.npm_execpath;
  const command = cli?.endsWith('.js') ? [process.execPath, cli] : ['npm'];
  return new Promise((resolve, reject) => {
    const child = spawn(command[0], [...command.slice(1), ...args], { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    child.stdout.on('data', (chunk) => (output += chunk));
    child.stderr.on('data', (chunk) => (output += chunk));
    child.on('close', (code) => resolve({ code, output }));
    child.on('error', (error) => {
      const missing = 'npm is not in the PATH: install it together with Node (Debian: apt-get install npm)';
      reject(new Complaint(error.code === 'ENOENT' ? missing : `npm cannot be run: ${error.message}`));
    });
  });
}

function explain(output) {
  const known = KNOWN_FAILURES.find(([pattern]) => pattern.test(output));
  if (known !== undefined) return `${known[1]} (${known[0].exec(output)[0]})`;
  const errors = output.split('\n').filter((line) => line.startsWith('npm error') || line.startsWith('npm ERR!'));
  return `npm ci failed:\n${(errors.length > 0 ? errors : output.split('\n')).slice(0, 12).join('\n')}`;
}

// On a terminal one line that counts seconds, elsewhere two plain lines. All on stderr: stdout is for results.
function progress(text) {
  const started = Date.now();
  const seconds = () => `${Math.round((Date.now() - started) / 1000)} s`;
  const terminal = process.stderr.isTTY === true;
  process.stderr.write(terminal ? `${text} …` : `${text} …\n`);
  const timer = terminal ? setInterval(() => process.stderr.write(`\r${text} … ${seconds()}`), 1000) : undefined;
  return (outcome) => {
    clearInterval(timer);
    process.stderr.write(`${terminal ? '\r' : ''}${text} … ${outcome} after ${seconds()}\n`);
  };
}

if (process.argv[1] === new URL(import.meta.url).pathname) await runMain(() => install());
