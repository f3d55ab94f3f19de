/** The program: hands the command line of this process to the commands. */

import { userInfo } from 'node:os';
import { runCommandLine } from './cli/program.ts';
import { processTerminal } from './cli/terminal.ts';
import { tellOfSubscribers } from './tracing-channels.ts';

tellOfSubscribers();
process.exitCode = await runCommandLine(process.argv.slice(2), {
  terminal: processTerminal(),
  environment: process.env,
  clock: Date.now,
  actor: `cli:${userName()}`,
});

/** The person at the keyboard: who called sudo, else the user of this process. */
function userName(): string {
  const called = process.env['SUDO_USER'];
  if (called !== undefined && called !== '') return called;
  try {
    return userInfo().username;
  } catch {
    return `uid ${process.getuid?.() ?? 'unknown'}`; // a container's user need not have a name
  }
}
