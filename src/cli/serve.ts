/** `postern serve`, and the hidden command that it starts each of its workers with. */

import { type Command, Option } from 'commander';
import { addCommand, configFile, type Cli } from './cli.ts';

/** For what is being written to be read. */
const LAST_WORDS_MS = 1_000;

interface ServeCommandOptions {
  readonly only?: 'service';
}

/** Adds the commands to the program. `setExitCode` is told how the gateway ended. */
export function addServeCommands(program: Command, cli: Cli, setExitCode: (code: number) => void): void {
  addCommand(program, 'serve', {
    description: [
      'Run the gateway until it is told to stop.',
      'The log goes to standard output, a JSON object a line. SIGTERM lets sessions end and stops; SIGHUP reads the',
      'certificates and the configuration again.',
    ].join('\n'),
    examples: ['serve', 'serve --config /etc/postern/postern.yaml', 'serve --only service'],
  })
    .addOption(onlyOption())
    .action(async ({ only }: ServeCommandOptions, command: Command) => {
      const { serve } = await import('#run/serve.ts'); // no other command needs the gateway
      await toItsEnd(setExitCode, () => serve({ configFile: configFile(cli, command), only }));
    });
  program
    .command('worker', { hidden: true })
    .addOption(onlyOption())
    .action(async ({ only }: ServeCommandOptions, command: Command) => {
      const { runWorker } = await import('#run/worker.ts');
      await toItsEnd(setExitCode, () => runWorker({ configFile: configFile(cli, command), only }));
    });
}

// What is still open then, a connection that is being made say, keeps no process alive.
async function toItsEnd(setExitCode: (code: number) => void, run: () => Promise<number>): Promise<void> {
  try {
    setExitCode(await run());
  } finally {
    setTimeout(() => process.exit(), LAST_WORDS_MS).unref();
  }
}

function onlyOption(): Option {
  return new Option(
    '--only <part>',
    'run one part alone: the policy service, without mail listeners or portal',
  ).choices(['service']);
}
