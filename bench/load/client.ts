/** The load: one mail app, as cheap as it can be. It reads replies by their last line and keeps nothing else. */

import { connect, type Socket, type TcpSocketConnectOpts } from 'node:net';
import { connect as connectTls, createSecureContext, type TLSSocket } from 'node:tls';
import type { MailProtocol, Target } from '../sides/side.ts';

export interface ClientOptions {
  /** A ticket of an earlier connection. */
  readonly session?: Buffer | undefined;
  /** The loopback address that it comes from. */
  readonly from?: string | undefined;
  /** Told of every ticket that the server gives. */
  readonly onTicket?: ((ticket: Buffer) => void) | undefined;
}

/** The last line of a whole reply. */
const FINAL = {
  imap: /^(?:a |\+ |\* (?:OK|BYE|PREAUTH))/,
  pop3: /^[+-]/,
  submission: /^\d{3} /,
} as const satisfies Record<MailProtocol, RegExp>;
const GOOD = { imap: /^(?:a OK|\+ |\* OK)/, pop3: /^\+/, submission: /^[23]/ } as const;
// One for all: to make one costs half of a login. The same key exchange with all sides: not all of them can do the
// hybrid ones, which cost more.
const TLS = createSecureContext({ ecdhCurve: 'X25519:P-256' });
const DEADLINE_MS = 60_000;
const CLOSE_MS = 2_000;
const TAIL = 256;
const READ = Buffer.allocUnsafeSlow(64 * 1024);

export class Client {
  readonly #socket: Socket;
  readonly #protocol: MailProtocol;
  #tail = '';
  #waiting: PromiseWithResolvers<void> | undefined;
  #failure: Error | undefined;

  private constructor(socket: Socket, protocol: MailProtocol) {
    this.#socket = socket;
    this.#protocol = protocol;
    socket.setNoDelay(true);
    socket.setTimeout(DEADLINE_MS, () => this.#fail(new Error('no answer in time')));
    socket.on('error', (error) => this.#fail(error));
    socket.on('close', () => this.#fail(new Error('closed')));
  }

  /** Connects, with TLS where the side has it, and waits for the greeting. Rejects when any of it fails. */
  static async open(side: Target, protocol: MailProtocol, options: ClientOptions = {}): Promise<Client> {
    const port = side.ports[protocol];
    if (port === undefined) throw new Error(`${side.name} serves no ${protocol}`);
    // All read into one buffer: to allocate for every read costs more than the read.
    const onread = { buffer: READ, callback: (size: number) => client.#take(READ.subarray(0, size)) };
    const where = { port, host: '127.0.0.1', onread };
    const client: Client = new Client(side.tls ? secure(where, options) : connect(where), protocol);
    await client.#reply();
    return client;
  }

  /** Sends and waits for a good reply; rejects at a bad one. */
  async ask(text: string | Buffer): Promise<void> {
    this.#tail = '';
    this.#socket.write(text);
    await this.#reply();
  }

  /** An idle client waits for ever. */
  rest(): void {
    this.#socket.setTimeout(0);
  }

  get resumed(): boolean {
    return 'isSessionReused' in this.#socket && isTls(this.#socket) && this.#socket.isSessionReused();
  }

  /** Resolves when it is closed on both sides, or the other one has had its time. */
  async close(): Promise<void> {
    if (this.#socket.closed) return;
    const closed = new Promise<void>((resolve) => this.#socket.once('close', () => resolve()));
    this.#socket.end();
    const deadline = setTimeout(() => this.#socket.destroy(), CLOSE_MS);
    await closed;
    clearTimeout(deadline);
  }

  async #reply(): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure;
    if (!this.#isWhole()) {
      this.#waiting = Promise.withResolvers();
      await this.#waiting.promise;
    }
    const line = lastLine(this.#tail);
    if (!GOOD[this.#protocol].test(line)) throw new Error(line);
  }

  #take(chunk: Buffer): true {
    this.#tail = (this.#tail + chunk.subarray(-TAIL).toString('latin1')).slice(-TAIL);
    if (this.#waiting === undefined || !this.#isWhole()) return true;
    this.#waiting.resolve();
    this.#waiting = undefined;
    return true; // read on
  }

  #isWhole(): boolean {
    return this.#tail.endsWith('\r\n') && FINAL[this.#protocol].test(lastLine(this.#tail));
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    this.#socket.destroy();
    this.#waiting?.reject(error);
    this.#waiting = undefined;
  }
}

function secure(where: TcpSocketConnectOpts, { session, from, onTicket }: ClientOptions): TLSSocket {
  // What is verified here costs the load, not the sides.
  const options = { ...where, rejectUnauthorized: false, secureContext: TLS };
  const more = { ...(session === undefined ? {} : { session }), ...(from === undefined ? {} : { localAddress: from }) };
  const socket = connectTls({ ...options, ...more });
  if (onTicket !== undefined) socket.on('session', onTicket);
  return socket;
}

function isTls(socket: Socket): socket is TLSSocket {
  return 'isSessionReused' in socket;
}

function lastLine(text: string): string {
  const before = text.lastIndexOf('\r\n', text.length - 3);
  return before < 0 ? text : text.slice(before + 2);
}
