/**
 * The file of an export: JSON lines. The first says which form it has, the last how many lines there are and a keyed
 * digest of them all, so that a file that was cut off or changed is known from a whole one. Records stand in it as they
 * stand in a store, with their version: no secret is in clear.
 */

import { z } from 'zod';
import { Fault, unreachable } from '#core/fault.ts';
import type { AdminsRecord } from '#policy/ports/admins.ts';
import type { AuditEntry } from '#policy/ports/audit.ts';
import type { Keyring } from '#policy/secrets/keyring.ts';
import type { TokensRecord } from '#policy/ports/tokens.ts';
import { accountRecords, adminsRecords, auditRecords, domainRecords, tokensRecords } from '#store/records.ts';
import type { AccountRecord, DomainRecord } from '#policy/ports/records.ts';

/** One thing that is kept. */
export type ExportItem =
  | { readonly kind: 'domain'; readonly name: string; readonly record: DomainRecord }
  | { readonly kind: 'account'; readonly name: string; readonly record: AccountRecord }
  | { readonly kind: 'admins'; readonly name: string; readonly record: AdminsRecord }
  | { readonly kind: 'tokens'; readonly name: string; readonly record: TokensRecord }
  /** `name` is the domain, or `*` for what concerns all. */
  | { readonly kind: 'audit'; readonly name: string; readonly record: AuditEntry };

/** The first line. */
export interface ExportHeader {
  readonly form: 'postern-export';
  readonly v: 1;
  /** ISO 8601. */
  readonly at: string;
  /** The key by which the last line is made. */
  readonly keyId: string;
}

/** The last line. */
export interface ExportEnd {
  readonly kind: 'end';
  /** Between the first line and this. */
  readonly lines: number;
  readonly digest: string;
}

const Header = z.object({ form: z.literal('postern-export'), v: z.number(), at: z.iso.datetime(), keyId: z.string() });
const Item = z.strictObject({
  kind: z.enum(['domain', 'account', 'admins', 'tokens', 'audit']),
  name: z.string(),
  stored: z.unknown(),
});
const End = z.strictObject({ kind: z.literal('end'), lines: z.int(), digest: z.string() });

/** A record as a line. */
export function itemLine(item: ExportItem): string {
  const { kind, name } = item;
  const stored: unknown = JSON.parse(storedText(item));
  return JSON.stringify({ kind, name, stored });
}

/** A line as a record or as the last line. RECORD_INVALID when this release does not know it. */
export function readItem(text: string): ExportItem | ExportEnd {
  const value = jsonOf(text);
  const end = End.safeParse(value);
  if (end.success) return end.data;
  const item = Item.safeParse(value);
  if (!item.success) throw new Fault('RECORD_INVALID', 'it is no line of an export');
  const { kind, name } = item.data;
  const stored = JSON.stringify(item.data.stored ?? null);
  switch (kind) {
    case 'domain':
      return { kind, name, record: domainRecords.decode(stored, name) };
    case 'account':
      return { kind, name, record: accountRecords.decode(stored, name) };
    case 'admins':
      return { kind, name, record: adminsRecords.decode(stored, name) };
    case 'tokens':
      return { kind, name, record: tokensRecords.decode(stored, name) };
    case 'audit':
      return { kind, name, record: auditRecords.decode(stored, name) };
    default:
      return unreachable(kind);
  }
}

/** The first line of a file. RECORD_INVALID when it is no export, or one of a later release. */
export function readHeader(text: string): ExportHeader {
  const header = Header.safeParse(jsonOf(text));
  if (!header.success) throw new Fault('RECORD_INVALID', 'this is no file that `postern export` has written');
  const { v, ...rest } = header.data;
  if (v === 1) return { ...rest, v };
  throw new Fault('RECORD_INVALID', `this export has version ${v}, this release reads version 1: upgrade it first`);
}

/** Digests lines one by one into a text that only holders of the key can make. */
export function lineDigest(keyring: Keyring, keyId: string): { add(line: string): void; text(): string } {
  let digest = '';
  return {
    add: (line) => {
      digest = keyring.digest('export', [digest, line], keyId);
    },
    text: () => digest,
  };
}

/** The ids of the master keys without which this is of no use. */
export function keysOf(item: ExportItem): readonly string[] {
  switch (item.kind) {
    case 'account': {
      const { appPasswords, totp, pendingTotp, recoveryCodes } = item.record;
      const sealed = [totp?.sealedSecret, pendingTotp?.sealedSecret, ...recoveryCodes].map(keyOfSealed);
      return [...appPasswords.map(({ keyId }) => keyId), ...sealed].filter((id) => id !== '');
    }
    case 'admins':
      return item.record.admins.map(({ local }) => keyOfSealed(local?.totp.sealedSecret)).filter((id) => id !== '');
    case 'tokens':
      return item.record.tokens.map(({ keyId }) => keyId);
    case 'domain':
    case 'audit':
      return [];
    default:
      return unreachable(item);
  }
}

// What is sealed, and a recovery code's digest, begin with the id of their key.
function keyOfSealed(text = ''): string {
  return text.slice(0, Math.max(0, text.indexOf('.')));
}

function storedText({ kind, name, record }: ExportItem): string {
  switch (kind) {
    case 'domain':
      return domainRecords.encode(record, name);
    case 'account':
      return accountRecords.encode(record, name);
    case 'admins':
      return adminsRecords.encode(record, name);
    case 'tokens':
      return tokensRecords.encode(record, name);
    case 'audit':
      return auditRecords.encode(record, name);
    default:
      return unreachable(kind);
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
