/** Opens every file that a configuration names, so that none is found missing in the night. */

import type { X509Certificate } from 'node:crypto';
import type { ConfigFault } from './faults.ts';
import { configuredKind, type ImpersonationConfig } from '#config/backends/all.ts';
import type { ConfigFiles } from './files.ts';
import { servicesOf, tlsOf, type Parts } from './parts.ts';
import type { SettingPath } from './tree.ts';

/** Reads them all; what is wrong is kept by `files`, with the setting that names it. */
export function checkFiles(parts: Parts, files: ConfigFiles): void {
  const certificates = parts.certificates.flatMap(({ path, value }) => files.checkCertificate(value, path) ?? []);
  if (certificates.length === parts.certificateCount) files.remarks.push(...remarkNames(parts, certificates));
  for (const { path, value } of parts.backends) {
    if (value.ca_file !== undefined) files.checkAuthorities(value.ca_file, [...path, 'ca_file']);
    checkImpersonation(value.impersonation, path, files);
    for (const { protocol, service } of servicesOf(value)) {
      checkImpersonation(service.impersonation, [...path, protocol], files);
    }
  }
  checkCommandFiles(parts, files);
  for (const [index, { clientCa_file: file }] of (parts.service?.listen ?? []).entries()) {
    if (file !== undefined) files.checkAuthorities(file, ['service', 'listen', index, 'clientCa_file']);
  }
  if (parts.keysFile !== undefined) files.checkKeys(parts.keysFile, ['keys_file']);
}

// By what names clients come is known of these two only: what a domain calls its servers is in the DNS.
function remarkNames(parts: Parts, certificates: readonly X509Certificate[]): readonly ConfigFault[] {
  const { url, listen = [] } = parts.portal ?? {};
  const ofPortal =
    listen.some(({ tls }) => tls === 'implicit') && url !== undefined ? new URL(url).hostname : undefined;
  const ofMail = parts.listeners.some(({ value }) => tlsOf(value, value.protocol) !== 'none')
    ? parts.hostname
    : undefined;
  const wanted = [
    { path: ['hostname'], name: ofMail },
    { path: ['portal', 'url'], name: ofPortal },
  ];
  return wanted.flatMap(({ path, name }) => {
    if (name === undefined || certificates.length === 0) return [];
    if (certificates.some((certificate) => certificate.checkHost(name) !== undefined)) return [];
    return [{ path, message: `no certificate is for ${name}: whoever connects by this name is warned or refused` }];
  });
}

/** Reads what a command needs that works on the store and sends notices: nothing of the gateway's. */
export function checkCommandFiles(parts: Parts, files: ConfigFiles): void {
  checkStore(parts.store, files);
  checkMail(parts.mail, files);
}

function checkImpersonation(impersonation: ImpersonationConfig | undefined, at: SettingPath, files: ConfigFiles): void {
  if (impersonation !== undefined) configuredKind(impersonation).settings(files, [...at, 'impersonation']);
}

function checkStore(store: Parts['store'], files: ConfigFiles): void {
  if (store?.kind !== 'redis') return;
  files.secret(store, ['store']);
  if (store.sentinels !== undefined) files.secret(store.sentinels, ['store', 'sentinels']);
  const { ca_file, cert_file, key_file } = store.tls ?? {};
  if (ca_file !== undefined) files.checkAuthorities(ca_file, ['store', 'tls', 'ca_file']);
  if (cert_file !== undefined && key_file !== undefined)
    files.checkCertificate({ cert_file, key_file }, ['store', 'tls']);
}

function checkMail(mail: Parts['mail'], files: ConfigFiles): void {
  if (mail === undefined) return;
  files.secret(mail, ['mail']);
  if (mail.ca_file !== undefined) files.checkAuthorities(mail.ca_file, ['mail', 'ca_file']);
}
