/**
 * A good client among attackers: prints p50 and p99 of its login in quiet and under each attack, and what the worker
 * holds: `flood.ts [logins] [attackers]`. The attackers share the machine, so leave them cores of their own.
 */

import { fileURLToPath } from 'node:url';
import { ATTACKS, holdingsOf } from '../test/support/floods.ts';
import { childrenOf, start, type Running } from '../test/support/processes.ts';
import { clearAnswer, startSmallWorld } from '../test/support/small-world.ts';

const [logins = 500, attackers = 100] = process.argv.slice(2).map(Number);
const ATTACKER = fileURLToPath(new URL('../test/support/flood-client.ts', import.meta.url));
const BOB = { name: 'bob@a.test', password: 'ordinary' };

const limits = { maxConnectionsPerNetwork: 10_000, preauthSeconds: 10, preauthIdleSeconds: 5 };
const policy = { limits: { networkVerdicts: 100_000 } };
const world = await startSmallWorld({
  gateway: { settings: { limits, policy, log: { level: 'error' } }, quiet: true },
});
const { gateway } = world;
const [worker = 0] = childrenOf(gateway.pid);

await measure('warming up');
await measure('quiet');
for (const attack of Object.keys(ATTACKS)) await under(attack, 'imapClear');
await under('slow senders', 'imapClear');
await under('half-open handshakes', 'imapTls');
await under('server names', 'imapTls');
await world.stop();

async function under(attack: string, listener: string): Promise<void> {
  const attacker: Running = start(process.execPath, [ATTACKER, attack, `${gateway.port(listener)}`, `${attackers}`]);
  await attacker.line(/^open$/);
  await measure(attack);
  await attacker.stop();
}

async function measure(what: string): Promise<void> {
  const took: number[] = [];
  for (let at = 0; at < logins; at += 1) {
    const startedAt = performance.now();
    const said = await clearAnswer(gateway, BOB);
    if (!/^in OK/m.test(said)) throw new Error(`${what}: ${said}`);
    took.push(performance.now() - startedAt);
  }
  const sorted = took.toSorted((a, b) => a - b);
  const at = (share: number): string => (sorted[Math.floor(share * (sorted.length - 1))] ?? 0).toFixed(1);
  const { residentMb, descriptors } = holdingsOf(worker);
  const held = `${residentMb.toFixed(0)} MB, ${descriptors} descriptors`;
  process.stdout.write(`${what.padEnd(24)} p50 ${at(0.5)} ms  p99 ${at(0.99)} ms  ${held}\n`);
}
