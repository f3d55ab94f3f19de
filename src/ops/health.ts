/**
 * What is wrong with the gateway, in words for an operator, and whether it should still get connections. Pure; asking
 * the workers and answering over HTTP is done elsewhere.
 */

/** `unready`: nobody can log in here, or in one protocol; `degraded`: it serves, and somebody should look at it. */
export interface Problem {
  readonly severity: 'degraded' | 'unready';
  readonly words: string;
}

export interface Health {
  readonly status: 'ready' | 'degraded' | 'unready';
  readonly problems: readonly string[];
}

/** How a worker's gateway is. */
export interface WatchedGateway {
  readonly listeners: readonly WatchedListener[];
  readonly backendHosts: readonly WatchedHost[];
  readonly certificateExpiresAt: Date | undefined;
}

interface WatchedListener {
  readonly name: string;
  readonly protocol: string;
  readonly address: string;
  readonly port: number;
  readonly open: boolean;
}

interface WatchedHost {
  readonly backend: string;
  readonly protocol: string;
  readonly host: string;
  readonly up: boolean;
  readonly why: string | undefined;
}

/** What the store says of itself; undefined when it did not answer in time. */
export type StoreAnswer = { readonly usable: boolean; readonly remarks: readonly string[] } | undefined;

/** A worker's problems; undefined for one that did not answer in time. */
export interface WorkerAnswer {
  readonly worker: number;
  readonly problems: readonly Problem[] | undefined;
}

const DAY_MS = 86_400_000;
/** A certificate that is renewed by itself is renewed earlier than this. */
const EXPIRY_WARNING_DAYS = 14;

/** What is wrong with one worker's gateway at the time `now` (ms). */
export function workerProblems(gateway: WatchedGateway, store: StoreAnswer, now: number): readonly Problem[] {
  return [
    ...gateway.listeners.flatMap(listenerProblem),
    ...storeProblems(store),
    ...backendProblems(gateway),
    ...certificateProblems(gateway.certificateExpiresAt, now),
  ];
}

/** The health of all workers together. What all of them say is said once; what some say, with their numbers. */
export function healthOf(answers: readonly WorkerAnswer[]): Health {
  const heard = answers.filter(({ problems }) => problems !== undefined);
  const sayers = new Map<string, number[]>();
  for (const { worker, problems = [] } of heard) {
    for (const { words } of problems) sayers.set(words, [...(sayers.get(words) ?? []), worker]);
  }
  const problems = [
    ...answers.filter(({ problems: told }) => told === undefined).map(({ worker }) => silent(worker)),
    ...Array.from(sayers, ([words, workers]) => (workers.length === heard.length ? words : only(workers, words))),
  ];
  // One worker that serves nobody would let down the connections that the system hands it.
  const unready =
    heard.length === 0 || heard.some(({ problems: told = [] }) => told.some(({ severity }) => severity === 'unready'));
  return { status: unready ? 'unready' : problems.length === 0 ? 'ready' : 'degraded', problems };
}

function silent(worker: number): string {
  return `worker ${worker} does not answer: it is starting, stuck or gone`;
}

function only(workers: readonly number[], words: string): string {
  return `${words} (seen by worker ${workers.join(', ')})`;
}

function listenerProblem({ name, address, port, open }: WatchedListener): readonly Problem[] {
  return open ? [] : [{ severity: 'unready', words: `listener ${name} (${address} port ${port}) is not open` }];
}

function storeProblems(store: StoreAnswer): readonly Problem[] {
  if (store === undefined) return [{ severity: 'unready', words: 'the store is out of reach: it does not answer' }];
  if (store.usable) return store.remarks.map((words) => ({ severity: 'degraded', words }));
  return [{ severity: 'unready', words: `the store is out of reach or unfit: ${store.remarks.join(' ')}` }];
}

function backendProblems({ backendHosts, listeners }: WatchedGateway): readonly Problem[] {
  const spoken = [...new Set(listeners.map(({ protocol }) => protocol))];
  // With no host of any backend up, clients of that protocol are told to come back later at once.
  const unserved = spoken.filter((protocol) => !backendHosts.some((host) => host.protocol === protocol && host.up));
  return [
    ...unserved.map((protocol): Problem => ({ severity: 'unready', words: `no backend is up for ${protocol}` })),
    ...backendHosts.filter(({ up }) => !up).map(hostProblem),
  ];
}

function hostProblem({ backend, host, protocol, why }: WatchedHost): Problem {
  return { severity: 'degraded', words: `backend ${backend}: ${host} is down for ${protocol}: ${why ?? 'unknown'}` };
}

function certificateProblems(expiresAt: Date | undefined, now: number): readonly Problem[] {
  if (expiresAt === undefined) return [];
  const left = expiresAt.getTime() - now;
  if (left <= 0) return [{ severity: 'unready', words: `a certificate expired on ${expiresAt.toISOString()}` }];
  const days = Math.floor(left / DAY_MS);
  if (days >= EXPIRY_WARNING_DAYS) return [];
  const time = days === 0 ? 'less than a day' : days === 1 ? '1 day' : `${days} days`;
  return [{ severity: 'degraded', words: `a certificate expires in ${time}` }];
}
