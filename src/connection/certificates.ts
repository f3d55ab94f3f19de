/** Server certificates: loading, choosing by SNI, swapping while running. */

import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createSecureContext, type SecureContext } from 'node:tls';
import { Fault } from '#core/fault.ts';
import type { CertificateSettings, TlsSettings } from './tls-settings.ts';

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
  const pairs = certificates.map(readPair);
  return pairs.map((pair) => {
    const served = [pair, ...partnersOf(pair, pairs)];
    try {
      const cert = served.map((one) => one.cert);
      // With anchors of its own a context does not look for the chain in the system's, at every handshake.
      const context = createSecureContext({ cert, key: served.map(({ key }) => key), ca: cert, minVersion });
      return { context, names: pair.names, validTo: pair.validTo };
    } catch (cause) {
      throw unusable(pair.files, cause);
    }
  });
}

interface Pair {
  readonly files: CertificateSettings;
  readonly cert: Buffer;
  readonly key: Buffer;
  readonly keyType: string | undefined;
  readonly names: readonly string[];
  readonly validTo: Date;
}

function readPair(files: CertificateSettings): Pair {
  try {
    const cert = readFileSync(files.certFile);
    const leaf = new X509Certificate(cert);
    const key = readFileSync(files.keyFile);
    const names = (leaf.subjectAltName ?? '').split(/,\s*/).flatMap((name) => name.match(/^DNS:(.+)$/)?.[1] ?? []);
    return { files, cert, key, keyType: leaf.publicKey.asymmetricKeyType, names, validTo: new Date(leaf.validTo) };
  } catch (cause) {
    throw unusable(files, cause);
  }
}

// A certificate with a key of another kind for the same names: the client's ciphers and signature algorithms decide which
// of them it gets (an old printer that knows RSA only, beside everybody else).
function partnersOf(pair: Pair, pairs: readonly Pair[]): readonly Pair[] {
  const kinds = new Set([pair.keyType]);
  return pairs.filter(({ keyType, names }) => {
    if (kinds.has(keyType) || !pair.names.every((name) => names.includes(name))) return false;
    kinds.add(keyType);
    return true;
  });
}

function unusable({ certFile, keyFile }: CertificateSettings, cause: unknown): Fault {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new Fault('CONFIG_INVALID', `certificate ${certFile} with key ${keyFile} cannot be used: ${why}`, { cause });
}

// RFC 9525 §6.3: a wildcard stands for exactly one whole label.
function nameMatches(pattern: string, name: string): boolean {
  const wanted = pattern.toLowerCase();
  if (!wanted.startsWith('*.')) return wanted === name;
  const dot = name.indexOf('.');
  return dot > 0 && name.slice(dot) === wanted.slice(1);
}
