/** The endpoint of a real gateway with two workers, before and after what an operator would want to know. */

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { createAuthority, LOOPBACK_NAMES } from '../support/certificates.ts';
import { ANNA, AS_ANNA, startDemoMailServer } from '../support/demo-mail-server.ts';
import { ping, session, tryLogin } from '../support/dialogues.ts';
import { startGateway, type Gateway, type LogLine } from '../support/gateway.ts';
import { childrenOf, eventually, freePorts, temporaryDirectory } from '../support/processes.ts';

const directory = await temporaryDirectory('endpoint');
const authority = await createAuthority(directory.path, 'endpoint');
const mail = await startDemoMailServer();
const [port = 0, nobody = 0] = await freePorts(2);
const who = { name: ANNA.user, password: ANNA.pass };
const [, master = ''] = AS_ANNA.user.split('*');
const gateway: Gateway = await startGateway({
  backends: {
    main: {
      hosts: ['127.0.0.1'],
      impersonation: { kind: 'master-user', user: master, password: AS_ANNA.pass },
      probeIntervalSeconds: 1,
      imap: { port: mail.imap, tls: 'none' },
      pop3: { port: mail.pop3, tls: 'none' },
      submission: { port: mail.submission, tls: 'none' },
      sieve: { port: nobody, tls: 'none' },
    },
  },
  certificates: [await authority.issue(LOOPBACK_NAMES)],
  caFile: authority.caFile,
  workers: 2,
  settings: { metrics: { port } },
});
after(async () => {
  await gateway.stop();
  await mail.stop();
  await directory.remove();
});

interface Readiness {
  readonly code: number;
  readonly problems: readonly string[];
}

async function readiness(): Promise<Readiness> {
  const response = await fetch(`http://127.0.0.1:${port}/readyz`);
  const body: { problems: readonly string[] } = JSON.parse(await response.text());
  return { code: response.status, problems: body.problems };
}

/** The sum of all series whose text begins so, over the workers. */
async function total(beginning: string): Promise<number> {
  const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  const lines = text.split('\n').filter((line) => line.startsWith(beginning));
  return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0);
}

function workerPid(worker: number): number {
  const started: LogLine | undefined = gateway
    .log()
    .findLast((line) => line.event === 'worker.started' && line['worker'] === worker);
  return Number(started?.['pid']);
}

test('logins, sessions and bytes of all workers are counted', { timeout: 60_000 }, async () => {
  await eventually('the backends are probed', async () => (await total('postern_backend_up{')) === 6);
  const wires = [await session(gateway, 'imap', who), await session(gateway, 'imap', who)];
  await tryLogin(gateway, 'pop3', { name: ANNA.user, password: 'wrong' });
  for (const wire of wires) await ping(wire, 'imap');

  assert.equal(await total('postern_logins_total{protocol="imap",verdict="accepted",reason="ordinary-password"'), 2);
  assert.equal(await total('postern_logins_total{protocol="pop3",verdict="refused",reason="wrong-credentials"'), 1);
  assert.equal(await total('postern_sessions{protocol="imap",opener="ordinary-password"'), 2);
  assert.equal(await total('postern_backend_sessions{backend="main",host="127.0.0.1",protocol="imap"'), 2);
  assert.ok((await total('postern_relayed_bytes_total{from="client"')) >= 2 * 'ping NOOP\r\n'.length);
  assert.equal(await total('postern_store_seconds_count{operation="lookupLogin"'), 3);
  assert.equal(await total('postern_backend_login_seconds_count'), 3);
  assert.equal(await total('postern_workers_answering'), 2);
  assert.ok((await total('process_resident_memory_bytes')) > 3 * 10_000_000);
  for (const wire of wires) wire.close();
  await eventually('the sessions are over', async () => (await total('postern_sessions{')) === 0);
});

test('a cut-off is counted with its delay', { timeout: 60_000 }, async () => {
  const wire = await session(gateway, 'imap', who);
  await gateway.cli('domain', 'set', 'example.org', 'forced', '--yes');
  await wire.closed();
  await eventually(
    'it is counted',
    async () => (await total('postern_cut_off_seconds_count{noticed="announced"')) === 1,
  );
  assert.equal(await total('postern_cut_off_seconds_bucket{le="5",noticed="announced"'), 1);
  await gateway.cli('domain', 'set', 'example.org', 'disabled', '--yes');
});

test('a worker that is stuck is reported, and costs the others nothing', { timeout: 60_000 }, async () => {
  const pid = workerPid(1);
  process.kill(pid, 'SIGSTOP');
  const { problems } = await readiness();
  assert.ok(problems.includes('worker 1 does not answer: it is starting, stuck or gone'), problems.join('\n'));
  assert.equal(await total('postern_workers_answering'), 1);
  assert.equal(await total('postern_workers_configured'), 2);
  assert.equal((await fetch(`http://127.0.0.1:${port}/healthz`)).status, 200);
  process.kill(pid, 'SIGCONT');
  await eventually('it answers again', async () => (await total('postern_workers_answering')) === 2);
});

test('a worker that is replaced is counted', { timeout: 60_000 }, async () => {
  process.kill(workerPid(0), 'SIGKILL');
  await eventually('it is replaced', async () => (await total('postern_worker_restarts_total')) === 1);
  await eventually('the new one answers', async () => (await total('postern_workers_answering')) === 2);
  assert.equal(childrenOf(gateway.pid).length, 2);
});

test('a mail server that is gone is told of in words', { timeout: 60_000 }, async () => {
  await eventually('the new worker has probed its backends', async () => (await total('postern_backend_up{')) === 6);
  await mail.stop();
  const { code, problems } = await eventually('both workers notice it', async () => {
    const now = await readiness();
    const byBoth = now.problems.every((words) => !words.includes('seen by'));
    return byBoth && now.problems.length === 9 && now;
  });
  assert.equal(code, 503);
  // Who asks while it stops may find it closing.
  const refused = /(?:connect ECONN\w+|closed without a greeting).*/;
  assert.deepEqual(problems.map((words) => words.replace(refused, 'refused')).toSorted(), [
    'a certificate expires in less than a day',
    'backend main: 127.0.0.1 is down for imap: refused',
    'backend main: 127.0.0.1 is down for pop3: refused',
    'backend main: 127.0.0.1 is down for sieve: refused',
    'backend main: 127.0.0.1 is down for submission: refused',
    'no backend is up for imap',
    'no backend is up for pop3',
    'no backend is up for sieve',
    'no backend is up for submission',
  ]);
});
