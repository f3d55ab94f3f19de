/**
 * The files that a configuration names: secrets, certificates, keys. Reads them once, and collects what is wrong with
 * them and what is only unwise, like a secret that everybody may read.
 */

import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { Fault } from '#core/fault.ts';
import { Secret } from '#core/secret.ts';
import { parseKeyFile } from '#core/key-file.ts';
import type { ConfigFault } from './faults.ts';
import type { SettingPath } from './tree.ts';

/** A secret as the settings give it: in place, or in a file. */
export interface SecretSource {
  readonly password?: string | undefined;
  readonly password_file?: string | undefined;
}

const MAX_SECRET_BYTES = 1024;
const EXPIRY_NOTICE_DAYS = 14;
const DAY_MS = 86_400_000;

export class ConfigFiles {
  readonly #folder: string;
  readonly #now: number;
  readonly faults: ConfigFault[] = [];
  /** Nothing that keeps us from starting. */
  readonly remarks: ConfigFault[] = [];

  /** `configFile` is what relative names start at; `now` (ms) judges certificates. */
  constructor(configFile: string, now: number) {
    this.#folder = dirname(resolve(configFile));
    this.#now = now;
  }

  /** The full name of a file. */
  absolute(file: string): string {
    return resolve(this.#folder, file);
  }

  /** Reads a secret. Undefined when there is none, or when it cannot be used, which is then a fault at `path`. */
  secret(source: SecretSource, path: SettingPath): Secret | undefined {
    if (source.password !== undefined) return new Secret(source.password);
    if (source.password_file === undefined) return undefined;
    const at = [...path, 'password_file'];
    const content = this.#read(source.password_file, at);
    if (content === undefined) return undefined;
    this.#remarkOpenFile(source.password_file, at);
    const secret = content.replace(/\r?\n$/, '');
    const wrong = wrongSecret(secret);
    if (wrong === undefined) return new Secret(secret);
    this.faults.push({ path: at, message: `${wrong} (${this.absolute(source.password_file)})` });
    return undefined;
  }

  /** Checks a certificate and its key: readable, belonging together, not expired. The certificate, where there is one. */
  checkCertificate(
    pair: { readonly cert_file: string; readonly key_file: string },
    path: SettingPath,
  ): X509Certificate | undefined {
    const certPem = this.#read(pair.cert_file, [...path, 'cert_file']);
    const keyPem = this.#read(pair.key_file, [...path, 'key_file']);
    if (keyPem !== undefined) this.#remarkOpenFile(pair.key_file, [...path, 'key_file']);
    const certificate = certPem === undefined ? undefined : this.#certificate(certPem, [...path, 'cert_file']);
    if (certificate !== undefined) this.#checkExpiry(certificate, [...path, 'cert_file']);
    if (keyPem === undefined) return certificate;
    const key = attempt(() => createPrivateKey(keyPem));
    if (key === undefined) {
      this.#fault([...path, 'key_file'], 'holds no private key that can be read without a passphrase');
    } else if (certificate !== undefined && !certificate.checkPrivateKey(key)) {
      this.#fault([...path, 'key_file'], 'does not belong to the certificate in cert_file');
    }
    return certificate;
  }

  /** Checks a file of trusted certificates. */
  checkAuthorities(file: string, path: SettingPath): void {
    const pem = this.#read(file, path);
    if (pem !== undefined) this.#certificate(pem, path);
  }

  /** The text of a file, where one is named. Undefined also when it cannot be read, which is then a fault. */
  text(file: string | undefined, path: SettingPath): string | undefined {
    return file === undefined ? undefined : this.#read(file, path);
  }

  /** As text(), for a private key. */
  key(file: string | undefined, path: SettingPath): Secret | undefined {
    const pem = this.text(file, path);
    return pem === undefined ? undefined : new Secret(pem);
  }

  /**
   * Checks the master keys: a file that holds none, or a line that is none, is a fault. One that is missing is a remark,
   * since it is made after the configuration; so is one that this user may not read, or everybody.
   */
  checkKeys(file: string, path: SettingPath): void {
    if (attempt(() => statSync(this.absolute(file))) === undefined) {
      const message = `there is no ${this.absolute(file)} that we could read: make it with \`postern key new\``;
      this.remarks.push({ path, message });
      return;
    }
    this.#remarkOpenFile(file, path);
    try {
      parseKeyFile(readFileSync(this.absolute(file), 'utf8'));
    } catch (error) {
      const at = `(${this.absolute(file)})`;
      if (error instanceof Fault) this.#fault(path, `holds no usable master keys: ${error.message} ${at}`);
      else this.remarks.push({ path, message: `cannot be checked: ${whyNot(error)} ${at}` });
    }
  }

  #read(file: string, path: SettingPath): string | undefined {
    try {
      return readFileSync(this.absolute(file), 'utf8');
    } catch (error) {
      this.#fault(path, `cannot be read: ${whyNot(error)} (${this.absolute(file)})`);
      return undefined;
    }
  }

  #certificate(pem: string, path: SettingPath): X509Certificate | undefined {
    const certificate = attempt(() => new X509Certificate(pem));
    if (certificate === undefined) this.#fault(path, 'holds no certificate in PEM form');
    return certificate;
  }

  #checkExpiry(certificate: X509Certificate, path: SettingPath): void {
    const expiresAt = Date.parse(certificate.validTo);
    const days = Math.floor((expiresAt - this.#now) / DAY_MS);
    if (expiresAt <= this.#now) this.remarks.push({ path, message: `expired on ${certificate.validTo}: renew it` });
    else if (days < EXPIRY_NOTICE_DAYS) this.remarks.push({ path, message: `expires in ${days} days: renew it` });
  }

  #remarkOpenFile(file: string, path: SettingPath): void {
    const mode = attempt(() => statSync(this.absolute(file)).mode) ?? 0;
    if ((mode & 0o004) === 0) return;
    this.remarks.push({ path, message: `everybody on this machine may read it: chmod o-r ${this.absolute(file)}` });
  }

  #fault(path: SettingPath, message: string): void {
    this.faults.push({ path, message });
  }
}

function wrongSecret(secret: string): string | undefined {
  if (secret === '') return 'is an empty file';
  if (/[\r\n\0]/.test(secret)) return 'must hold the secret on one line and nothing else';
  return Buffer.byteLength(secret) > MAX_SECRET_BYTES ? `must hold at most ${MAX_SECRET_BYTES} bytes` : undefined;
}

function whyNot(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ENOENT') return 'there is no such file';
  if (code === 'EACCES') return 'this user may not read it';
  if (code === 'EISDIR') return 'it is a folder';
  return typeof code === 'string' ? code : 'it cannot be opened';
}

function attempt<T>(action: () => T): T | undefined {
  try {
    return action();
  } catch {
    return undefined;
  }
}
