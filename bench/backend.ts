/**
 * The mail server behind every side, a process of its own: as much IMAP, POP3 and submission as the works need, in
 * memory, over loopback without TLS. It takes every login; what it costs is not counted. Prints its ports as JSON. Its two
 * arguments are the address that it listens on and, as JSON, the ports that it is to have; without them any that are free.
 */

import { createServer, type Socket } from 'node:net';

/** How a connection goes on: the next line is a command, or so many bytes or everything up to a dot are swallowed. */
type Expecting =
  | { readonly what: 'command' }
  | { readonly what: 'arguments'; readonly tag: string }
  | { readonly what: 'literal'; readonly tag: string; readonly left: number }
  | { readonly what: 'message'; readonly tail: string };

interface Spoken {
  readonly say: string | readonly (string | Buffer)[];
  readonly expect?: Expecting;
}

const COMMAND: Expecting = { what: 'command' };
const BODIES = new Map<number, Buffer>();
const ANSWERS = { imap: imapAnswer, pop3: pop3Answer, submission: submissionAnswer } as const;
const GREETINGS = {
  imap: '* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN] ready\r\n',
  pop3: '+OK ready\r\n',
  submission: '220 backend.test ESMTP\r\n',
} as const;
type Speaks = keyof typeof ANSWERS;

const [host = '127.0.0.1', wanted = '{}'] = process.argv.slice(2);
const ports: Record<string, number> = JSON.parse(wanted);
for (const protocol of ['imap', 'pop3', 'submission'] as const) ports[protocol] = await listen(protocol);
process.stdout.write(`${JSON.stringify(ports)}\n`);

async function listen(protocol: Speaks): Promise<number> {
  const server = createServer({ noDelay: true }, (socket) => serve(socket, protocol));
  return new Promise((resolve) => {
    server.listen({ host, port: ports[protocol] ?? 0, backlog: 4096 }, () => {
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : 0);
    });
  });
}

function serve(socket: Socket, protocol: Speaks): void {
  let expecting: Expecting = COMMAND;
  let text = '';
  socket.write(GREETINGS[protocol]);
  socket.on('error', () => socket.destroy());
  socket.on('data', (chunk: Buffer) => {
    if (expecting.what === 'message') expecting = swallowMessage(socket, expecting.tail, chunk);
    else if (expecting.what === 'literal') expecting = swallowLiteral(socket, expecting, chunk.length);
    else text += chunk.toString('latin1');
    for (let end = text.indexOf('\r\n'); end >= 0 && readsLines(expecting); end = text.indexOf('\r\n')) {
      const line = text.slice(0, end);
      const { say, expect = COMMAND } =
        expecting.what === 'arguments' ? loginAnswer(line, expecting.tag) : ANSWERS[protocol](line);
      text = text.slice(end + 2);
      expecting = expect;
      if (typeof say === 'string') socket.write(say);
      else for (const part of say) socket.write(part);
    }
  });
}

function readsLines({ what }: Expecting): boolean {
  return what === 'command' || what === 'arguments';
}

// Name and password may come as literals, one after the other: Perdition sends them so.
function loginAnswer(line: string, tag: string): Spoken {
  if (line.endsWith('}')) return { say: '+ go on\r\n', expect: { what: 'arguments', tag } };
  return { say: `${tag} OK [CAPABILITY IMAP4rev1 IDLE] logged in\r\n` };
}

function swallowLiteral(socket: Socket, { tag, left }: Expecting & { what: 'literal' }, count: number): Expecting {
  if (count < left) return { what: 'literal', tag, left: left - count };
  socket.write(`${tag} OK done\r\n`);
  return COMMAND;
}

function swallowMessage(socket: Socket, tail: string, chunk: Buffer): Expecting {
  const last = tail + chunk.subarray(-5).toString('latin1');
  if (!last.endsWith('\r\n.\r\n')) return { what: 'message', tail: last.slice(-5) };
  socket.write('250 2.0.0 taken\r\n');
  return COMMAND;
}

function imapAnswer(line: string): Spoken {
  const [tag = '*', verb = '', ...rest] = line.split(' ');
  switch (verb.toUpperCase()) {
    case 'CAPABILITY':
      return { say: `* CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN\r\n${tag} OK done\r\n` };
    case 'LOGIN':
    case 'AUTHENTICATE':
      return loginAnswer(line, tag);
    case 'FETCH':
      return fetched(tag, Number(/<0\.(\d+)>/.exec(line)?.[1] ?? 0));
    case 'APPEND': {
      const size = Number(/\{(\d+)\}$/.exec(rest.join(' '))?.[1] ?? 0);
      return { say: '+ go on\r\n', expect: { what: 'literal', tag, left: size + 2 } };
    }
    default:
      return { say: `${tag} OK done\r\n` };
  }
}

function fetched(tag: string, size: number): Spoken {
  return { say: [`* 1 FETCH (BODY[]<0> {${size}}\r\n`, bodyOf(size), `)\r\n${tag} OK done\r\n`] };
}

// Made once for each size: to touch new memory for each message costs more than to send it.
function bodyOf(size: number): Buffer {
  const body = BODIES.get(size) ?? Buffer.alloc(size, `${'x'.repeat(76)}\r\n`);
  BODIES.set(size, body);
  return body;
}

function pop3Answer(line: string): Spoken {
  return { say: /^CAPA/i.test(line) ? '+OK\r\nUSER\r\nSASL PLAIN\r\n.\r\n' : '+OK\r\n' };
}

function submissionAnswer(line: string): Spoken {
  const verb = line.slice(0, 4).toUpperCase();
  if (verb === 'EHLO') return { say: '250-backend.test\r\n250-AUTH PLAIN\r\n250-8BITMIME\r\n250 SIZE 52428800\r\n' };
  if (verb === 'AUTH') return { say: '235 2.7.0 in\r\n' };
  if (verb === 'DATA') return { say: '354 go on\r\n', expect: { what: 'message', tail: '' } };
  return { say: verb === 'QUIT' ? '221 2.0.0 bye\r\n' : '250 2.0.0 fine\r\n' };
}
