/** The part of Bun's socket API that we use, as it is: Bun has no types of its own here. */

import type { PeerCertificate } from 'node:tls';

export interface NativeSocket {
  data: unknown;
  readonly remoteAddress: string | undefined;
  readonly remotePort: number | undefined;
  readonly localAddress: string | undefined;
  readonly localPort: number | undefined;
  /** Returns how many bytes were taken; -1 when it is closed. */
  write(bytes: Buffer): number;
  pause(): void;
  resume(): void;
  /** Ends our side: close_notify and FIN. */
  shutdown(): void;
  close(): void;
  getPeerCertificate(): PeerCertificate;
  upgradeTLS(options: UpgradeOptions): readonly [NativeSocket, NativeSocket];
}

export interface Handlers {
  readonly binaryType: 'buffer';
  open?(socket: NativeSocket): void;
  readonly data?: ((socket: NativeSocket, bytes: Buffer) => void) | undefined;
  drain?(socket: NativeSocket): void;
  end?(socket: NativeSocket): void;
  close(socket: NativeSocket, error?: Error): void;
  error(socket: NativeSocket, error: Error): void;
  connectError?(socket: NativeSocket, error: Error): void;
  handshake?(socket: NativeSocket, success: boolean, error: Error | null): void;
  alpnCallback?(socket: NativeSocket, servername: string, wire: Uint8Array): string | undefined;
  serverName?(server: unknown, servername: string, socket: NativeSocket): unknown;
}

export interface UpgradeOptions {
  readonly isServer: boolean;
  readonly data: unknown;
  readonly socket: Handlers;
  readonly initialData?: Buffer | undefined;
  readonly tls: {
    readonly secureContext: unknown;
    readonly requestCert: boolean;
    readonly rejectUnauthorized: boolean;
    readonly serverName?: string;
  };
}

export interface Sockets {
  listen(options: NativeListen): { stop(closeConnections: boolean): void };
  connect(options: NativeConnect): Promise<unknown>;
}

export interface NativeConnect {
  readonly hostname: string;
  readonly port: number;
  readonly allowHalfOpen: true;
  readonly socket: Handlers;
  readonly data?: unknown;
}

export interface NativeListen extends NativeConnect {
  readonly backlog: number;
  readonly reusePort: true;
}

declare const Bun: Sockets;

/** Bun's sockets. Only to be asked for on Bun. */
export const sockets = (): Sockets => Bun;
