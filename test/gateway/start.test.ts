/** `postern serve` that cannot start, is told to end while it starts, or loses one of its processes. */

import assert from 'node:assert/strict';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { stringify } from 'yaml';
import { newKeyLine } from '#policy/secrets/keyring.ts';
import { createAuthority, LOOPBACK_NAMES } from '../support/certificates.ts';
import { accepts, childrenOf, eventually, freePorts, run, start, temporaryDirectory } from '../support/processes.ts';

const ROOT = join(import.meta.dirname, '../..');
const MAIN = join(ROOT, 'src/main.ts');
const directory = await temporaryDirectory('start');
const certificate = await (await createAuthority(directory.path, 'authority')).issue(LOOPBACK_NAMES);
after(() => directory.remove());
let worlds = 0;

interface World {
  readonly folder: string;
  readonly arguments: readonly string[];
  readonly ports: { readonly imap: number; readonly web: number };
}

async function world(settings: Readonly<Record<string, unknown>> = {}): Promise<World> {
  worlds += 1;
  const folder = join(directory.path, `${worlds}`);
  mkdirSync(folder);
  const [imap = 0, web = 0, nobody = 0] = await freePorts(3);
  const configuration = {
    hostname: 'localhost',
    workers: 2,
    listeners: [{ protocol: 'imap', address: '127.0.0.1', port: imap }],
    tls: { certificates: [{ cert_file: certificate.certFile, key_file: certificate.keyFile }] },
    backends: {
      main: {
        hosts: ['127.0.0.1'],
        impersonation: { kind: 'master-user', user: 'gateway', password: 'unused' },
        imap: { port: nobody, tls: 'none' },
      },
    },
    defaultBackend: 'main',
    store: { kind: 'embedded', path: 'postern.db' },
    keys_file: 'keys',
    portal: { url: `https://localhost:${web}`, listen: [{ address: '127.0.0.1', port: web }] },
    limits: { drainSeconds: 1 },
    ...settings,
  };
  writeFileSync(join(folder, 'keys'), `${newKeyLine()}\n`, { mode: 0o600 });
  writeFileSync(join(folder, 'postern.yaml'), stringify(configuration));
  return { folder, arguments: ['serve', '-c', join(folder, 'postern.yaml')], ports: { imap, web } };
}

async function occupied(port: number): Promise<{ close(): void }> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return server;
}

/** Starts it, expects that it ends with this code and one sentence, and that nothing of it is left. */
async function refused(at: World, code: number, sentence: RegExp, main = MAIN): Promise<void> {
  const { code: ended, stderr } = await run(process.execPath, [main, ...at.arguments]);
  assert.match(stderr, sentence);
  assert.equal(stderr.trim().split('\n').length, 1, stderr);
  assert.equal(ended, code);
  assert.deepEqual(processesOf(at), []);
}

// Whose command line names its folder.
function processesOf({ folder }: World): readonly string[] {
  return readdirSync('/proc').filter((entry) => /^\d+$/.test(entry) && commandLine(entry).includes(folder));
}

function commandLine(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return ''; // it has just ended
  }
}

test('without its key file it ends with code 78', { timeout: 60_000 }, async () => {
  const at = await world();
  rmSync(join(at.folder, 'keys'));
  await refused(at, 78, /^postern: .*keys: there are no master keys yet/);
});

test('with a certificate that is none it ends with code 78', { timeout: 60_000 }, async () => {
  const broken = join(directory.path, 'broken.pem');
  writeFileSync(broken, 'no certificate\n');
  const at = await world({ tls: { certificates: [{ cert_file: broken, key_file: certificate.keyFile }] } });
  await refused(at, 78, /^postern: .*cert_file: holds no certificate/);
});

test('with a Redis that is gone it ends with the code for trying again', { timeout: 60_000 }, async () => {
  const [nobody = 0] = await freePorts(1);
  await refused(await world({ store: { kind: 'redis', url: `redis://127.0.0.1:${nobody}` } }), 5, /^postern: .*Redis/);
});

for (const taken of ['imap', 'web'] as const) {
  test(
    `with the port of ${taken} taken it ends with code 78, and no other port is open`,
    { timeout: 60_000 },
    async () => {
      const at = await world();
      const other = await occupied(at.ports[taken]);
      await refused(at, 78, /^postern: .*another program has it/);
      assert.equal(await accepts(taken === 'imap' ? at.ports.web : at.ports.imap), false);
      other.close();
    },
  );
}

test('what nobody foresaw ends it with one sentence, before a listener opens', { timeout: 60_000 }, async () => {
  const at = await world();
  const copy = join(directory.path, 'sources');
  cpSync(join(ROOT, 'src'), join(copy, 'src'), { recursive: true });
  cpSync(join(ROOT, 'package.json'), join(copy, 'package.json'));
  symlinkSync(join(ROOT, 'node_modules'), join(copy, 'node_modules'));
  rmSync(join(copy, 'src/portal/http/assets/script.js'));
  const { stdout, code, stderr } = await run(process.execPath, [join(copy, 'src/main.ts'), ...at.arguments]);
  assert.match(stderr, /^postern: .*a worker cannot start: ENOENT.*script\.js.*\n$/);
  assert.equal(code, 1);
  assert.doesNotMatch(stdout, /listener\.opened/);
  assert.deepEqual(processesOf(at), []);
});

test('a worker without a supervisor does not run', { timeout: 60_000 }, async () => {
  const at = await world();
  const { code, stderr } = await run(process.execPath, [MAIN, 'worker', ...at.arguments.slice(1)]);
  assert.equal(code, 2);
  assert.match(stderr, /^postern: a worker runs under `postern serve`\n$/);
});

// A worker that is stopped here hangs: it hears no signal, and is not ready.
async function hanging(at: World) {
  const running = start(process.execPath, [MAIN, ...at.arguments]);
  const [worker = 0] = await eventually('a worker runs', () => {
    const children = childrenOf(running.pid);
    return children.length > 0 && children;
  });
  process.kill(worker, 'SIGSTOP');
  return { running, worker };
}

test('SIGTERM ends it while a worker hangs at the start', { timeout: 60_000 }, async () => {
  const at = await world();
  const { running } = await hanging(at);
  running.signal('SIGTERM');
  assert.equal(await running.ended(), 0);
  assert.doesNotMatch(running.output(), /gateway\.started/);
  assert.deepEqual(processesOf(at), []);
});

test('SIGTERM before it has begun ends it', { timeout: 60_000 }, async () => {
  const at = await world();
  const running = start(process.execPath, [MAIN, ...at.arguments]);
  running.signal('SIGTERM');
  assert.ok([0, 'SIGTERM'].includes(await running.ended()));
  assert.deepEqual(processesOf(at), []);
});

for (const times of [1, 2]) {
  test(`SIGTERM, said ${times} times, ends it while a worker hangs`, { timeout: 60_000 }, async () => {
    const at = await world();
    const running = start(process.execPath, [MAIN, ...at.arguments]);
    await running.line(/"event":"gateway\.started"/);
    const [worker = 0] = childrenOf(running.pid);
    process.kill(worker, 'SIGSTOP');
    for (let time = 0; time < times; time += 1) running.signal('SIGTERM');
    assert.equal(await running.ended(), 0);
    assert.deepEqual(processesOf(at), []);
  });
}

for (const when of ['while it starts', 'while it runs'] as const) {
  test(`workers end when their supervisor is killed ${when}`, { timeout: 60_000 }, async () => {
    const at = await world();
    if (when === 'while it starts') {
      const { running, worker } = await hanging(at);
      running.signal('SIGKILL');
      await eventually('the supervisor is gone', () => !existsSync(`/proc/${running.pid}`));
      process.kill(worker, 'SIGCONT');
    } else {
      const running = start(process.execPath, [MAIN, ...at.arguments]);
      await running.line(/"event":"gateway\.started"/);
      running.signal('SIGKILL');
    }
    await eventually('every process of it has ended', () => processesOf(at).length === 0);
  });
}
