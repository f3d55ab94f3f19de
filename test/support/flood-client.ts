/**
 * An attacker as a process of its own, so that the test's own event loop stays free: `flood-client.ts <attack> <port>
 * <connections>`. Says `open` once all are under way and `closed` when the gateway has closed the last of them.
 */

import { ATTACKS, drip, flood, names, type Flood } from './floods.ts';

const [attack = '', port = '', count = ''] = process.argv.slice(2);
// The first bytes of a ClientHello that never ends.
const HELLO = Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xfc, 0x03, 0x03]);

const attackers = begin(Number(port), Number(count));
process.stdout.write('open\n');
const timer = setInterval(() => {
  if (attackers.open() > 0) return;
  process.stdout.write('closed\n');
  clearInterval(timer);
}, 50);

function begin(to: number, connections: number): Flood {
  switch (attack) {
    case 'slow senders':
      return drip(to, connections, { message: Buffer.alloc(10_000, 'x'), everyMs: 200 });
    case 'half-open handshakes':
      return drip(to, connections, { message: HELLO, everyMs: 50 });
    case 'server names':
      return names(to, connections);
    default:
      return flood(to, connections, ATTACKS[attack] ?? Buffer.from(attack));
  }
}
