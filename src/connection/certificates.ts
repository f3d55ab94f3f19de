/** Server certificates: loading, choosing by SNI, swapping while running. */

import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createSecureContext, type SecureContext } from 'node:tls';
import { Fault } from '#core/fault.ts';
import type { TlsSettings } from './tls-settings.ts';

interface Loaded {
  readonly context: SecureContext;
  readonly names: readonly string[];
  readonly validTo: Date;
}

export class Certificates {
  readonly #settings: TlsSettings;
  #loaded: readonly Loaded[];

  /** Reads all certificates. Throws CONFIG_INVALID naming the file that cannot be used. */
  constructor(settings: TlsSettings) {
    this.#settings = settings;
    this.#loaded = loadAll(settings);
  }

  /** Reads the files again; throws and keeps the old ones when any of them cannot be used. */
  reload(): void {
    this.#loaded = loadAll(this.#settings);
  }

  /** The context for a server name, else the first one. Undefined when no certificate is configured. */
  readonly contextFor = (servername: string): SecureContext | undefined => {
    const name = servername.toLowerCase();
    const match = this.#loaded.find(({ names }) => names.some((pattern) => nameMatches(pattern, name)));
    return (match ?? this.#loaded[0])?.context;
  };

  /** When the first of them expires. */
  get expiresAt(): Date | undefined {
    return this.#loaded.map(({ validTo }) => validTo).toSorted((a, b) => a.getTime() - b.getTime())[0];
  }
}

function loadAll({ certificates, minVersion }: TlsSettings): readonly Loaded[] {
  return certificates.map(({ certFile, keyFile }) => {
    try {
      const cert = readFileSync(certFile);
      const leaf = new X509Certificate(cert);
      const key = readFileSync(keyFile);
      return {
        // With anchors of its own a context does not look for the chain in the system's, at every handshake.
        context: createSecureContext({ cert, key, ca: cert, minVersion }),
        names: (leaf.subjectAltName ?? '').split(/,\s*/).flatMap((name) => name.match(/^DNS:(.+)$/)?.[1] ?? []),
        validTo: new Date(leaf.validTo),
      };
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new Fault('CONFIG_INVALID', `certificate ${certFile} with key ${keyFile} cannot be used: ${why}`, {
        cause,
      });
    }
  });
}

// RFC 9525 §6.3: a wildcard stands for exactly one whole label.
function nameMatches(pattern: string, name: string): boolean {
  const wanted = pattern.toLowerCase();
  if (!wanted.startsWith('*.')) return wanted === name;
  const dot = name.indexOf('.');
  return dot > 0 && name.slice(dot) === wanted.slice(1);
}
