/**
 * Bytes after login: both ways, unchanged, with back-pressure and half-close. Knows no protocol: where a boundary is
 * given it sees the bytes pass, and says what the last words are.
 */

import type { Duplex } from 'node:stream';
import type { Socket } from 'node:net';
import type { Boundary, EndReason } from '../protocol/machine.ts';

export interface RelayOptions {
  /** Nothing relayed either way for this long ends the session. */
  readonly idleMs: number;
  /** Follows the session; absent: nothing is looked at, and a session that we end is closed without a word. */
  readonly boundary?: Boundary | undefined;
  /** What each side has sent is also added here. */
  readonly sums?: { client: number; backend: number } | undefined;
}

export interface RelayResult {
  readonly bytesFromClient: number;
  readonly bytesFromBackend: number;
  readonly ended: 'client' | 'backend' | 'error' | EndReason;
}

export interface Relay {
  readonly finished: Promise<RelayResult>;
  /** Milliseconds for which nothing has moved; 0 while something waits to be sent on, or is under way. */
  quietMs(): number;
  /** Ends both sides now, with a goodbye where one can be said. */
  stop(why: EndReason): void;
}

/** Joins two paused sockets until both have ended, one breaks, or nothing moves for `idleMs`. */
export function relay(client: Socket, backend: Socket, { idleMs, boundary, sums }: RelayOptions): Relay {
  const traffic = new Traffic(sums);
  let ended: RelayResult['ended'] | undefined;
  const detach = [
    forward(client, backend, (chunk) => {
      traffic.moved('client', chunk.length);
      boundary?.fromClient(chunk);
    }),
    forward(backend, client, (chunk) => {
      traffic.moved('backend', chunk.length);
      boundary?.fromBackend(chunk);
    }),
  ];
  const stop = (why: EndReason): void => {
    if (detach.length === 0) return;
    ended ??= why;
    for (const stopForwarding of detach.splice(0)) stopForwarding();
    backend.destroy();
    part(client, boundary?.goodbye(why));
  };
  const onError = (): void => {
    ended ??= 'error';
    client.destroy();
    backend.destroy();
  };
  client.on('end', () => (ended ??= 'client'));
  backend.on('end', () => (ended ??= 'backend'));
  for (const socket of [client, backend]) {
    socket.setNoDelay(true);
    socket.on('error', onError);
    onBothIdle(socket, { idleMs, traffic, call: () => stop('idle') });
  }
  const underWay = (): boolean =>
    client.writableLength > 0 || backend.writableLength > 0 || (boundary !== undefined && boundary.busy);
  return {
    finished: Promise.all([closed(client, backend), closed(backend, client)]).then(() => ({
      bytesFromClient: traffic.counts.client,
      bytesFromBackend: traffic.counts.backend,
      ended: ended ?? 'error',
    })),
    quietMs: () => (underWay() ? 0 : traffic.stillMs),
    stop,
  };
}

/** What has moved, and when it last did. */
class Traffic {
  readonly counts = { client: 0, backend: 0 };
  readonly #sums: { client: number; backend: number };
  #lastMoved = performance.now();

  constructor(sums = { client: 0, backend: 0 }) {
    this.#sums = sums;
  }

  get stillMs(): number {
    return performance.now() - this.#lastMoved;
  }

  moved(side: 'client' | 'backend', bytes: number): void {
    this.counts[side] += bytes;
    this.#sums[side] += bytes;
    this.#lastMoved = performance.now();
  }
}

// Each socket times only itself; the session is idle when neither has moved.
function onBothIdle(
  socket: Socket,
  { idleMs, traffic, call }: { idleMs: number; traffic: Traffic; call: () => void },
): void {
  socket.setTimeout(idleMs);
  socket.on('timeout', () => {
    const leftMs = idleMs - traffic.stillMs;
    if (leftMs <= 1) call();
    else socket.setTimeout(leftMs);
  });
}

// One direction, until the returned function is called. A full write queue pauses the source, so a reader that stops
// bounds what we hold.
function forward(from: Duplex, to: Duplex, passing: (chunk: Buffer) => void): () => void {
  const onData = (chunk: Buffer): void => {
    passing(chunk);
    if (!to.write(chunk)) from.pause();
  };
  const onDrain = (): void => void from.resume();
  const onEnd = (): void => void to.end();
  from.on('data', onData).on('end', onEnd);
  to.on('drain', onDrain);
  from.resume();
  return () => {
    from.off('data', onData).off('end', onEnd);
    to.off('drain', onDrain);
  };
}

// The last words stand behind what is queued already. A client that does not take them in time goes without.
function part(client: Socket, goodbye: Buffer | undefined): void {
  if (goodbye === undefined || !client.writable) {
    client.destroy();
    return;
  }
  client.end(goodbye);
  client.resume();
  destroyAfter(client, GOODBYE_MS);
}

// Once one side is wholly gone nothing can reach it any more: what is queued for the other is sent, then it closes too.
async function closed(socket: Socket, other: Socket): Promise<void> {
  await new Promise<void>((resolve) => {
    if (socket.closed) resolve();
    else socket.once('close', () => resolve());
  });
  if (!other.writableEnded) other.end();
  other.resume();
  destroyAfter(other, CLOSE_WAIT_MS);
}

// However busy the other side is: one that goes on sending must not stay for that.
function destroyAfter(socket: Socket, ms: number): void {
  if (socket.closed) return;
  const timer = setTimeout(() => socket.destroy(), ms);
  socket.once('close', () => clearTimeout(timer));
}

/** A cut-off is to be over within a second. */
const GOODBYE_MS = 500;
const CLOSE_WAIT_MS = 15_000;
