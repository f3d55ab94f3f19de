/**
 * Where the log goes: standard output, written behind the gateway's back. A reader that stalls or a disk that is full
 * costs lines of the log, never the gateway: lines wait up to a bound, then they are lost and counted.
 */

import { writeSync } from 'node:fs';
import { pino } from 'pino';

const MAX_BUFFERED_BYTES = 8 * 1024 * 1024;
/** Lines are written together: once there are so many bytes of them, or after so many milliseconds. */
const TOGETHER_BYTES = 8 * 1024;
const TOGETHER_MS = 50;
const STANDARD_OUTPUT = 1;
const STANDARD_ERROR = 2;

/** Opens standard output as the destination of the log. What goes wrong with it is said on standard error. */
export function logOutput(): { write(line: string): void } {
  const bounds = { minLength: TOGETHER_BYTES, maxLength: MAX_BUFFERED_BYTES };
  const destination = pino.destination({ dest: STANDARD_OUTPUT, sync: false, ...bounds });
  let flushing: NodeJS.Timeout | undefined;
  let failing = false;
  let lost = 0;
  // Lines that failed stay in the buffer and go out with the next one that can be written.
  destination.on('error', (error: Error) => {
    if (!failing) say(`the log cannot be written, and waits: ${error.message}`);
    failing = true;
  });
  destination.on('drop', () => (lost += 1));
  destination.on('write', () => {
    if (failing) say(`the log is written again; lines lost meanwhile: ${lost}`);
    failing = false;
    lost = 0;
  });
  // At the end pino flushes until all is written, which a full disk would make for ever.
  process.on('beforeExit', () => {
    if (failing) destination.destroy();
  });
  const flush = (): void => {
    flushing = undefined;
    destination.flush();
  };
  return {
    write: (line) => {
      destination.write(line);
      flushing ??= setTimeout(flush, TOGETHER_MS).unref();
    },
  };
}

function say(text: string): void {
  try {
    writeSync(STANDARD_ERROR, `postern: ${text}\n`);
  } catch {
    // There is nobody left to tell.
  }
}
