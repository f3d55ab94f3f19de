/** `postern trace`: asks the gateways to write dialogues to their logs, without anything that a client sent. */

import { InvalidArgumentError, type Command } from 'commander';
import { Fault } from '#core/fault.ts';
import { canonicalAddress } from '#core/network.ts';
import type { TraceRequest } from '#core/session.ts';
import { accountNamed, addCommand, atDesk, type Cli, type Desk } from './cli.ts';
import { counted } from './layout.ts';

interface TraceOptions {
  readonly minutes: number;
}

const DEFAULT_MINUTES = 10;
const MAX_MINUTES = 60;
const SESSION_ID = /^[0-9a-f]{12}$/;

/** Adds the command to the program. */
export function addTraceCommand(program: Command, cli: Cli): void {
  addCommand(program, 'trace <account|address|session>', {
    description:
      'Write dialogues to the log of every gateway for some minutes: each step before a login by verb, state and reply ' +
      'code, and after it how much has passed. No name, password, argument or content is written.',
    examples: ['trace alice@example.org', 'trace 192.0.2.7 --minutes 30', 'trace e8a8b5e28e16'],
  })
    .option('--minutes <count>', `for how long, ${MAX_MINUTES} at most`, minutesOf, DEFAULT_MINUTES)
    .action((target: string, options: TraceOptions, command: Command) =>
      atDesk(cli, command, (desk) => trace(desk, target, options)),
    );
}

async function trace(desk: Desk, typed: string, { minutes }: TraceOptions): Promise<void> {
  const target = targetOf(desk, typed);
  await desk.context.store.announceTrace({ kind: 'trace', ...target, seconds: minutes * 60 });
  desk.report(
    { ...target, minutes },
    () =>
      `The gateways trace ${target.by} ${target.value} for ${counted(minutes, 'minute')}. Read it on each of them with:\n` +
      `  journalctl -u postern -o cat -f | grep '"event":"session.traced"'`,
  );
}

function targetOf(desk: Desk, typed: string): Pick<TraceRequest, 'by' | 'value'> {
  const address = canonicalAddress(typed);
  if (address !== undefined) return { by: 'address', value: address };
  if (SESSION_ID.test(typed)) return { by: 'session', value: typed };
  if (typed.includes('@')) return { by: 'account', value: accountNamed(desk, typed).name };
  throw new Fault('USAGE', `"${typed}" is no account, address or session id`);
}

function minutesOf(text: string): number {
  const minutes = Number(text);
  if (/^\d{1,2}$/.test(text) && minutes >= 1 && minutes <= MAX_MINUTES) return minutes;
  throw new InvalidArgumentError(`it must be a number from 1 to ${MAX_MINUTES}.`);
}
