/** Joins the parts: reads the settings, builds what they ask for and hands each part what it needs. */

import { spawn, type ChildProcess } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { loadSettings } from './config/load.ts';
import type { Settings } from './config/settings.ts';
import { loggedAudit } from './audit-log.ts';
import { Fault } from './core/fault.ts';
import type { Protocol } from './core/verdict.ts';
import { Backends } from './gateway/backends.ts';
import { checkOrdinaryPassword } from './gateway/backend-login.ts';
import { Gateway, type GatewayState } from './gateway/gateway.ts';
import type { LiveStore } from './gateway/settings.ts';
import { HURRY_SIGNAL, Supervisor, type WorkerMessage } from './gateway/supervisor.ts';
import { readKeyring } from './keys.ts';
import { openLog, type Log, type ProcessLog } from './ops/log.ts';
import { makeGatekeeper, type Gatekeeper } from './policy/decide.ts';
import type { Store } from './policy/ports.ts';
import { imap } from './protocol/imap/module.ts';
import type { ProtocolModule } from './protocol/machine.ts';
import { pop3 } from './protocol/pop3/module.ts';
import { sieve } from './protocol/sieve/module.ts';
import { submission } from './protocol/submission/module.ts';
import { openPortal, type Surroundings } from './start-portal.ts';
import { openService, stateWithoutGateway } from './start-service.ts';
import { openStore } from './store/open.ts';
import { openEndpoint, runtimeName, watchWorker, type WatchedWorker } from './watching.ts';
import { MEMORY_KEPT, NO_LAST_COMPILER } from './worker-environment.ts';

export interface ServeOptions {
  readonly configFile: string;
  /** Run this part alone. */
  readonly only?: 'service' | undefined;
}

const MODULES: Readonly<Record<Protocol, ProtocolModule>> = { imap, pop3, submission, sieve };
const KILL_AFTER_MS = 5_000;

/** Runs the gateway until SIGTERM or SIGINT. Returns the exit code; throws CONFIG_INVALID and the like at the start. */
export async function serve(options: ServeOptions): Promise<number> {
  const { configFile } = options;
  const { settings, remarks } = load(configFile);
  const log = openLog(settings.log.level).child({ gateway: settings.gateway.gatewayName });
  for (const remark of remarks) log.warn('config.remark', { remark });
  const supervisor = new Supervisor({
    workers: settings.workers === 'auto' ? availableParallelism() : settings.workers,
    spawn: (index) => spawnWorker(options, index),
    log,
    killAfterMs: settings.gateway.limits.drainMs + KILL_AFTER_MS,
  });
  const told = listenToSignals();
  reloadOnSignal(supervisor, { configFile, running: settings, log });
  await checkStore(settings, log);
  await supervisor.start();
  const closeEndpoint = await openEndpoint(settings, supervisor, log);
  log.info('gateway.started', { pid: process.pid, runtime: runtimeName() });
  const signal = await told.first;
  log.info('gateway.draining', { signal });
  closeEndpoint();
  await supervisor.stop(told.again);
  log.info('gateway.stopped');
  return 0;
}

// A store that cannot be relied upon is refused at the start, with its reason, rather than at the first login.
async function checkStore(settings: Settings, log: Log): Promise<void> {
  const store = await openStore(settings.store);
  try {
    const { usable, remarks } = await store.check();
    if (!usable) throw new Fault('STORE_UNAVAILABLE', remarks.join('\n'));
    for (const remark of remarks) log.warn('store.remark', { remark });
  } finally {
    await store.close();
  }
}

/** Runs one worker under a supervisor. Returns the exit code once it has drained. */
export async function runWorker({ configFile, only }: ServeOptions): Promise<number> {
  const worker = Number(process.env['POSTERN_WORKER'] ?? 0);
  process.on('SIGINT', () => {}); // Ctrl-C reaches the whole group; the supervisor tells us when to end.
  const told = new Promise<void>((resolve) => {
    process.on('SIGTERM', resolve);
    // The supervisor is gone: nobody would ever end us.
    process.once('disconnect', resolve);
  });
  const hurry = new AbortController();
  process.on(HURRY_SIGNAL, () => hurry.abort());
  try {
    const { settings } = load(configFile);
    const log = openLog(settings.log.level);
    const own = log.child({ gateway: settings.gateway.gatewayName, worker });
    const watched = await watchWorker(settings, worker, loggedAudit(await openStore(settings.store), own));
    const around = surroundings(settings, watched, own);
    const parts = only === 'service' ? await openServiceAlone(around) : await openAll(around);
    watched.answerFor(parts);
    process.on('SIGHUP', () => reload(parts.holders, configFile, log, own));
    process.on('uncaughtException', (error) => own.error('fault', { error }));
    await tell({ kind: 'ready' });
    await told;
    await parts.stop(hurry.signal);
    await watched.store.close();
    return 0;
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    await tell({ kind: 'failed', message: error.message });
    return process.exit(1); // whatever was opened before the fault would keep this process alive
  } finally {
    if (process.connected) process.disconnect?.(); // an open channel would keep this process alive
  }
}

/** What a worker runs. */
interface RunningParts {
  readonly state: GatewayState;
  readonly holders: readonly (Pick<Gateway, 'reloadCertificates'> | undefined)[];
  stop(hurry: AbortSignal): Promise<unknown>;
}

async function openAll(around: Surroundings): Promise<RunningParts> {
  const gateway = makeGateway(around);
  await gateway.start();
  const portal = await openPortal(around);
  const service = await openService(around, 'beside the gateway');
  return {
    get state() {
      return gateway.state;
    },
    holders: [gateway, portal, service],
    stop: (hurry) => Promise.all([gateway.stop(hurry), portal?.stop(), service?.stop()]),
  };
}

async function openServiceAlone(around: Surroundings): Promise<RunningParts> {
  const service = await openService(around, 'alone');
  return {
    get state() {
      return stateWithoutGateway(around, service);
    },
    holders: [service],
    stop: async () => service?.stop(),
  };
}

function load(file: string): ReturnType<typeof loadSettings> {
  return loadSettings({ file, environment: process.env, now: Date.now() });
}

function surroundings(settings: Settings, { store, meters, serviceMeters }: WatchedWorker, log: Log): Surroundings {
  const backends = new Backends({ ...settings.gateway, modules: MODULES, meters, log });
  const keyring = readKeyring(settings.keysFile);
  const gatekeeper = makeGatekeeper({
    store,
    keyring,
    checkOrdinaryPassword: (attempt, signal) => checkOrdinaryPassword(backends, attempt, signal),
    limits: settings.policy.limits,
    staleSeconds: settings.policy.staleSeconds,
    clock: Date.now,
    onFault: (error, account) => log.error('store.unavailable', { user: account.name, error }),
  });
  return { settings, store, keyring, backends, gatekeeper, meters, serviceMeters, log };
}

function makeGateway({ settings, store, backends, gatekeeper, meters, log }: Surroundings): Gateway {
  return new Gateway({
    settings: settings.gateway,
    modules: MODULES,
    backends,
    gatekeeper,
    store: toldToBoth(store, gatekeeper),
    meters,
    log,
    now: Date.now,
  });
}

// A change ends sessions (the gateway's part) and earlier answers (policy's part).
function toldToBoth(store: Store, gatekeeper: Gatekeeper): LiveStore {
  return {
    touchSessions: (sessions) => store.touchSessions(sessions),
    closeSessions: (sessions) => store.closeSessions(sessions),
    epochs: (accounts, domains) => store.epochs(accounts, domains),
    watch: ({ onChange, onGap }) =>
      store.watch({
        onGap,
        onChange: (change) => {
          gatekeeper.noteChange(change);
          onChange(change);
        },
      }),
  };
}

interface Told {
  /** The first SIGTERM or SIGINT: drain. */
  readonly first: Promise<string>;
  /** Any further one: end at once. */
  readonly again: AbortSignal;
}

function listenToSignals(): Told {
  const again = new AbortController();
  const { promise, resolve } = Promise.withResolvers<string>();
  let heard = false;
  for (const name of ['SIGTERM', 'SIGINT'] as const) {
    process.on(name, () => {
      if (heard) again.abort();
      heard = true;
      resolve(name);
    });
  }
  return { first: promise, again: again.signal };
}

function reloadOnSignal(supervisor: Supervisor, context: { configFile: string; running: Settings; log: Log }): void {
  process.on('SIGHUP', () => {
    if (noteReload(context)) supervisor.signal('SIGHUP');
  });
}

/** The settings that a running gateway takes over on SIGHUP, beside the contents of the certificate files. */
const LIVE_SETTINGS = ['log'] as const;

// Says what a reload changes and what waits for a restart; false when the new configuration is faulty.
function noteReload({ configFile, running, log }: { configFile: string; running: Settings; log: Log }): boolean {
  try {
    const { settings } = load(configFile);
    for (const [name, value] of Object.entries(settings)) {
      const before = Object.entries(running).find(([key]) => key === name)?.[1];
      const live = LIVE_SETTINGS.some((setting) => setting === name);
      if (live || JSON.stringify(before) === JSON.stringify(value)) continue;
      log.warn('config.remark', {
        setting: name,
        remark: 'has changed; it takes effect when the gateway is restarted',
      });
    }
    return true;
  } catch (error) {
    log.error('gateway.reload-refused', { error });
    return false;
  }
}

function reload(
  holders: readonly (Pick<Gateway, 'reloadCertificates'> | undefined)[],
  configFile: string,
  level: ProcessLog,
  log: Log,
): void {
  try {
    level.setLevel(load(configFile).settings.log.level);
    for (const holder of holders) holder?.reloadCertificates();
    log.info('gateway.reloaded');
  } catch (error) {
    log.error('gateway.reload-refused', { error });
  }
}

function spawnWorker({ configFile, only }: ServeOptions, index: number): ChildProcess {
  const [, script = ''] = process.argv;
  // A single executable carries its own script and is started by its name alone.
  const program = script.startsWith('/$bunfs/') ? [] : [...process.execArgv, script];
  const part = only === undefined ? [] : ['--only', only];
  return spawn(process.execPath, [...program, 'worker', '--config', configFile, ...part], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    // An operator's own setting stands.
    env: { ...MEMORY_KEPT, ...NO_LAST_COMPILER, ...process.env, POSTERN_WORKER: String(index) },
  });
}

async function tell(message: WorkerMessage): Promise<void> {
  await new Promise<void>((resolve) => {
    if (process.send === undefined) resolve();
    else process.send(message, () => resolve());
  });
}
