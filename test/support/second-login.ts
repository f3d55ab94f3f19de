/**
 * An attacker who has logged in at the gateway as one person and tries to become another one with that one's ordinary
 * password: every way of logging in twice that a mail server could take, for each protocol. It waits for nothing in
 * particular and judges nothing; the server's own log does.
 */

import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { deflateRawSync, constants } from 'node:zlib';
import type { Protocol } from '#core/protocols.ts';
import type { Mailbox } from './dovecot.ts';

/** Bytes in one write; `tls` and `deflate` change the connection where the server has agreed to it. */
type Step = string | { readonly change: 'tls' | 'deflate'; readonly where: RegExp };

/** Where the attacker connects, with implicit TLS or without any. */
export interface Door {
  readonly port: number;
  readonly tls?: boolean | undefined;
}

type Pair = readonly [first: Mailbox, second: Mailbox];

export interface Way {
  readonly name: string;
  readonly steps: readonly Step[];
}

interface Verb {
  readonly name: string;
  readonly line: string;
  readonly next: readonly Step[];
}

/** How a verb is dressed up. */
interface Dress {
  readonly name: string;
  readonly before: readonly string[];
  readonly around: (line: string) => string;
}

/** How long nothing comes before the next step, where something has come, and where nothing has. */
const SILENT_MS = 30;
const UNHEARD_MS = 300;
/** A server that asks another one about passwords, one after the other, takes its time. */
const LOGIN_DEADLINE_MS = 60_000;
const CRLF = '\r\n';

/** Logs in as `first`, goes one way after it as `second`, and uses whatever it has then. Returns what was heard. */
export async function goThisWay(door: Door, protocol: Protocol, first: Mailbox, steps: readonly Step[]) {
  const attacker = await Attacker.open(door);
  await attacker.hear();
  for (const line of LOGINS[protocol](first)) await attacker.say(`${line}${CRLF}`);
  await attacker.hears(ACCEPTED[protocol]);
  for (const step of steps) await attacker.take(step);
  attacker.close();
  return attacker.heard();
}

/** Goes every way for this protocol, `abreast` of them at one time. Returns how many sessions that were. */
export async function goEveryWay(door: Door, protocol: Protocol, [first, second]: Pair, abreast: number) {
  const ways = waysToLogIn(protocol, first, second);
  const waiting = [...ways];
  const walk = async (): Promise<void> => {
    for (let way = waiting.shift(); way !== undefined; way = waiting.shift()) {
      await goThisWay(door, protocol, first, way.steps);
    }
  };
  await Promise.all(Array.from({ length: abreast }, walk));
  return ways.length;
}

/** What whoever is logged in does: sends a mail, or opens a mailbox and leaves something there. */
export function using(protocol: Protocol, { name }: Mailbox): readonly string[] {
  return USES[protocol](name).map((line) => `${line}${CRLF}`);
}

/** Every way for this protocol to become `second`. */
export function waysToLogIn(protocol: Protocol, first: Mailbox, second: Mailbox): readonly Way[] {
  const use = using(protocol, second);
  const verbs = VERBS[protocol](second);
  return verbs.flatMap(({ name, line, next }) => [
    ...DRESSES[protocol](first).map((dress) => ({
      name: `${name}, ${dress.name}`,
      steps: [...dress.before.map((one) => `${one}${CRLF}`), dress.around(line) + CRLF, ...next, ...use],
    })),
    { name: `${name}, pipelined`, steps: inOneWrite([CALM[protocol] + line + CRLF, ...next, ...use]) },
  ]);
}

// Up to where the connection changes.
function inOneWrite(steps: readonly Step[]): readonly Step[] {
  const joined: Step[] = [];
  for (const step of steps) {
    const last = joined.at(-1);
    if (typeof step === 'string' && typeof last === 'string') joined[joined.length - 1] = last + step;
    else joined.push(step);
  }
  return joined;
}

class Attacker {
  #socket: Socket;
  #text = '';
  #fresh = '';
  #over = false;
  #deflating = false;
  #wake: () => void = () => undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
    this.#listen(socket);
  }

  static async open({ port, tls = false }: Door): Promise<Attacker> {
    const place = { port, host: '127.0.0.1' };
    const socket = tls ? connectTls({ ...place, rejectUnauthorized: false }) : connect(place);
    const ready = tls ? 'secureConnect' : 'connect';
    await new Promise((resolve, reject) => socket.once(ready, resolve).once('error', reject));
    socket.setNoDelay(true);
    return new Attacker(socket);
  }

  heard(): string {
    return this.#text;
  }

  async take(step: Step): Promise<void> {
    if (typeof step === 'string') return this.say(step);
    if (!step.where.test(this.#fresh)) return;
    if (step.change === 'deflate') this.#deflating = true;
    else await this.#startTls();
  }

  async say(bytes: string): Promise<void> {
    if (this.#over) return;
    const raw = Buffer.from(bytes, 'latin1');
    this.#fresh = '';
    this.#socket.write(this.#deflating ? deflateRawSync(raw, { finishFlush: constants.Z_SYNC_FLUSH }) : raw);
    await this.hear();
  }

  /** Until all that was heard matches. */
  async hears(pattern: RegExp): Promise<void> {
    const until = performance.now() + LOGIN_DEADLINE_MS;
    while (!pattern.test(this.#text)) {
      if (this.#over || performance.now() > until) throw new Error(`not let in: ${this.#text}`);
      await this.#more(SILENT_MS);
    }
  }

  /** Until nothing more comes. */
  async hear(): Promise<void> {
    while (!this.#over && (await this.#more(this.#fresh === '' ? UNHEARD_MS : SILENT_MS)));
  }

  close(): void {
    this.#socket.destroy();
  }

  // Any certificate will do: who attacks does not mind. A handshake that comes to nothing is the end.
  async #startTls(): Promise<void> {
    this.#socket.removeAllListeners();
    const secure = connectTls({ socket: this.#socket, rejectUnauthorized: false });
    this.#socket = secure;
    this.#listen(secure);
    await new Promise((resolve) => secure.once('secureConnect', resolve).once('close', resolve).once('error', resolve));
  }

  #listen(socket: Socket): void {
    socket.on('data', (chunk: Buffer) => {
      const text = chunk.toString('latin1');
      this.#text += text;
      this.#fresh += text;
      this.#wake();
    });
    const ended = (): void => {
      this.#over = true;
      this.#wake();
    };
    socket.on('end', ended).on('close', ended).on('error', ended);
  }

  #more(patienceMs: number): Promise<boolean> {
    return new Promise((resolve) => {
      const deadline = setTimeout(() => resolve(false), patienceMs);
      this.#wake = () => {
        clearTimeout(deadline);
        resolve(true);
      };
    });
  }
}

function plain({ name, password }: Mailbox): string {
  return Buffer.from(`\0${name}\0${password}`).toString('base64');
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}

const LOGINS = {
  imap: (who) => [`in AUTHENTICATE PLAIN ${plain(who)}`],
  pop3: (who) => [`AUTH PLAIN ${plain(who)}`],
  submission: (who) => ['EHLO attacker.test', `AUTH PLAIN ${plain(who)}`],
  sieve: (who) => [`AUTHENTICATE "PLAIN" "${plain(who)}"`],
} as const satisfies Record<Protocol, (who: Mailbox) => readonly string[]>;

const ACCEPTED = {
  imap: /^in OK /m,
  pop3: /^\+OK .*\r\n\+OK /m,
  submission: /^235 /m,
  sieve: /^OK.*\r\n[\s\S]*^OK/m,
} as const satisfies Record<Protocol, RegExp>;

const USES = {
  imap: () => ['u1 SELECT INBOX', 'u2 CREATE Reached', 'u3 NOOP'],
  pop3: () => ['STAT', 'DELE 1', 'QUIT'],
  submission: (name) => [
    `MAIL FROM:<${name}>`,
    `RCPT TO:<${name}>`,
    'DATA',
    `From: ${name}\r\nSubject: reached\r\n\r\nReached.\r\n.`,
    'QUIT',
  ],
  sieve: () => ['LISTSCRIPTS', 'PUTSCRIPT "reached" "keep;"', 'LOGOUT'],
} as const satisfies Record<Protocol, (name: string) => readonly string[]>;

const CALM = {
  imap: 'c NOOP\r\n',
  pop3: 'NOOP\r\n',
  submission: 'NOOP\r\nRSET\r\n',
  sieve: 'NOOP\r\n',
} as const satisfies Record<Protocol, string>;

const VERBS = {
  imap: (who) => {
    const { name, password } = who;
    const login = `l LOGIN "${name}" "${password}"`;
    const auth = `l AUTHENTICATE PLAIN ${plain(who)}`;
    const tls: Step = { change: 'tls', where: /^v OK /m };
    const deflate: Step = { change: 'deflate', where: /^v OK /m };
    return [
      { name: 'LOGIN', line: login, next: [] },
      { name: 'AUTHENTICATE', line: auth, next: [] },
      { name: 'AUTHENTICATE in two', line: 'l AUTHENTICATE PLAIN', next: [`${plain(who)}${CRLF}`] },
      { name: 'STARTTLS', line: 'v STARTTLS', next: [tls, login + CRLF, auth + CRLF] },
      { name: 'UNAUTHENTICATE', line: 'v UNAUTHENTICATE', next: [login + CRLF, auth + CRLF] },
      { name: 'XCLIENT', line: `v XCLIENT LOGIN=${name}`, next: [login + CRLF] },
      { name: 'COMPRESS', line: 'v COMPRESS DEFLATE', next: [deflate, auth + CRLF, login + CRLF] },
      {
        name: 'COMPRESS and UNAUTHENTICATE',
        line: 'v COMPRESS DEFLATE',
        next: [deflate, `v2 UNAUTHENTICATE${CRLF}`, login + CRLF],
      },
    ];
  },
  pop3: (who) => {
    const tls: Step = { change: 'tls', where: /^\+OK/m };
    const pair = [`USER ${who.name}${CRLF}`, `PASS ${who.password}${CRLF}`];
    return [
      { name: 'USER and PASS', line: `USER ${who.name}`, next: [`PASS ${who.password}${CRLF}`] },
      { name: 'AUTH', line: `AUTH PLAIN ${plain(who)}`, next: [] },
      { name: 'AUTH in two', line: 'AUTH PLAIN', next: [`${plain(who)}${CRLF}`] },
      { name: 'STLS', line: 'STLS', next: [tls, ...pair] },
      { name: 'UNAUTHENTICATE', line: 'UNAUTHENTICATE', next: pair },
      { name: 'XCLIENT', line: `XCLIENT LOGIN=${who.name}`, next: pair },
    ];
  },
  submission: (who) => {
    const auth = `AUTH PLAIN ${plain(who)}`;
    const again = [`EHLO attacker.test${CRLF}`, `${auth}${CRLF}`];
    return [
      { name: 'AUTH', line: auth, next: [] },
      {
        name: 'AUTH LOGIN',
        line: 'AUTH LOGIN',
        next: [`${base64(who.name)}${CRLF}`, `${base64(who.password)}${CRLF}`],
      },
      { name: 'EHLO and AUTH', line: 'EHLO attacker.test', next: [`${auth}${CRLF}`] },
      { name: 'STARTTLS', line: 'STARTTLS', next: [{ change: 'tls', where: /^220 /m }, ...again] },
      {
        name: 'HELO and STARTTLS',
        line: 'HELO attacker.test',
        next: [`STARTTLS${CRLF}`, { change: 'tls', where: /^220 /m }, ...again],
      },
      { name: 'UNAUTHENTICATE', line: 'UNAUTHENTICATE', next: again },
      { name: 'XCLIENT', line: `XCLIENT ADDR=192.0.2.7 LOGIN=${who.name}`, next: again },
    ];
  },
  sieve: (who) => {
    const auth = `AUTHENTICATE "PLAIN" "${plain(who)}"`;
    return [
      { name: 'AUTHENTICATE', line: auth, next: [] },
      { name: 'AUTHENTICATE in two', line: 'AUTHENTICATE "PLAIN"', next: [`"${plain(who)}"${CRLF}`] },
      { name: 'STARTTLS', line: 'STARTTLS', next: [{ change: 'tls', where: /^OK/m }, auth + CRLF] },
      { name: 'UNAUTHENTICATE', line: 'UNAUTHENTICATE', next: [auth + CRLF] },
      { name: 'XCLIENT', line: `XCLIENT LOGIN=${who.name}`, next: [auth + CRLF] },
    ];
  },
} as const satisfies Record<Protocol, (who: Mailbox) => readonly Verb[]>;

function commonDresses(innocent: string): readonly Dress[] {
  return [
    { name: 'as it is', before: [], around: (line) => line },
    { name: 'behind 200 blanks', before: [], around: (line) => ' '.repeat(200) + line },
    { name: 'behind \\v', before: [], around: (line) => `\v${line}` },
    { name: 'behind a bare LF', before: [], around: (line) => `${innocent}\n${line}` },
  ];
}

const DRESSES = {
  imap: () => [
    ...commonDresses('b NOOP'),
    { name: 'behind a refused APPEND', before: [], around: (line) => `a APPEND Nowhere {2+}${CRLF}x\n${CRLF}${line}` },
    { name: 'behind an IDLE', before: ['i IDLE'], around: (line) => `DONE${CRLF}${line}` },
  ],
  pop3: () => [
    ...commonDresses('NOOP'),
    { name: 'behind a refused RETR', before: [], around: (line) => `RETR 999${CRLF}${line}` },
  ],
  submission: ({ name }) => [
    ...commonDresses('NOOP'),
    { name: 'behind a refused DATA', before: [], around: (line) => `DATA${CRLF}${line}` },
    { name: 'behind a refused BDAT', before: [], around: (line) => `BDAT 2 LAST${CRLF}x\n${line}` },
    {
      name: 'behind a content that ends by LF dot LF',
      before: [`MAIL FROM:<${name}>`, `RCPT TO:<${name}>`, 'DATA'],
      around: (line) => `Subject: ended\n\nx\n.\n${line}`,
    },
  ],
  sieve: () => [
    ...commonDresses('NOOP'),
    { name: 'behind a refused PUTSCRIPT', before: [], around: (line) => `PUTSCRIPT "x" {2+}${CRLF}x\n${CRLF}${line}` },
  ],
} as const satisfies Record<Protocol, (who: Mailbox) => readonly Dress[]>;
