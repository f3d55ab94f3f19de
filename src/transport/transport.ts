/**
 * What the gateway needs of a runtime's sockets, and nothing more. There are two: Bun's own, whose connections cost half
 * of what a stream costs, and the portable one of `node:net` and `node:tls`.
 */

import type { SecureContext } from 'node:tls';

export interface Endpoint {
  readonly address: string;
  readonly port: number;
}

/** Why a handshake failed whose other side has gone, without an alert of TLS. */
export const CLOSED = 'connection closed';

/** Why a handshake failed, in one word for a connection that is gone: runtimes have several. */
export function handshakeFault(error: Error | null): string {
  if (error === null) return 'handshake failed';
  return 'code' in error && error.code === 'ECONNRESET' ? CLOSED : error.message;
}

/** Whoever owns a connection hears of these. */
export interface ConnectionEvents {
  /** These bytes are the receiver's to keep. Some may still come behind a pause(). */
  onReceived(bytes: Buffer): void;
  /** What write() had to keep has been sent. */
  onDrained(): void;
  /** The other side has sent its last. */
  onEnded(): void;
  /** Nothing can be sent or received any more. Called once, last. */
  onClosed(error?: Error): void;
}

/** One connection, over TCP or, once a handshake was begun, TLS. It stays open for reading when the other side ends. */
export interface Connection {
  readonly remote: Endpoint;
  readonly local: Endpoint;
  /** Bytes that write() has taken and that have not been sent. */
  readonly unsent: number;
  /** False once end() was called or the connection is gone. */
  readonly writable: boolean;
  readonly closed: boolean;
  /** TLS was begun. */
  readonly secured: boolean;
  /**
   * Who hears of what happens from now on, and of what came, ended or closed before. A new connection may be paused or
   * not: whoever wants to read resumes it.
   */
  own(events: ConnectionEvents): void;
  pause(): void;
  resume(): void;
  /** Sends, or keeps until it can be sent. False: hold back until onDrained(). Dropped when the connection is not writable. */
  write(bytes: Buffer): boolean;
  /** Ends our side behind all that is unsent. */
  end(): void;
  /** Closes at once; onClosed() follows, perhaps before this returns. */
  destroy(): void;
  /**
   * Begins TLS as the server. `early` came already and belongs to the handshake. Resolves to undefined when it succeeded,
   * else to why not; the connection is then of no use.
   */
  acceptTls(options: ServerTls, early: Buffer): Promise<string | undefined>;
  /** Begins TLS as the client. Resolves to undefined when the handshake succeeded and, where it is verified, the certificate is trusted and names the host. */
  connectTls(options: ClientTls): Promise<string | undefined>;
}

export interface ServerTls {
  /** The certificate for a server name (RFC 6066 §3); the empty name asks for the default. */
  readonly contextFor: (servername: string) => SecureContext | undefined;
  /** RFC 7301 §3.2: a client that offers protocols and not this one is refused. */
  readonly alpn: string;
}

export interface ClientTls {
  /** The name, or the address, that the certificate must be for. */
  readonly name: string;
  readonly trust: SecureContext;
  /** False: whatever certificate there is will do. */
  readonly verify: boolean;
}

export interface ListenOptions extends Endpoint {
  readonly backlog: number;
  /** TLS is begun on every connection in the turn in which it comes: nothing is read below it. */
  readonly tlsAtOnce: boolean;
  readonly onConnection: (connection: Connection) => void;
  readonly onError: (error: Error) => void;
}

export interface ListeningSocket {
  /** Accepts no more. Accepted connections go on. */
  close(): void;
}

export interface Transport {
  /** Listens, beside others on the same port. Rejects with the system's error. */
  listen(options: ListenOptions): Promise<ListeningSocket>;
  /** Connects. Rejects with the system's error, or when `signal` fires first. */
  connect(to: { readonly host: string; readonly port: number }, signal: AbortSignal): Promise<Connection>;
}
