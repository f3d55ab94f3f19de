/**
 * Where the log goes: standard output, written behind the gateway's back. A reader that stalls or a disk that is full
 * costs lines of the log, never the gateway: lines wait up to a bound, then they are lost and counted.
 */

import { writeSync } from 'node:fs';
import { pino } from 'pino';
import { asErrors, readByJournal, withPriority } from './journal.ts';

const MAX_BUFFERED_BYTES = 8 * 1024 * 1024;
/** Lines are written together: once there are so many characters of them, or after so many milliseconds. */
const TOGETHER_CHARACTERS = 8 * 1024;
const TOGETHER_MS = 50;
const STANDARD_OUTPUT = 1;
const STANDARD_ERROR = 2;

/**
 * Opens standard output as the destination of the log; where the journal reads it, each line begins with its priority.
 * What goes wrong with it is said on standard error.
 */
export function logOutput(): { write(line: string): void } {
  const asRead = readByJournal(STANDARD_OUTPUT, process.env['JOURNAL_STREAM']) ? withPriority : String;
  const bounds = { minLength: TOGETHER_CHARACTERS, maxLength: MAX_BUFFERED_BYTES };
  const destination = pino.destination({ dest: STANDARD_OUTPUT, sync: false, ...bounds });
  let waiting = '';
  let flushing: NodeJS.Timeout | undefined;
  let failing = false;
  let lost = 0;
  // Lines that failed stay in the buffer and go out with the next one that can be written.
  destination.on('error', (error: Error) => {
    if (!failing) say(`the log cannot be written, and waits: ${error.message}`);
    failing = true;
  });
  destination.on('drop', (lines: string) => (lost += lines.split('\n').length - 1));
  destination.on('write', () => {
    if (failing) say(`the log is written again; lines lost meanwhile: ${lost}`);
    failing = false;
    lost = 0;
  });
  // Handed over by many at a time: pino's destination measures what it holds anew for each.
  const handOver = (): void => {
    const lines = waiting;
    waiting = '';
    if (lines !== '') destination.write(lines);
  };
  const flush = (): void => {
    flushing = undefined;
    handOver();
    destination.flush();
  };
  // At the end pino flushes until all is written, which a full disk would make for ever.
  process.on('beforeExit', () => {
    if (!failing) return;
    waiting = '';
    destination.destroy();
  });
  // Before pino's own listener, which writes what the destination has.
  process.prependListener('exit', handOver);
  return {
    write: (line) => {
      waiting += asRead(line);
      if (waiting.length >= TOGETHER_CHARACTERS) handOver();
      flushing ??= setTimeout(flush, TOGETHER_MS).unref();
    },
  };
}

function say(text: string): void {
  const words = `postern: ${text}`;
  try {
    const read = readByJournal(STANDARD_ERROR, process.env['JOURNAL_STREAM']);
    writeSync(STANDARD_ERROR, `${read ? asErrors(words) : words}\n`);
  } catch {
    // There is nobody left to tell.
  }
}
