/** What TLS towards clients is set up from. */

export interface CertificateSettings {
  readonly certFile: string;
  readonly keyFile: string;
}

export interface TlsSettings {
  /** The first is the default; the others are chosen by SNI from the names in them. */
  readonly certificates: readonly CertificateSettings[];
  readonly minVersion: 'TLSv1.2' | 'TLSv1.3';
}
