/**
 * Signs Apple configuration profiles with the certificate of the portal's host: CMS SignedData around the content, with
 * the whole chain in it, so that a phone shows who they come from. RFC 5652 §5, §11; the encoding is pkijs's.
 */

import { ObjectIdentifier, OctetString, UTCTime, type BaseBlock } from 'asn1js';
import { X509Certificate, createHash, createPrivateKey, type KeyObject, webcrypto } from 'node:crypto';
import { readFileSync } from 'node:fs';
import {
  Attribute,
  Certificate,
  ContentInfo,
  EncapsulatedContentInfo,
  IssuerAndSerialNumber,
  SignedAndUnsignedAttributes,
  SignedData,
  SignerInfo,
} from 'pkijs';
import type { SignProfile } from '#portal/ports/portal-services.ts';

interface CertificateFiles {
  readonly certFile: string;
  readonly keyFile: string;
}

const OIDS = {
  data: '1.2.840.113549.1.7.1',
  signedData: '1.2.840.113549.1.7.2',
  contentType: '1.2.840.113549.1.9.3',
  messageDigest: '1.2.840.113549.1.9.4',
  signingTime: '1.2.840.113549.1.9.5',
} as const;

/** Kinds of certificate block in a PEM file (RFC 7468 §5.1). */
const PEM_CERTIFICATE = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g;
/** `signedAttrs` among the two kinds of attributes (RFC 5652 §5.3). */
const SIGNED = 0;

/**
 * A signer for a portal at this host: with the certificate that names the host, else with the first. The files are read
 * for each profile, so that a renewed certificate is used at once. Undefined without certificates.
 */
export function makeProfileSigner(files: readonly CertificateFiles[], host: string): SignProfile | undefined {
  if (files.length === 0) return undefined;
  return async (profile, at) => {
    const read = files.map(({ certFile, keyFile }) => ({ chain: chainIn(certFile), keyFile }));
    const own = read.find(({ chain }) => chain[0]?.checkHost(host) !== undefined) ?? read[0];
    if (own === undefined) return profile;
    const key = createPrivateKey(readFileSync(own.keyFile));
    return signed(profile, { chain: own.chain, key, at: new Date(at) });
  };
}

interface Signing {
  readonly chain: readonly X509Certificate[];
  readonly key: KeyObject;
  readonly at: Date;
}

async function signed(content: Buffer, { chain, key, at }: Signing): Promise<Buffer> {
  const certificates = chain.map(({ raw }) => Certificate.fromBER(raw));
  const [leaf] = certificates;
  // Apple takes RSA and ECDSA; whatever else a mail server may be content with is left unsigned.
  const algorithm = algorithmOf(key);
  if (leaf === undefined || algorithm === undefined) return content;
  const { issuer, serialNumber } = leaf;
  const cms = new SignedData({
    version: 1,
    encapContentInfo: new EncapsulatedContentInfo({
      eContentType: OIDS.data,
      eContent: new OctetString({ valueHex: content }),
    }),
    signerInfos: [
      new SignerInfo({
        version: 1,
        sid: new IssuerAndSerialNumber({ issuer, serialNumber }),
        signedAttrs: new SignedAndUnsignedAttributes({ type: SIGNED, attributes: attributesOf(content, at) }),
      }),
    ],
    certificates,
  });
  const der = key.export({ format: 'der', type: 'pkcs8' });
  const privateKey = await webcrypto.subtle.importKey('pkcs8', der, algorithm, false, ['sign']);
  await cms.sign(privateKey, 0, 'SHA-256', content);
  const info = new ContentInfo({ contentType: OIDS.signedData, content: cms.toSchema(true) });
  return Buffer.from(info.toSchema().toBER());
}

// In the order of a DER set (X.690 §11.6): by their encoding, of which the length comes first here.
function attributesOf(content: Buffer, at: Date): Attribute[] {
  const digest = createHash('sha256').update(content).digest();
  const attribute = (type: string, value: BaseBlock): Attribute => new Attribute({ type, values: [value] });
  return [
    attribute(OIDS.contentType, new ObjectIdentifier({ value: OIDS.data })),
    attribute(OIDS.signingTime, new UTCTime({ valueDate: at })),
    attribute(OIDS.messageDigest, new OctetString({ valueHex: digest })),
  ];
}

const CURVES = { prime256v1: 'P-256', secp384r1: 'P-384', secp521r1: 'P-521' } as const;

function algorithmOf(key: KeyObject) {
  if (key.asymmetricKeyType === 'rsa') return { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' };
  if (key.asymmetricKeyType !== 'ec') return undefined;
  const namedCurve = Object.entries(CURVES).find(([name]) => name === key.asymmetricKeyDetails?.namedCurve)?.[1];
  return namedCurve === undefined ? undefined : { name: 'ECDSA', namedCurve };
}

function chainIn(certFile: string): readonly X509Certificate[] {
  const blocks = readFileSync(certFile, 'utf8').match(PEM_CERTIFICATE) ?? [];
  return blocks.map((block) => new X509Certificate(block));
}
