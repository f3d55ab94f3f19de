/**
 * A bare client for tests that care about bytes and packets: it sends what it is told and waits for what it is told.
 * Text is one character per byte, as on the wire.
 */

import { readFileSync } from 'node:fs';
import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls, type ConnectionOptions } from 'node:tls';

const DEADLINE_MS = 60_000;

export interface WireOptions {
  readonly host?: string | undefined;
  /** The address to come from: any of 127.0.0.0/8 is ours. */
  readonly from?: string | undefined;
  /** Speak TLS from the first byte (after `before`), and verify the server by this CA file. */
  readonly caFile?: string | undefined;
  /** Sent in clear before anything else: a PROXY header. */
  readonly before?: string | Buffer | undefined;
  readonly tls?: ConnectionOptions | undefined;
}

/** One connection. Everything received is kept until a wait has matched it. */
export class Wire {
  #socket: Socket;
  #received: Buffer[] = [];
  #receivedBytes = 0;
  #ended: 'no' | 'end' | 'error' = 'no';
  #wake: () => void = () => undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
    this.#listen(socket);
  }

  /** Connects, with TLS when a CA file is given. Rejects when the connection or the handshake fails. */
  static async open(port: number, options: WireOptions = {}): Promise<Wire> {
    const from = options.from === undefined ? {} : { localAddress: options.from };
    const socket = connectTcp({ port, host: options.host ?? '127.0.0.1', allowHalfOpen: true, ...from });
    await happens(socket, 'connect');
    socket.setNoDelay(true);
    if (options.before !== undefined) socket.write(options.before);
    if (options.caFile === undefined) return new Wire(socket);
    return new Wire(await handshake(socket, options.caFile, options.tls));
  }

  /** The TLS handshake after STARTTLS or STLS. */
  async startTls(caFile: string, tls: ConnectionOptions = {}): Promise<void> {
    this.#socket.removeAllListeners();
    this.#socket = await handshake(this.#socket, caFile, tls);
    this.#listen(this.#socket);
  }

  /** Sends bytes as they are, in one write. */
  send(bytes: string | Buffer): void {
    this.#socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes);
  }

  /** Sends a line and waits for the answer that matches. */
  async say(line: string, answer: RegExp): Promise<string> {
    this.send(`${line}\r\n`);
    return this.until(answer);
  }

  /** Waits until what has come since the last match matches, and returns all of it up to the end of the match. */
  async until(pattern: RegExp): Promise<string> {
    for (;;) {
      const text = this.#all().toString('latin1');
      const found = pattern.exec(text);
      if (found !== null) {
        const end = found.index + found[0].length;
        this.#drop(end);
        return text.slice(0, end);
      }
      await this.#more(String(pattern));
    }
  }

  /** Takes exactly this many bytes. */
  async take(count: number): Promise<Buffer> {
    while (this.#receivedBytes < count) await this.#more(`${count} bytes`);
    const taken = this.#all().subarray(0, count);
    this.#drop(count);
    return taken;
  }

  /** Waits until the other side has closed, and returns what it said before. */
  async closed(): Promise<string> {
    while (this.#ended === 'no') await this.#more('the end');
    return this.#all().toString('latin1');
  }

  /** Whether the other side has closed. */
  get over(): boolean {
    return this.#ended !== 'no';
  }

  /** Stops reading: what the other side sends piles up in the network. */
  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  /** Says that nothing more will be sent, and goes on listening. */
  halfClose(): void {
    this.#socket.end();
  }

  close(): void {
    this.#socket.destroy();
  }

  #listen(socket: Socket): void {
    const ended = (how: 'end' | 'error') => (): void => {
      if (this.#ended === 'no') this.#ended = how;
      this.#wake();
    };
    socket.on('data', (chunk: Buffer) => {
      this.#received.push(chunk);
      this.#receivedBytes += chunk.length;
      this.#wake();
    });
    socket.on('end', ended('end')).on('close', ended('end')).on('error', ended('error'));
  }

  #all(): Buffer {
    const all = Buffer.concat(this.#received);
    this.#received = [all];
    return all;
  }

  #drop(count: number): void {
    const rest = this.#all().subarray(count);
    this.#received = [rest];
    this.#receivedBytes = rest.length;
  }

  async #more(what: string): Promise<void> {
    const heard = (): string => `${what}; heard: ${this.#all().subarray(-2000).toString('latin1')}`;
    if (this.#ended !== 'no') throw new Error(`the connection ended (${this.#ended}) before ${heard()}`);
    await new Promise<void>((resolve, reject) => {
      const deadline = setTimeout(() => reject(new Error(`waited in vain for ${heard()}`)), DEADLINE_MS);
      this.#wake = () => {
        clearTimeout(deadline);
        resolve();
      };
    });
  }
}

async function handshake(socket: Socket, caFile: string, tls: ConnectionOptions = {}): Promise<Socket> {
  const servername = tls.servername ?? 'localhost';
  const name = isIP(servername) > 0 ? {} : { servername };
  const secure = connectTls({ socket, ca: readFileSync(caFile), ...name, ...tls });
  await happens(secure, 'secureConnect');
  return secure;
}

function happens(socket: Socket, event: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const deadline = setTimeout(() => reject(new Error(`no ${event} within ${DEADLINE_MS} ms`)), DEADLINE_MS);
    const settle = (act: () => void) => (): void => {
      clearTimeout(deadline);
      act();
    };
    socket.once(event, settle(resolve));
    socket.once('error', (error) => settle(() => reject(error))());
    socket.once(
      'close',
      settle(() => reject(new Error(`closed before ${event}`))),
    );
  });
}
