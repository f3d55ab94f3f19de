/** Logins: CPU for each, and how long a client waits from connecting to its answer. */

import { inParallel } from '../../test/support/floods.ts';
import { logIn, userAt, type User } from '../load/login.ts';
import { quantile } from '../measure/statistics.ts';
import { PROTOCOLS, type MailProtocol, type Side, type SideName } from '../sides/side.ts';
import type { World } from '../world.ts';
import { counted, type Outcome, type Scale, type Work } from './work.ts';

const HANDSHAKES = ['fresh', 'resumed'] as const;
type Handshake = (typeof HANDSHAKES)[number];

const AT_ONCE = [1, 16, 100] as const;
const ENOUGH_FOR_COMPILED = 1000;
const SIDES: Readonly<Record<MailProtocol, readonly SideName[]>> = {
  imap: ['postern', 'bare', 'nginx', 'haproxy', 'dovecot', 'perdition'],
  pop3: ['postern', 'nginx', 'haproxy', 'dovecot'],
  submission: ['postern', 'nginx', 'haproxy'],
};
const NAMES = { imap: 'IMAP', pop3: 'POP3', submission: 'submission' } as const;

/** Each protocol, with a fresh and with a resumed handshake, at each width. */
export function loginWorks(scale: Scale): readonly Work[] {
  return PROTOCOLS.flatMap((protocol) =>
    HANDSHAKES.flatMap((handshake) => AT_ONCE.map((atOnce) => loginWork(protocol, handshake, atOnce, scale))),
  );
}

function loginWork(protocol: MailProtocol, handshake: Handshake, atOnce: number, scale: Scale): Work {
  // One at a time waits most of the time; fewer show as much.
  const count = atOnce === 1 ? Math.ceil(scale.logins / 4) : scale.logins;
  return {
    group: 'logins',
    name: `${NAMES[protocol]} login, ${handshake} TLS, ${atOnce} at once`,
    sides: SIDES[protocol],
    run: (side, world) => logins(side, world, { protocol, handshake, atOnce, count: enoughOf(side, count) }),
  };
}

/** Throws, with the reason, when a side does not let an account in by any protocol that it serves. */
export async function checkLogin(side: Side, world: World): Promise<void> {
  for (const protocol of PROTOCOLS) {
    if (side.ports[protocol] === undefined) continue;
    const client = await logIn(side, protocol, userAt(world, 0)).catch((cause: unknown) => {
      throw new Error(`${side.name} lets nobody in by ${protocol}`, { cause });
    });
    await client.close();
  }
}

/** Logs in so often that compilers have done and caches hold what they will. Not counted. */
export async function warmUp(side: Side, world: World, count: number): Promise<void> {
  if (!side.tls) return;
  const total = side.compiled ? Math.min(count, ENOUGH_FOR_COMPILED) : count;
  await logins(side, world, { protocol: 'imap', handshake: 'fresh', atOnce: 16, count: enoughOf(side, total) });
}

function enoughOf({ slow }: Side, count: number): number {
  return slow === true ? Math.ceil(count / 10) : count;
}

interface Many {
  readonly protocol: MailProtocol;
  readonly handshake: Handshake;
  readonly atOnce: number;
  readonly count: number;
}

/** So many logins, each closed at once. */
export async function logins(side: Side, world: World, { protocol, handshake, atOnce, count }: Many): Promise<Outcome> {
  const took: number[] = [];
  const tickets: Buffer[] = [];
  let [errors, resumed] = [0, 0];
  const one = async (user: User): Promise<void> => {
    const startedAt = performance.now();
    try {
      // RFC 8446 appendix C.4: a ticket is used once. Of a server that gives no other for it, it is kept.
      const session = handshake === 'resumed' ? tickets.shift() : undefined;
      const given: Buffer[] = [];
      const onTicket = handshake === 'resumed' ? (ticket: Buffer) => void given.push(ticket) : undefined;
      const client = await logIn(side, protocol, user, { session, onTicket });
      tickets.push(...(given.length === 0 && session !== undefined ? [session] : given));
      took.push(performance.now() - startedAt);
      if (client.resumed) resumed += 1;
      await client.close();
    } catch {
      errors += 1;
    }
  };
  const all = (total: number) => inParallel(total, atOnce, (at) => one(userAt(world, at)));
  await all(handshake === 'resumed' ? atOnce * 2 : atOnce); // every worker warm, every lane with its ticket
  [took.length, errors, resumed] = [0, 0, 0];
  const { cpuSeconds, loadCpuSeconds } = await counted(side, world, () => all(count));
  const readings = [
    { figure: 'CPU', unit: 'ms per login', value: (cpuSeconds * 1000) / count },
    { figure: 'p50', unit: 'ms', value: quantile(took, 0.5), wallClock: true as const },
    { figure: 'p99', unit: 'ms', value: quantile(took, 0.99), wallClock: true as const },
  ];
  const notResumed = { figure: 'not resumed', unit: '%', value: 100 - (100 * resumed) / count };
  return { readings: handshake === 'resumed' ? [...readings, notResumed] : readings, errors, loadCpuSeconds };
}
