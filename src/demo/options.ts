/** The command line of the demo, and where everything of it is kept. */

import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { Fault } from '#core/fault.ts';

export interface DemoOptions {
  readonly output: 'table' | 'json';
  /** Added to the standard ports: 1000 gives IMAP on 1143 and 1993. */
  readonly portBase: number;
  readonly folder: string;
  readonly certificatesFolder: string;
}

export const HELP = `Usage: npm start -- [options]

Starts the gateway in front of a small mail server with three sample accounts, on loopback ports only.

  --port-base <number>  added to the standard ports (default 1000: IMAP on 1143 and 1993, and so on)
  --folder <path>       where mail, accounts and logs are kept (default var/demo)
  --json                print what there is to know as one line of JSON (with "npm start --silent": nothing else)
  --help                print this
`;

/** The repository's top folder. */
export const ROOT = resolve(import.meta.dirname, '../..');

const DEFAULT_PORT_BASE = 1000;
const HIGHEST_PORT_BASE = 64_000;

/** Reads the arguments behind the script's name; `help` when that is asked for. Throws USAGE. */
export function readOptions(args: readonly string[]): DemoOptions | 'help' {
  const { values } = parsed(args);
  if (values.help === true) return 'help';
  const { folder } = values;
  return {
    output: values.json === true ? 'json' : 'table',
    portBase: portBaseOf(values['port-base']),
    folder: folder === undefined ? join(ROOT, 'var/demo') : resolve(folder),
    certificatesFolder: folder === undefined ? join(ROOT, 'certs') : resolve(folder, 'certs'),
  };
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        'port-base': { type: 'string' },
        folder: { type: 'string' },
        json: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    });
  } catch (error) {
    const reason = error instanceof Error ? error.message.split('. ')[0] : String(error);
    throw new Fault('USAGE', `${reason}: see npm start -- --help`);
  }
}

function portBaseOf(text: string | undefined): number {
  if (text === undefined) return DEFAULT_PORT_BASE;
  const base = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (base <= HIGHEST_PORT_BASE) return base;
  throw new Fault('USAGE', `--port-base takes a number up to ${HIGHEST_PORT_BASE}, not "${text}"`);
}
