/** The terminal as the commands see it, so that tests can stand in for it. Results go to out, all else to err. */

import { createInterface } from 'node:readline/promises';
import { asErrors, readByJournal } from '#ops/journal.ts';

export interface Terminal {
  /** Writes one or more lines of a result. */
  out(text: string): void;
  /** Writes a question, a remark or an error. */
  err(text: string): void;
  /** Shows one line in place of the last one shown so; undefined takes it away. Absent where nobody watches. */
  readonly progress?: ((text: string | undefined) => void) | undefined;
  /** Somebody is there who can answer. */
  readonly interactive: boolean;
  readonly colour: boolean;
  /** Asks one question and returns the line typed, trimmed; undefined when the input ends instead (Ctrl-C, Ctrl-D). */
  ask(question: string): Promise<string | undefined>;
}

// https://www.ecma-international.org/publications-and-standards/standards/ecma-48/ §8.3.41 (EL)
const CLEAR_LINE = '\r\x1b[K';

/** The terminal of this process. */
export function processTerminal(): Terminal {
  const { stdin, stdout, stderr, env } = process;
  stdout.on('error', endWithReader);
  const inJournal = readByJournal(stderr.fd, env['JOURNAL_STREAM']);
  const errorText = (text: string): string => (inJournal ? asErrors(text) : text);
  return {
    out: (text) => void stdout.write(`${text}\n`),
    // What was shown as progress gives way, and comes back with the next step.
    err: (text) => void stderr.write(stderr.isTTY ? `${CLEAR_LINE}${text}\n` : `${errorText(text)}\n`),
    progress: stderr.isTTY ? (text = '') => void stderr.write(CLEAR_LINE + text) : undefined,
    interactive: stdin.isTTY && stderr.isTTY,
    // https://no-color.org
    colour: stdout.isTTY && (env['NO_COLOR'] ?? '') === '' && env['TERM'] !== 'dumb',
    ask: async (question) => {
      const lines = createInterface({ input: stdin, output: stderr });
      try {
        const ended = new Promise<undefined>((resolve) => lines.once('close', () => resolve(undefined)));
        const line = await Promise.race([lines.question(question), ended]);
        if (line === undefined) stderr.write('\n');
        return line?.trim();
      } finally {
        lines.close();
      }
    },
  };
}

// `postern account list | head`: whoever reads has seen enough.
function endWithReader(error: Error): void {
  if (!('code' in error) || error.code !== 'EPIPE') throw error;
  process.exit();
}
