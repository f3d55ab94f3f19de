/** The command line in this process: a world of its own with configuration, keys, store, clock and a scripted person. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Cli } from '#cli/cli.ts';
import { runCommandLine } from '#cli/program.ts';
import { newKeyLine } from '#policy/secrets/keyring.ts';
import type { Store } from '#policy/ports/store.ts';
import { openStore } from '#store/open.ts';

export interface CommandWorld {
  readonly folder: string;
  readonly configFile: string;
  /** The time that commands see (ms); a test may set it. */
  now: number;
  run(args: readonly string[], person?: Person): Promise<Outcome>;
  /** Runs with --json and returns what was printed. */
  json(...args: readonly string[]): Promise<unknown>;
  /** Opens the store beside the commands. */
  withStore<T>(action: (store: Store) => Promise<T>): Promise<T>;
  readonly remove: () => void;
}

/** Somebody at the terminal, who gives these answers in turn, then leaves; a function is asked when its turn comes. */
interface Person {
  readonly answers: readonly (string | (() => string))[];
  readonly colour?: boolean;
  /** Reads what is written beside the result. */
  readonly hear?: (text: string) => void;
}

interface Outcome {
  readonly code: number;
  readonly out: string;
  readonly err: string;
  readonly questions: readonly string[];
}

/** 1 March 2026, 12:00 UTC. */
export const START = Date.UTC(2026, 2, 1, 12);

const CONFIG = `
hostname: mail.example.org
listeners:
  - { protocol: imap, address: 127.0.0.1, port: 1143, tls: none, plaintextLogin: true }
backends:
  main:
    hosts: [127.0.0.1]
    impersonation: { kind: master-user, user: postern, password: for-tests-only }
    imap: {}
domains:
  example.org: { backend: main }
store: { kind: embedded, path: postern.db }
keys_file: keys
`;

/** Makes a world in a temporary folder, which `remove` takes away. */
export function commandWorld(): CommandWorld {
  const folder = mkdtempSync(join(tmpdir(), 'postern-cli-'));
  const configFile = join(folder, 'postern.yaml');
  writeFileSync(configFile, CONFIG);
  writeFileSync(join(folder, 'keys'), `${newKeyLine()}\n`, { mode: 0o600 });
  const world: CommandWorld = {
    folder,
    configFile,
    now: START,
    run: (args, person) => run(world, args, person),
    json: async (...args) => {
      const outcome = await run(world, [...args, '--json'], undefined);
      if (outcome.code !== 0) throw new Error(`exit code ${outcome.code}: ${outcome.err}`);
      return JSON.parse(outcome.out);
    },
    withStore: async (action) => {
      const store = await openStore({ kind: 'embedded', path: join(folder, 'postern.db') });
      try {
        return await action(store);
      } finally {
        await store.close();
      }
    },
    remove: () => rmSync(folder, { recursive: true }),
  };
  return world;
}

async function run(world: CommandWorld, args: readonly string[], person: Person | undefined): Promise<Outcome> {
  const out: string[] = [];
  const err: string[] = [];
  const questions: string[] = [];
  const answers = [...(person?.answers ?? [])];
  const cli: Cli = {
    terminal: {
      out: (text) => void out.push(text),
      err: (text) => {
        err.push(text);
        person?.hear?.(text);
      },
      interactive: person !== undefined,
      colour: person?.colour === true,
      ask: async (question) => {
        questions.push(question);
        const answer = answers.shift();
        return typeof answer === 'function' ? answer() : answer;
      },
    },
    environment: { POSTERN_CONFIG: world.configFile },
    clock: () => world.now,
    actor: 'cli:tester',
  };
  const code = await runCommandLine(args, cli);
  return { code, out: out.join('\n'), err: err.join('\n'), questions };
}
