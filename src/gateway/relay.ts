/**
 * Bytes after login: both ways, unread and unchanged, with back-pressure and half-close. Knows no protocol.
 */

import type { Duplex } from 'node:stream';
import type { Socket } from 'node:net';

export interface RelayResult {
  readonly bytesFromClient: number;
  readonly bytesFromBackend: number;
  readonly ended: 'client' | 'backend' | 'idle' | 'cut-off' | 'drain' | 'error';
}

export interface Relay {
  readonly finished: Promise<RelayResult>;
  /** Milliseconds since a byte went either way. */
  idleMs(): number;
  /** Ends both sides now. */
  stop(why: 'cut-off' | 'drain'): void;
}

/**
 * Joins two paused sockets until both have ended, one breaks, or nothing moves for `idleMs`. What each side sent is also
 * added to `sums`.
 */
export function relay(client: Socket, backend: Socket, idleMs: number, sums = { client: 0, backend: 0 }): Relay {
  const counts = { client: 0, backend: 0 };
  let lastMoved = performance.now();
  let ended: RelayResult['ended'] | undefined;

  const finish = (why: RelayResult['ended']): void => {
    ended ??= why;
    client.destroy();
    backend.destroy();
  };
  const moved = (side: 'client' | 'backend', bytes: number): void => {
    counts[side] += bytes;
    sums[side] += bytes;
    lastMoved = performance.now();
  };
  const onTimeout = (socket: Socket): void => {
    // Each socket times only itself; the session is idle when neither has moved.
    const leftMs = idleMs - (performance.now() - lastMoved);
    if (leftMs <= 1) finish('idle');
    else socket.setTimeout(leftMs);
  };

  forward(client, backend, (bytes) => moved('client', bytes));
  forward(backend, client, (bytes) => moved('backend', bytes));
  client.on('end', () => (ended ??= 'client'));
  backend.on('end', () => (ended ??= 'backend'));
  for (const socket of [client, backend]) {
    socket.setNoDelay(true);
    socket.setTimeout(idleMs);
    socket.on('timeout', () => onTimeout(socket));
    socket.on('error', () => finish('error'));
  }

  const finished = Promise.all([closed(client, backend), closed(backend, client)]).then(() => ({
    bytesFromClient: counts.client,
    bytesFromBackend: counts.backend,
    ended: ended ?? 'error',
  }));
  return { finished, idleMs: () => performance.now() - lastMoved, stop: finish };
}

// One direction. A full write queue pauses the source, so a reader that stops bounds what we hold.
function forward(from: Duplex, to: Duplex, moved: (bytes: number) => void): void {
  from.on('data', (chunk: Buffer) => {
    moved(chunk.length);
    if (!to.write(chunk)) from.pause();
  });
  to.on('drain', () => from.resume());
  from.on('end', () => to.end());
  from.resume();
}

// Once one side is wholly gone nothing can reach it any more: what is queued for the other is sent, then it closes too.
async function closed(socket: Socket, other: Socket): Promise<void> {
  await new Promise<void>((resolve) => {
    if (socket.closed) resolve();
    else socket.once('close', () => resolve());
  });
  if (!other.writableEnded) other.end();
  other.resume();
  other.setTimeout(CLOSE_WAIT_MS, () => other.destroy());
}

const CLOSE_WAIT_MS = 5_000;
