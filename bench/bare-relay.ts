/**
 * One process of the side "bare": TLS and a relay on the gateway's own sockets, and nothing else. No login is read, nothing
 * is checked, counted or logged. Its one argument is a job as JSON; it runs until it is told to end.
 */

import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import { Relay } from '#gateway/relay.ts';
import { HANDSHAKES_PER_TURN, HandshakeQueue } from '#gateway/limits/handshake-queue.ts';
import { transport } from '#transport/runtime.ts';
import type { Connection } from '#transport/transport.ts';
import { PROTOCOLS, type MailProtocol } from './sides/side.ts';

export interface Job {
  readonly certFile: string;
  readonly keyFile: string;
  readonly ports: Readonly<Record<MailProtocol, number>>;
  readonly backend: { readonly host: string; readonly ports: Readonly<Record<MailProtocol, number>> };
}

const NOTHING = Buffer.alloc(0);
const FOR_EVER_MS = 2 ** 31;
const handshakes = new HandshakeQueue(HANDSHAKES_PER_TURN);
const job: Job = JSON.parse(process.argv[2] ?? '');
const cert = readFileSync(job.certFile);
const context = createSecureContext({ cert, key: readFileSync(job.keyFile), ca: cert, minVersion: 'TLSv1.3' });

for (const protocol of PROTOCOLS) {
  await transport.listen({
    address: '127.0.0.1',
    port: job.ports[protocol],
    backlog: 4096,
    tlsAtOnce: true,
    onConnection: (client) => void join(client, protocol),
    onError: (error) => process.stderr.write(`${error.message}\n`),
  });
}

async function join(client: Connection, protocol: MailProtocol): Promise<void> {
  const turn = handshakes.enter();
  if (turn !== undefined) {
    client.pause();
    await turn;
  }
  if ((await client.acceptTls({ contextFor: () => context, alpn: protocol }, NOTHING)) !== undefined) {
    client.destroy();
    return;
  }
  const to = { host: job.backend.host, port: job.backend.ports[protocol] };
  const backend = await transport.connect(to, new AbortController().signal);
  const sides = {
    client: { connection: client, unread: NOTHING },
    backend: { connection: backend, unread: NOTHING },
  };
  new Relay(sides, { owner: { onFinished: () => undefined }, idleMs: FOR_EVER_MS }).start(sides);
}
