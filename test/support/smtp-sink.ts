/** A real SMTP server that takes mail and keeps it, or does what the test says. */

import type { AddressInfo, Server } from 'node:net';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';

interface TakenMail {
  readonly from: string;
  readonly to: readonly string[];
  readonly content: string;
  readonly secure: boolean;
}

export interface SmtpSink {
  readonly port: number;
  readonly taken: readonly TakenMail[];
  close(): void;
}

/** Starts one on a free loopback port: no TLS and no login unless the options say otherwise. */
export async function smtpSink(options: SMTPServerOptions = {}): Promise<SmtpSink> {
  const taken: TakenMail[] = [];
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    disableReverseLookup: true,
    onData(stream, session, done) {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        const { mailFrom, rcptTo } = session.envelope;
        taken.push({
          from: mailFrom === false ? '' : mailFrom.address,
          to: rcptTo.map(({ address }) => address),
          content: Buffer.concat(chunks).toString(),
          secure: session.secure,
        });
        done();
      });
    },
    ...options,
  });
  server.on('error', () => undefined);
  const port = await listenOnLoopback(server);
  return { port, taken, close: () => server.close() };
}

/** The port that the server was given. */
export async function listenOnLoopback(server: Server | SMTPServer): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const listener = server.listen(0, '127.0.0.1', resolve);
  await promise;
  const address: string | AddressInfo | null = listener.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}
