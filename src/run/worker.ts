/** Joins the parts of one worker: gateway, portal and policy service over one store. */

import { loadSettings } from '#config/load.ts';
import type { Settings } from '#config/settings.ts';
import { loggedAudit } from '#store/logged-audit.ts';
import { Fault } from '#core/fault.ts';
import { Backends } from '#backends/backends.ts';
import { checkOrdinaryPassword } from '#backends/backend-login.ts';
import { Gateway, type GatewayState } from '#gateway/gateway.ts';
import { FORCE_SIGNAL, type WorkerMessage } from '#supervisor/supervisor.ts';
import { readKeyring } from '#adapters/key-file.ts';
import { openLog, type Log, type ProcessLog } from '#ops/log.ts';
import { makeGatekeeper, type Gatekeeper } from '#policy/logins/gatekeeper.ts';
import type { Store } from '#policy/ports/store.ts';
import { MODULES } from '#protocol/all.ts';
import { preparePortal, type WorkerContext } from './open-portal.ts';
import { prepareService, stateWithoutGateway } from './open-service.ts';
import { openStore } from '#store/open.ts';
import { monitorWorker, type MonitoredWorker } from './monitoring.ts';
import type { LiveStore } from '#gateway/ports/gatekeeper.ts';
import type { ServeOptions } from './options.ts';

/** After its drain a worker has this long to end. */
const END_AFTER_MS = 4_000;

/**
 * Runs one worker under a supervisor. Returns the exit code once it has drained. Whatever goes wrong before it is ready is
 * told to the supervisor and ends the process; so does SIGTERM, or the end of the supervisor.
 */
export async function runWorker({ configFile, only }: ServeOptions): Promise<number> {
  const worker = Number(process.env['POSTERN_WORKER'] ?? 0);
  process.on('SIGINT', () => {}); // Ctrl-C reaches the whole group; the supervisor tells us when to end.
  const ending = listenForTheEnd();
  const force = new AbortController();
  process.on(FORCE_SIGNAL, () => force.abort());
  try {
    const { settings } = loadSettings({ file: configFile, environment: process.env, now: Date.now() });
    const log = openLog(settings.log.level);
    const own = log.child({ gateway: settings.gateway.gatewayName, worker });
    const watched = await monitorWorker(settings, worker, loggedAudit(await openStore(settings.store), own));
    const around = workerContext(settings, watched, own);
    const parts = only === 'service' ? await openServiceAlone(around) : await openAll(around);
    watched.answerFor(parts);
    process.on('SIGHUP', () => reload(parts.holders, configFile, log, own));
    process.on('uncaughtException', (error) => own.error('fault', { error }));
    await tell({ kind: 'ready' });
    await ending.told(settings.gateway.limits.drainMs + END_AFTER_MS);
    await parts.stop(force.signal);
    await watched.store.close();
    return 0;
  } catch (error) {
    await tell({ kind: 'failed', ...failure(error) });
    return process.exit(1); // whatever was opened before the fault would keep this process alive
  } finally {
    if (process.connected) process.disconnect?.(); // an open channel would keep this process alive
  }
}

function failure(error: unknown): Pick<Extract<WorkerMessage, { kind: 'failed' }>, 'code' | 'message'> {
  if (error instanceof Fault) return { code: error.code, message: error.message };
  return { code: undefined, message: error instanceof Error ? error.message : String(error) };
}

// Before the worker is ready there is nothing to drain, and whatever it waits for may never come: it ends at once.
function listenForTheEnd() {
  let end = (): void => process.exit(0);
  process.on('SIGTERM', () => end());
  process.once('disconnect', () => end()); // the supervisor is gone: nobody would ever end us
  if (!process.connected) throw new Fault('USAGE', 'a worker runs under `postern serve`');
  return {
    /** Resolves when the worker is to end. From then on it has so long. */
    told: (withinMs: number): Promise<void> =>
      new Promise((resolve) => {
        end = () => {
          setTimeout(() => process.exit(1), withinMs).unref();
          resolve();
        };
      }),
  };
}

/** What a worker runs. */
interface RunningParts {
  readonly state: GatewayState;
  readonly holders: readonly (Pick<Gateway, 'reloadCertificates'> | undefined)[];
  stop(force: AbortSignal): Promise<unknown>;
}

async function openAll(around: WorkerContext): Promise<RunningParts> {
  const gateway = makeGateway(around);
  const portal = await preparePortal(around);
  const service = await prepareService(around, 'beside the gateway');
  await gateway.prepare();
  for (const part of [gateway, portal, service]) await part?.open();
  return {
    get state() {
      return gateway.state;
    },
    holders: [gateway, portal, service],
    stop: (force) => Promise.all([gateway.stop(force), portal?.stop(), service?.stop()]),
  };
}

async function openServiceAlone(around: WorkerContext): Promise<RunningParts> {
  const service = await prepareService(around, 'alone');
  await service?.open();
  return {
    get state() {
      return stateWithoutGateway(around, service);
    },
    holders: [service],
    stop: async () => service?.stop(),
  };
}

function workerContext(
  settings: Settings,
  { store, metrics, serviceMetrics }: MonitoredWorker,
  log: Log,
): WorkerContext {
  const backends = new Backends({ ...settings.gateway, modules: MODULES, metrics, log });
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
  return { settings, store, keyring, backends, gatekeeper, metrics, serviceMetrics, log };
}

function makeGateway({ settings, store, backends, gatekeeper, metrics, log }: WorkerContext): Gateway {
  return new Gateway({
    settings: settings.gateway,
    modules: MODULES,
    backends,
    gatekeeper,
    store: toldToBoth(store, gatekeeper),
    metrics,
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

function reload(
  holders: readonly (Pick<Gateway, 'reloadCertificates'> | undefined)[],
  configFile: string,
  level: ProcessLog,
  log: Log,
): void {
  try {
    const { settings } = loadSettings({ file: configFile, environment: process.env, now: Date.now() });
    level.setLevel(settings.log.level);
    for (const holder of holders) holder?.reloadCertificates();
    log.info('gateway.reloaded');
  } catch (error) {
    log.error('gateway.reload-refused', { error });
  }
}

async function tell(message: WorkerMessage): Promise<void> {
  await new Promise<void>((resolve) => {
    if (process.send === undefined) resolve();
    else process.send(message, () => resolve());
  });
}
