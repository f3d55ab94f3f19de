/** Runs the gateway's processes: reads the settings, tries the store, starts the workers and watches over them. */

import { spawn, type ChildProcess } from 'node:child_process';
import { availableParallelism } from 'node:os';
import type { Settings } from '#config/settings.ts';
import { Fault } from '#core/fault.ts';
import { Supervisor } from '#supervisor/supervisor.ts';
import { openLog, type Log } from '#ops/log.ts';
import { openStore } from '#store/open.ts';
import { openEndpoint, runtimeName } from './monitoring.ts';
import { MEMORY_KEPT, NO_LAST_COMPILER } from '#runtime/bun-environment.ts';
import { type ServeOptions, load } from './options.ts';
import { listenToSignals } from './signals.ts';

const KILL_AFTER_MS = 5_000;
/** A worker that is not ready by then is ended. A start takes a second; a busy machine or a slow Redis may make it many. */
const READY_WITHIN_MS = 60_000;

/**
 * Runs the gateway until SIGTERM or SIGINT, which end it at any moment, also while it starts. Returns the exit code; throws
 * CONFIG_INVALID and the like when it cannot start, with every worker ended.
 */
export async function serve(options: ServeOptions): Promise<number> {
  const told = listenToSignals();
  const { configFile } = options;
  const { settings, remarks } = load(configFile);
  const log = openLog(settings.log.level).child({ gateway: settings.gateway.gatewayName });
  for (const remark of remarks) log.warn('config.remark', { remark });
  const supervisor = new Supervisor({
    workers: settings.workers === 'auto' ? availableParallelism() : settings.workers,
    spawn: (index) => spawnWorker(options, index),
    log,
    killAfterMs: settings.gateway.limits.drainMs + KILL_AFTER_MS,
    readyWithinMs: READY_WITHIN_MS,
  });
  const starting = startAll({ configFile, settings, supervisor, log });
  const endedEarly = await Promise.race([starting.then(() => undefined), told.first]);
  const closeEndpoint = endedEarly === undefined ? await openEndpoint(settings, supervisor, log) : () => {};
  if (endedEarly === undefined) log.info('gateway.started', { pid: process.pid, runtime: runtimeName() });
  const signal = await told.first;
  log.info('gateway.draining', { signal });
  closeEndpoint();
  await supervisor.stop(endedEarly === undefined ? told.again : AbortSignal.abort());
  log.info('gateway.stopped');
  return 0;
}

interface Starting {
  readonly configFile: string;
  readonly settings: Settings;
  readonly supervisor: Supervisor;
  readonly log: Log;
}

async function startAll({ configFile, settings, supervisor, log }: Starting): Promise<void> {
  reloadOnSignal(supervisor, { configFile, running: settings, log });
  await checkStore(settings, log);
  await supervisor.start();
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
