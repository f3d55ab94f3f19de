/** Large messages in both directions: CPU for each GB. */

import type { Client } from '../load/client.ts';
import { logIn, userAt } from '../load/login.ts';
import type { MailProtocol, Side, SideName } from '../sides/side.ts';
import type { World } from '../world.ts';
import { counted, type Outcome, type Scale, type Work } from './work.ts';

interface Transfer {
  readonly name: string;
  readonly protocol: MailProtocol;
  readonly sides: readonly SideName[];
  readonly once: (client: Client, message: Buffer) => Promise<void>;
}

const SIDES = ['postern', 'bare', 'nginx', 'nginx 64k', 'haproxy'] as const;
const IMAP_SIDES = [...SIDES, 'dovecot', 'perdition'] as const;
const GB = 1e9;
/** Counted in each round, by all sessions together. */
const MESSAGES = 8;

const TRANSFERS: readonly Transfer[] = [
  {
    name: 'FETCH',
    protocol: 'imap',
    sides: IMAP_SIDES,
    once: (client, message) => client.ask(`a FETCH 1 BODY[]<0.${message.length}>\r\n`),
  },
  {
    name: 'APPEND',
    protocol: 'imap',
    sides: IMAP_SIDES,
    once: async (client, message) => {
      await client.ask(`a APPEND INBOX {${message.length - 2}}\r\n`);
      await client.ask(message);
    },
  },
  {
    name: 'DATA',
    protocol: 'submission',
    sides: SIDES,
    once: async (client, message) => {
      await client.ask('MAIL FROM:<a@bench.test>\r\n');
      await client.ask('RCPT TO:<b@bench.test>\r\n');
      await client.ask('DATA\r\n');
      await client.ask(message);
    },
  },
];

/** Each kind at each number of sessions. */
export function transferWorks({ transferBytes, transferSessions }: Scale): readonly Work[] {
  const megabytes = Math.round(transferBytes / 1024 / 1024);
  return TRANSFERS.flatMap((transfer) =>
    transferSessions.map((sessions) => ({
      group: 'transfers',
      name: `${transfer.name} of ${megabytes} MB, ${sessions} session${sessions === 1 ? '' : 's'}`,
      sides: transfer.sides,
      run: (side, world) => transferred(side, world, { transfer, sessions, bytes: transferBytes }),
    })),
  );
}

async function transferred(
  side: Side,
  world: World,
  { transfer, sessions, bytes }: { transfer: Transfer; sessions: number; bytes: number },
): Promise<Outcome> {
  const message = messageOf(bytes, transfer.protocol);
  const clients = await Promise.all(
    Array.from({ length: sessions }, (_, at) => logIn(side, transfer.protocol, userAt(world, at))),
  );
  let errors = 0;
  const messages = Math.max(2, Math.ceil(MESSAGES / sessions));
  const all = (count: number) =>
    Promise.all(
      clients.map(async (client) => {
        for (let sent = 0; sent < count; sent += 1) await transfer.once(client, message).catch(() => (errors += 1));
      }),
    );
  await all(1); // buffers grow to what they will be
  const { cpuSeconds, loadCpuSeconds, wallSeconds } = await counted(side, world, () => all(messages));
  await Promise.all(clients.map((client) => client.close()));
  const gigabytes = (bytes * sessions * messages) / GB;
  return {
    readings: [
      { figure: 'CPU', unit: 's per GB', value: cpuSeconds / gigabytes },
      { figure: 'time', unit: 's per GB', value: wallSeconds / gigabytes, wallClock: true },
    ],
    errors,
    loadCpuSeconds,
  };
}

// With whatever ends a message in that protocol: the CRLF behind a literal, the dot of DATA.
function messageOf(bytes: number, protocol: MailProtocol): Buffer {
  const message = Buffer.alloc(bytes, `${'x'.repeat(76)}\r\n`);
  message.write(protocol === 'imap' ? '\r\n' : '\r\n.\r\n', bytes - (protocol === 'imap' ? 2 : 5));
  return message;
}
