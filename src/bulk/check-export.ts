/** Reads an export from its first line to its last before anything of it is restored. */

import { Fault } from '#core/fault.ts';
import { canonicalAccount, canonicalDomain, type IdentityRules } from '#core/identity.ts';
import type { Keyring } from '#policy/secrets/keyring.ts';
import { keysOf, lineDigest, readHeader, readItem, type ExportHeader, type ExportItem } from './export-format.ts';
import { numberedLines, type NumberedLine } from './lines.ts';

/** An export that is whole. */
export interface CheckedExport {
  readonly header: ExportHeader;
  readonly lines: number;
}

/**
 * Checks the whole file. RECORD_INVALID with the line's number when it is no export, was cut off, was changed, or holds
 * what this release or these settings cannot use; KEY_INVALID when its records need keys that are not on the keyring.
 */
export async function checkExport(
  chunks: AsyncIterable<Uint8Array>,
  keyring: Keyring,
  rules: IdentityRules,
): Promise<CheckedExport> {
  const reads = numberedLines(chunks);
  const first = await reads.next();
  if (first.done === true) throw new Fault('RECORD_INVALID', 'the file is empty');
  const head = textOf(first.value);
  const header = readHeader(head);
  if (!keyring.has(header.keyId)) throw keysMissing([header.keyId]);
  const digest = lineDigest(keyring, header.keyId);
  digest.add(head);
  const missing = new Set<string>();
  let [lines, ended] = [0, false];
  for await (const read of reads) {
    const text = textOf(read);
    if (ended) throw atLine(read.line, 'it comes after the last line');
    const item = itemAt(read.line, text);
    if (item.kind === 'end') {
      if (item.lines !== lines || item.digest !== digest.text()) throw wasChanged(header.keyId);
      ended = true;
      continue;
    }
    digest.add(text);
    lines += 1;
    requireFit(read.line, item, rules);
    for (const id of keysOf(item)) if (!keyring.has(id)) missing.add(id);
  }
  if (!ended) throw new Fault('RECORD_INVALID', 'the last line is missing: the file was cut off. Nothing was restored');
  if (missing.size > 0) throw keysMissing([...missing]);
  return { header, lines };
}

/** Yields the records of an export that was checked. */
export async function* exportItems(
  chunks: AsyncIterable<Uint8Array>,
): AsyncGenerator<{ readonly line: number; readonly bytesRead: number; readonly item: ExportItem }> {
  let first = true;
  for await (const read of numberedLines(chunks)) {
    if (first) {
      first = false;
      continue;
    }
    const item = itemAt(read.line, textOf(read));
    if (item.kind === 'end') return;
    yield { line: read.line, bytesRead: read.bytesRead, item };
  }
}

function textOf(read: NumberedLine): string {
  if (read.kind === 'faulty') throw atLine(read.line, read.why);
  return read.text;
}

function itemAt(line: number, text: string): ReturnType<typeof readItem> {
  try {
    return readItem(text);
  } catch (error) {
    throw error instanceof Fault ? atLine(line, error.message, error) : error;
  }
}

// A record under a name that no login would ask for would be kept and never found.
function requireFit(line: number, { kind, name }: ExportItem, rules: IdentityRules): void {
  if (kind === 'domain' && canonicalDomain(name) !== name) throw atLine(line, `"${name}" is not a domain name`);
  if (kind !== 'account') return;
  const identity = canonicalAccount(name, rules);
  if (identity.kind === 'account' && identity.account.name === name) return;
  const means = identity.kind === 'account' ? `means ${identity.account.name}` : 'is no account';
  throw atLine(line, `"${name}" ${means} under the identity settings of this configuration`);
}

function atLine(line: number, why: string, cause?: Fault): Fault {
  return new Fault('RECORD_INVALID', `line ${line}: ${why}. Nothing was restored`, { cause, fields: { line } });
}

function wasChanged(keyId: string): Fault {
  const why = `it was changed since it was written, or the key file has another key with the id ${keyId}`;
  return new Fault('RECORD_INVALID', `the lines of the file are not those that were exported: ${why}`);
}

function keysMissing(ids: readonly string[]): Fault {
  const which = ids.length === 1 ? `the master key ${ids[0]}` : `the master keys ${ids.join(', ')}`;
  return new Fault('KEY_INVALID', `the export needs ${which}, not in the key file: add its line from the old key file`);
}
