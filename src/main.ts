/** The program: hands the command line of this process to the commands. */

import { callerName, callerSources } from '#cli/caller.ts';
import { runCommandLine } from '#cli/program.ts';
import { processTerminal } from '#cli/terminal.ts';
import { tellOfSubscribers } from '#runtime/bun-tracing-channels.ts';

tellOfSubscribers();
process.exitCode = await runCommandLine(process.argv.slice(2), {
  terminal: processTerminal(),
  environment: process.env,
  clock: Date.now,
  actor: `cli:${callerName(callerSources())}`,
});
