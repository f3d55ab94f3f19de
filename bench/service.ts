/**
 * What an answer of the policy service costs: requests per second and CPU per 1,000 answers, beside a bare GET of the
 * same Redis and nginx with a fixed answer. Each is asked in turn, round after round; medians, least and most are
 * printed, and with --page written to docs/service-speed.md.
 *
 *   npm run bench:service -- [--rounds 5] [--answers 10000] [--page]
 */

import { mkdir, writeFile } from 'node:fs/promises';
import { Agent, request } from 'node:http';
import { cpus, release } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startGateway } from '../test/support/gateway.ts';
import { inParallel } from '../test/support/floods.ts';
import { accepts, eventually, freePorts, listening, runOk, start } from '../test/support/processes.ts';
import { cpuSecondsOf } from './measure/processes.ts';
import { spreadOf, type Spread } from './measure/statistics.ts';
import { MASTER } from './sides/side.ts';
import { startWorld, type World } from './world.ts';

const AT_ONCE = 16;
const WARM_UP_ROUNDS = 2;
const PAGE = join(import.meta.dirname, '../docs/service-speed.md');

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    answers: { type: 'string', default: '10000' },
    page: { type: 'boolean', default: false },
  },
});
const [rounds, answers] = [Number(values.rounds), Number(values.answers)];

/** One that answers: what it is, the processes that are charged, and the asking of so many answers. */
interface Asked {
  readonly name: string;
  readonly pids: readonly number[];
  /** Returns how many were not as they should be. */
  readonly ask: (count: number) => Promise<number>;
}

interface Round {
  readonly perSecond: number;
  readonly cpuMs: number;
  readonly errors: number;
}

const world = await startWorld();
try {
  const nginx = await startFixedNginx(world);
  const service = await startService(world);
  const sides: readonly Asked[] = [service.asked, redisGet(world), nginx.asked];
  for (let at = 0; at < WARM_UP_ROUNDS; at += 1) for (const side of sides) await side.ask(answers);
  const measured = new Map<string, Round[]>(sides.map(({ name }) => [name, []]));
  for (let at = 0; at < rounds; at += 1) {
    process.stderr.write(`round ${at + 1} of ${rounds}\n`);
    for (const side of sides) measured.get(side.name)?.push(await measure(side));
  }
  const table = tableOf(measured);
  process.stdout.write(`${table}\n`);
  if (values.page) await writeFile(PAGE, pageOf(table));
  await Promise.all([nginx.stop(), service.stop()]);
} finally {
  await world.stop();
}

async function measure({ pids, ask }: Asked): Promise<Round> {
  const before = cpuSecondsOf(pids);
  const startedAt = performance.now();
  const errors = await ask(answers);
  const seconds = (performance.now() - startedAt) / 1000;
  return { perSecond: answers / seconds, cpuMs: ((cpuSecondsOf(pids) - before) * 1e6) / answers, errors };
}

/** One worker of the service alone; it is charged with what Redis does for it. */
async function startService({ directory, redis, keysFile, backend, users, certificate, caFile }: World) {
  const [port = 0] = await freePorts(1);
  const place = (of: number) => ({ address: '127.0.0.1', port: of });
  const gateway = await startGateway({
    backends: {
      main: {
        hosts: ['127.0.0.1'],
        impersonation: { kind: 'master-user', ...MASTER },
        imap: { port: backend.ports.imap, tls: 'none', clientAddress: 'none' },
      },
    },
    store: { kind: 'redis', url: `redis://127.0.0.1:${redis.port}` },
    keysFile,
    certificates: [certificate],
    caFile,
    workers: 1,
    protocols: ['imap'],
    settings: {
      service: { listen: [{ address: '127.0.0.1', port }], nginx: { main: { imap: place(backend.ports.imap) } } },
      policy: { limits: { networkVerdicts: 100_000, networkWindowSeconds: 1 } },
      log: { level: 'info' },
    },
    only: 'service',
    through: ['sh', '-c', `exec "$@" >${join(directory, 'service.log')} 2>&1`, 'sh'],
    quiet: true,
  });
  await eventually(`port ${port} is open`, () => accepts(port));
  const made = Object(await gateway.cli('token', 'create', 'bench', '--role', 'verifier', '--all'));
  const agent = new Agent({ keepAlive: true, maxSockets: AT_ONCE });
  const ask = (count: number) =>
    inTurns(count, async (at) => {
      const { name, password } = users[at % users.length] ?? { name: '', password: '' };
      const headers = {
        authorization: `Bearer ${made.token}`,
        'auth-method': 'plain',
        'auth-user': name,
        'auth-pass': password,
        'auth-protocol': 'imap',
        'client-ip': '192.0.2.7',
      };
      return (await get({ agent, port, path: '/auth/nginx', headers }))['auth-status'] === 'OK';
    });
  const asked: Asked = { name: 'policy service, a login that is let in', pids: [gateway.pid, redis.pid], ask };
  return { asked, stop: () => gateway.stop() };
}

async function startFixedNginx({ directory }: World) {
  const [port = 0] = await freePorts(1);
  const folder = join(directory, 'nginx-fixed');
  await mkdir(folder);
  const file = join(folder, 'nginx.conf');
  await writeFile(
    file,
    `
daemon off;
pid ${folder}/nginx.pid;
error_log ${folder}/error.log;
worker_processes 1;
events {}
http {
  access_log off;
  keepalive_requests 1000000;
  server { listen 127.0.0.1:${port}; add_header Auth-Status OK always; location / { return 200 ""; } }
}
`,
  );
  const running = start('/usr/sbin/nginx', ['-p', folder, '-c', file, '-e', join(folder, 'error.log')]);
  await listening(port, running);
  const agent = new Agent({ keepAlive: true, maxSockets: AT_ONCE });
  const ask = (count: number) =>
    inTurns(count, async () => (await get({ agent, port, path: '/', headers: {} }))['auth-status'] === 'OK');
  return { asked: { name: 'nginx, a fixed answer', pids: [running.pid], ask }, stop: () => running.stop() };
}

function redisGet({ server, redis }: World): Asked {
  const key = 'bench:get';
  const ask = async (count: number): Promise<number> => {
    await server.command('set', key, 'x'.repeat(700));
    const at = ['-p', `${redis.port}`, '-c', `${AT_ONCE}`, '-n', `${count}`, '--csv'];
    await runOk('redis-benchmark', [...at, 'GET', key]);
    return 0;
  };
  return { name: 'Redis, a bare GET of 700 bytes', pids: [redis.pid], ask };
}

async function inTurns(count: number, ask: (at: number) => Promise<boolean>): Promise<number> {
  let [at, errors] = [0, 0];
  await inParallel(count, AT_ONCE, async () => {
    if (!(await ask(at++))) errors += 1;
  });
  return errors;
}

interface Request {
  readonly agent: Agent;
  readonly port: number;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
}

function get({ agent, port, path, headers }: Request): Promise<NodeJS.Dict<string | string[]>> {
  return new Promise((resolve, reject) => {
    const asking = request({ agent, host: '127.0.0.1', port, path, headers }, (response) => {
      response.resume();
      response.on('end', () => resolve(response.headers));
    });
    asking.on('error', reject).end();
  });
}

function tableOf(measured: ReadonlyMap<string, readonly Round[]>): string {
  const rows = [...measured].map(([name, all]) => {
    const perSecond = spreadOf(all.map((one) => one.perSecond));
    const cpu = spreadOf(all.map((one) => one.cpuMs));
    const errors = all.reduce((sum, one) => sum + one.errors, 0);
    return `| ${name} | ${spread(perSecond, 0)} | ${spread(cpu, 0)} | ${errors} |`;
  });
  return [
    '| asked | answers per second (clock) | CPU, ms per 1,000 answers | errors |',
    '| --- | --- | --- | --- |',
    ...rows,
  ].join('\n');
}

function spread({ median, least, most }: Spread, digits: number): string {
  return `${median.toFixed(digits)} (${least.toFixed(digits)}–${most.toFixed(digits)})`;
}

function pageOf(table: string): string {
  const machine = `${cpus().length} cores of ${cpus()[0]?.model ?? 'an unknown kind'}, Linux ${release()}`;
  return `# Speed of the policy service

Written by \`npm run bench:service -- --page\`: ${rounds} rounds of ${answers} answers each, ${AT_ONCE} at a time over connections that
stay open, on ${new Date().toISOString().slice(0, 10)}. Machine: ${machine}. The service is one worker on Bun ${process.versions['bun'] ?? '(not used)'}.

CPU is that of the processes that answer, the service's share of Redis included. The one who asks is not counted, but runs on
the same machine: the answers per second are a lower bound, and where the asking costs more than the answer (nginx)
they measure the asker. Each cell is the median, in brackets the least and the most.

${table}

An answer is one round trip to the store before it is given, and a second one behind it that records the last use
(at most once in a while for each app password). The look-up is a script that also counts the attempt: it costs Redis more
than a bare GET.
`;
}
