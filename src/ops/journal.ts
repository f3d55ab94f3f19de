/**
 * Whether an output of this process is read by systemd's journal, and how a line says there how grave it is. It writes
 * nothing.
 */

import { fstatSync } from 'node:fs';

/** The severities of RFC 5424 §6.2.1, which the journal calls priorities, before a line: sd-daemon(3). */
const PREFIXES: Readonly<Record<string, string>> = { error: '<3>', warn: '<4>', info: '<6>', debug: '<7>' };

/**
 * True when the descriptor is the one that systemd has connected to the journal, by the device and inode that it says in
 * JOURNAL_STREAM (systemd.exec(5)). The variable alone proves nothing: it is inherited where a pipe or a file stands.
 */
export function readByJournal(descriptor: number, stream: string | undefined): boolean {
  if (stream === undefined) return false;
  try {
    const { dev, ino } = fstatSync(descriptor, { bigint: true });
    return stream === `${dev}:${ino}`;
  } catch {
    return false; // closed
  }
}

/** A line of the log with the prefix of its level, which systemd takes off again. */
export function withPriority(line: string): string {
  const level = /^\{"level":"(\w+)"/.exec(line)?.[1] ?? '';
  return (PREFIXES[level] ?? '') + line;
}

/** A text, each line of which is marked as an error. */
export function asErrors(text: string): string {
  return text.replaceAll(/^/gm, '<3>');
}
