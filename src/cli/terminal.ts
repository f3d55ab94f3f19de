/** The terminal as the commands see it, so that tests can stand in for it. Results go to out, all else to err. */

import { createInterface } from 'node:readline/promises';

export interface Terminal {
  /** Writes one or more lines of a result. */
  out(text: string): void;
  /** Writes a question, a remark or an error. */
  err(text: string): void;
  /** Somebody is there who can answer. */
  readonly interactive: boolean;
  readonly colour: boolean;
  /** Asks one question and returns the line typed, trimmed; '' at the end of the input. */
  ask(question: string): Promise<string>;
}

/** The terminal of this process. */
export function processTerminal(): Terminal {
  const { stdin, stdout, stderr, env } = process;
  return {
    out: (text) => void stdout.write(`${text}\n`),
    err: (text) => void stderr.write(`${text}\n`),
    interactive: stdin.isTTY && stderr.isTTY,
    // https://no-color.org
    colour: stdout.isTTY && (env['NO_COLOR'] ?? '') === '' && env['TERM'] !== 'dumb',
    ask: async (question) => {
      const lines = createInterface({ input: stdin, output: stderr });
      try {
        const ended = new Promise<string>((resolve) => lines.once('close', () => resolve('')));
        return (await Promise.race([lines.question(question), ended])).trim();
      } finally {
        lines.close();
      }
    },
  };
}
