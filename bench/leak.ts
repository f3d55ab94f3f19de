/**
 * What many logins leave behind: `leak.ts [logins] [aborted]`, by default 200,000 and 10,000, half an hour or so. Prints
 * memory and descriptors of the worker after every tenth part; they are to stay where they were after the first.
 */

import { holdingsOf, inParallel } from '../test/support/floods.ts';
import { childrenOf } from '../test/support/processes.ts';
import { clearAnswer, clearLogin, startSmallWorld } from '../test/support/small-world.ts';

const [logins = 200_000, aborted = 10_000] = process.argv.slice(2).map(Number);
const PARTS = 10;
const BOB = { name: 'bob@a.test', password: 'ordinary' };

const limits = { maxConnectionsPerNetwork: 10_000 };
const policy = { limits: { networkVerdicts: 100_000 } };
const settings = { limits, policy, log: { level: 'error' } };
const world = await startSmallWorld({ gateway: { settings, quiet: true } });
const [worker = 0] = childrenOf(world.gateway.pid);
let done = 0;
for (let part = 1; part <= PARTS; part += 1) {
  const startedAt = performance.now();
  await inParallel(Math.ceil(logins / PARTS), 20, async () => {
    done += 1;
    // From two hundred networks, or the limit of one would answer.
    await clearAnswer(world.gateway, BOB, { from: `127.2.0.${1 + (done % 200)}` });
  });
  await inParallel(Math.ceil(aborted / PARTS), 20, async () => {
    const { wire } = await clearLogin(world.gateway, { ...BOB, name: 'nobody at all' });
    wire.send('a AUTHENTICATE PLAIN\r\n');
    wire.close();
  });
  const { residentMb, descriptors } = holdingsOf(worker);
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(0);
  process.stdout.write(`${done} logins: ${residentMb.toFixed(0)} MB, ${descriptors} descriptors (${seconds} s)\n`);
}
await world.stop();
