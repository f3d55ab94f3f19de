/**
 * Runs test files, each as a process of its own with a time limit: two at a time, and a third of those that mostly wait.
 * A file that crashes, hangs, skips a test or has none counts as failed.
 */

import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { bunPath, nodePath, ROOT } from './runtime.mjs';

const FILE_LIMIT_MS = Number(process.env.TEST_FILE_SECONDS ?? 300) * 1000;
const KEPT_OUTPUT = 200_000;

// The long ones first, so that none of them is left alone at the end.
const LONGEST_FIRST = [
  'test/portal/browser.test.ts',
  'test/interop/processes.test.ts',
  'test/demo/demo.test.ts',
  'test/store/embedded.test.ts', // behind others that leave their code compiled: what is killed leaves nothing
  'test/portal/admin-browser.test.ts',
  'test/interop/dovecot-and-postfix.test.ts',
  'test/portal/browser-devices.test.ts',
  'test/interop/',
  'test/store/redis',
  'test/ops/endpoint.test.ts',
  'test/deploy/',
  'test/scripts/',
  'test/gateway/',
];

// What these do is wait, mostly: for time limits to pass, for slow refusals, for servers that take over.
const MOSTLY_WAITING =
  /^test\/(interop\/(abuse|clock|dovecot-auth|failing-|missed-changes|nginx-auth|outage|saslauthd)|store\/redis|ops\/endpoint)/;
const waits = ({ file }) => MOSTLY_WAITING.test(file);
const works = (job) => !waits(job);
/** What runs at a time; each takes the first job of the first kind that is left, and has its own ports for servers. */
const LANES = [
  { kinds: [works, waits], ports: '20000-23999' },
  { kinds: [works, waits], ports: '24000-27999' },
  { kinds: [waits], ports: '28000-31999' },
];

// Node forgets what it has compiled, and the tests start hundreds of processes of the same code. Bun is quick at it.
const COMPILED = join(ROOT, 'node_modules/.cache/postern-tests');

// A network of its own for each file, where we may make one: no two meet at a port, and a connection that waits in the
// queue of a listener that closes goes to another listener of its port (tcp_migrate_req, as the manual tells operators).
const OWN_NETWORK = 'ip link set lo up && echo 1 >/proc/sys/net/ipv4/tcp_migrate_req && exec "$@"';
const inOwnNetwork = ({ command, args }) =>
  process.getuid?.() === 0
    ? { command: 'unshare', args: ['--net', 'sh', '-c', OWN_NETWORK, 'sh', command, ...args] }
    : { command, args };

const RUNTIMES = {
  bun: (file, results) => ({
    command: bunPath(),
    // Bun's limit for a single test must not come before ours for the file.
    args: ['test', `./${file}`, `--timeout=${2 * FILE_LIMIT_MS}`, '--reporter=junit', `--reporter-outfile=${results}`],
  }),
  node: (file, results) => ({
    command: nodePath(),
    args: [
      '--test-reporter=spec',
      '--test-reporter-destination=stdout',
      '--test-reporter=junit',
      `--test-reporter-destination=${results}`,
      file,
    ],
  }),
};

/** Every test file, or those given, as paths from the top folder. */
export function testFiles(given) {
  if (given.length > 0) return given.map((file) => relative(ROOT, join(ROOT, file)));
  const found = readdirSync(join(ROOT, 'test'), { recursive: true, encoding: 'utf8' });
  const files = found.filter((file) => file.endsWith('.test.ts')).map((file) => `test/${file}`);
  const rank = (file) => LONGEST_FIRST.findIndex((folder) => file.startsWith(folder)) + 1 || LONGEST_FIRST.length + 1;
  return files.toSorted((a, b) => rank(a) - rank(b) || a.localeCompare(b));
}

/** Runs the files on each of `runtimes`, reporting each; returns how many tests passed, and the files with failures. */
export async function runFiles(runtimes, files, report) {
  const waiting = runtimes.flatMap((runtime) => files.map((file) => ({ runtime, file })));
  const busy = new Set();
  const outcomes = [];
  // Never one file on both runtimes at once: some have a name that the whole machine sees.
  const next = (kind) => waiting.find((job) => kind(job) && !busy.has(job.file));
  const work = async ({ kinds, ports }) => {
    for (;;) {
      const job = next(kinds[0]) ?? next(kinds.at(-1));
      if (job === undefined) return;
      waiting.splice(waiting.indexOf(job), 1);
      const { runtime, file } = job;
      busy.add(file);
      const outcome = await runFile(runtime, file, ports);
      busy.delete(file);
      report({ runtime, file, outcome: describe(outcome), ms: outcome.ms });
      outcomes.push(outcome);
    }
  };
  await Promise.all(LANES.map(work));
  const failures = outcomes.filter((outcome) => outcome.failed > 0);
  return { passed: outcomes.reduce((sum, outcome) => sum + outcome.passed, 0), failures };
}

/** Ends the files that are running, and all that they have started. */
export function stopFiles() {
  for (const pid of running) killGroup(pid);
}

const running = new Set();

async function runFile(runtime, file, ports) {
  const folder = mkdtempSync(join(tmpdir(), 'postern-results-'));
  const results = join(folder, 'results.xml');
  const started = Date.now();
  const { end, output } = await runProcess(inOwnNetwork(RUNTIMES[runtime](file, results)), ports);
  const counts = count(results);
  rmSync(folder, { recursive: true, force: true });
  const passed = counts.passed;
  const notPassed = counts.failed + counts.skipped;
  const trouble = troubleOf(end, counts);
  const failed = notPassed === 0 && trouble !== undefined ? 1 : notPassed;
  const title = `${file} on ${runtime}${trouble === undefined ? '' : `: ${trouble}`}`;
  return { title, passed, failed, trouble, output, ms: Date.now() - started };
}

function runProcess({ command, args }, ports) {
  return new Promise((resolve) => {
    // A group of its own: whatever the file started ends with it.
    const child = spawn(command, args, {
      cwd: ROOT,
      env: environment(ports),
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    running.add(child.pid);
    let output = '';
    const keep = (chunk) => (output = (output + chunk).slice(-KEPT_OUTPUT));
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    let end;
    const limit = setTimeout(() => {
      end = `still running after ${FILE_LIMIT_MS / 1000} s`;
      killGroup(child.pid);
    }, FILE_LIMIT_MS);
    child.on('error', (error) => (end = error.message));
    child.on('exit', (code, signal) => {
      end ??= code === 0 ? undefined : `ended with ${signal ?? code}`;
      clearTimeout(limit);
      killGroup(child.pid);
    });
    child.on('close', () => {
      running.delete(child.pid);
      resolve({ end, output });
    });
  });
}

// Set by "node --test" for its own children: a test that runs the runner would change what it tests.
function environment(ports) {
  const { NODE_TEST_CONTEXT: _, ...others } = process.env;
  return { ...others, NODE_COMPILE_CACHE: COMPILED, TEST_PORTS: ports };
}

function killGroup(pid) {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // nothing is left of it
  }
}

/** Counts the cases of a JUnit file as either runtime writes it: a case with subtests is a suite to Node. */
function count(results) {
  let text = '';
  try {
    text = readFileSync(results, 'utf8');
  } catch {
    return { passed: 0, failed: 0, skipped: 0 };
  }
  const cases = text.split('<testcase ').slice(1);
  const failed = cases.filter((one) => /<(failure|error)\b/.test(one)).length;
  const skipped = cases.filter((one) => /<skipped\b/.test(one)).length;
  return { passed: cases.length - failed - skipped, failed, skipped };
}

function troubleOf(end, { passed, failed, skipped }) {
  if (skipped > 0) return `${skipped} skipped`;
  // A file with a failed test ends with 1: that says nothing new.
  if (failed > 0) return undefined;
  return end ?? (passed === 0 ? 'no test ran' : undefined);
}

function describe({ passed, failed, trouble }) {
  if (failed === 0) return `${passed} passed`;
  return `${passed} passed, ${failed} FAILED${trouble === undefined ? '' : ` (${trouble})`}`;
}
