/** Clients that mean harm, and what they cost the gateway: for tests and for the longer runs under bench/. */

import { readdirSync, readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';

/** What a process holds now. */
export interface Holdings {
  readonly residentMb: number;
  readonly descriptors: number;
}

/** Memory and descriptors of a process, as the kernel counts them. */
export function holdingsOf(pid: number): Holdings {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const residentMb = Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) / 1024;
  return { residentMb, descriptors: readdirSync(`/proc/${pid}/fd`).length };
}

export interface Flood {
  /** Connections that the gateway has not closed. */
  open(): number;
  stop(): void;
}

/** What an attacker sends, again and again, for as long as the connection takes it. */
export const ATTACKS: Readonly<Record<string, Buffer>> = {
  garbage: Buffer.from(Array.from({ length: 65_536 }, (_, at) => (at * 7919) % 256)),
  'an endless line': Buffer.alloc(65_536, 'A'),
  'endless literals': Buffer.from(`a LOGIN {4000+}\r\n${'x'.repeat(4000)} {4000+}\r\n${'y'.repeat(4000)}\r\n`),
  'huge literals': Buffer.from('a LOGIN {4294967295+}\r\n'.padEnd(65_536, 'x')),
  'long tags': Buffer.from(`${'t'.repeat(8000)} NOOP\r\n`.repeat(8)),
  'endless parentheses': Buffer.from(`a ID ${'('.repeat(60_000)}\r\n`),
  'many commands': Buffer.from('a NOOP\r\n'.repeat(8192)),
};

/** Connections that send one attack over and over and read nothing but what they must. */
export function flood(port: number, count: number, message: Buffer): Flood {
  return many(count, () => {
    const socket = connect(port, '127.0.0.1');
    const send = (): void => {
      while (socket.writable && socket.write(message)) if (socket.writableLength > 1_000_000) return;
    };
    socket
      .on('connect', send)
      .on('drain', send)
      .on('data', () => undefined);
    return socket;
  });
}

/** Connections that send one byte of `message` every `everyMs`. */
export function drip(port: number, count: number, { message, everyMs }: { message: Buffer; everyMs: number }): Flood {
  return many(count, () => {
    const socket = connect(port, '127.0.0.1');
    let at = 0;
    const timer = setInterval(() => socket.writable && socket.write(message.subarray(at, (at += 1))), everyMs);
    socket.on('data', () => undefined).on('close', () => clearInterval(timer));
    return socket;
  });
}

/** TLS connections that each ask for another server name. */
export function names(port: number, count: number): Flood {
  let at = 0;
  return many(count, () => {
    at += 1;
    const servername = `name-${at}.${'label.'.repeat(20)}test`;
    const socket = connectTls({ port, host: '127.0.0.1', servername, rejectUnauthorized: false });
    socket.on('data', () => undefined);
    return socket;
  });
}

function many(count: number, open: () => Socket): Flood {
  const sockets = new Set<Socket>();
  for (let at = 0; at < count; at += 1) {
    const socket = open();
    sockets.add(socket);
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
  }
  return {
    open: () => sockets.size,
    stop: () => {
      for (const socket of sockets) socket.destroy();
    },
  };
}

/** Runs `count` pieces of work, so many at one time. */
export async function inParallel(
  count: number,
  atOnce: number,
  work: (index: number) => Promise<unknown>,
): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let index = next++; index < count; index = next++) await work(index);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}
