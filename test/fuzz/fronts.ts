/** Random clients before login: in every state, whatever they send, however it is cut, with every kind of answer. */

import assert from 'node:assert/strict';
import fc from 'fast-check';
import { z } from 'zod';
import { unreachable } from '#core/fault.ts';
import { PROTOCOLS, type Protocol } from '#core/protocols.ts';
import { MODULES } from '#protocol/all.ts';
import type { FrontAction, FrontDialogue, FrontOptions, LoginAnswer, RedactedStep } from '#protocol/machine.ts';
import { frontOptions } from '../support/dialogue-options.ts';
import { DENY_REASONS } from '../support/transcript.ts';
import { bytesOf, cut, streams } from './bytes.ts';
import { CLIENT_GRAMMARS } from './grammars.ts';
import { fuzzTarget, type FuzzTarget } from './target.ts';

/** How a client is served. */
const SERVED = {
  tls: { mechanisms: ['PLAIN', 'LOGIN', 'XOAUTH2'] },
  starttls: { tls: 'available' },
  clear: { tls: 'none', plaintextLogin: true },
} as const satisfies Record<string, Partial<FrontOptions>>;
export const SERVICES = ['tls', 'starttls', 'clear'] as const;

/** How a login may be answered. */
export const ANSWERS = [...DENY_REASONS, 'throttle', 'unavailable', 'backend-refused', 'accepted'] as const;

const InputSchema = z.strictObject({
  served: z.enum(SERVICES),
  pieces: z.array(z.string()),
  answers: z.array(z.enum(ANSWERS)),
});
export type FrontInput = z.output<typeof InputSchema>;

/** The backend's own words on a login, as each protocol repeats them. */
const WELCOME: Readonly<Record<Protocol, string>> = {
  imap: 'OK in',
  pop3: '+OK in',
  submission: '235 in',
  sieve: 'OK "in"',
};

/** A line of each protocol as a client may see one before login. */
const LINE: Readonly<Record<Protocol, RegExp>> = {
  imap: /^(?:\* (?:OK|NO|BAD|BYE|CAPABILITY|ID) .*|\+ .*|[^\p{Cc}(){%*"\\+ ]{1,64} (?:OK|NO|BAD) .*)$/u,
  pop3: /^(?:\+OK.*|-ERR.*|\+ .*|\.|[A-Z][A-Za-z0-9 /-]*)$/,
  submission: /^[2345]\d\d[ -].*$/,
  sieve: /^(?:OK|NO|BYE|"[^"\\]*")(?: .*)?$/,
};

/** No command within the limits is longer than this; beyond it a client is parted from. */
const MAX_HELD_BYTES = 34_000;

/** One target for each protocol. */
export const FRONT_TARGETS: readonly FuzzTarget[] = PROTOCOLS.map((protocol) =>
  fuzzTarget(`${protocol}-front`, {
    schema: InputSchema,
    inputs: fc.record({
      served: fc.constantFrom(...SERVICES),
      pieces: streams(CLIENT_GRAMMARS[protocol]),
      answers: fc.array(fc.constantFrom(...ANSWERS), { maxLength: 12 }),
    }),
    check: (input) => checkFront(protocol, input),
  }),
);

/** Commands that would be answered if what is sent in clear behind STARTTLS were kept (CVE-2011-0411). */
const INJECTED: Readonly<Record<Protocol, string>> = {
  imap: '\r\nz NOOP\r\nz LOGOUT\r\n',
  pop3: '\r\nCAPA\r\nQUIT\r\n',
  submission: '\r\nEHLO z\r\nQUIT\r\n',
  sieve: '\r\nNOOP\r\nLOGOUT\r\n',
};

function checkFront(protocol: Protocol, input: FrontInput): void {
  const { pieces } = input;
  const { securedAt, ...seen } = playFront(protocol, input, pieces);
  for (const line of seen.sent.split('\r\n').slice(0, -1)) assert.match(line, LINE[protocol]);
  assertRedacted(seen.steps);
  const same = (others: readonly string[], why: string): void => {
    const { securedAt: _, ...again } = playFront(protocol, input, others);
    assert.deepEqual(again, seen, why);
  };
  if (input.served === 'starttls') {
    const longer = pieces.map((piece, index) => (index === securedAt ? piece + INJECTED[protocol] : piece));
    return same(longer, 'what was sent in clear is answered after TLS');
  }
  const whole = pieces.join('');
  same([whole], 'in one piece it means something else');
  if (whole.length < 2000) same(cut(whole, 1), 'byte by byte it means something else');
}

/** What an observer may be told: words of ours and nothing else. */
const INPUT =
  /^(?:connect|tls|answer (?:deny )?[a-z-]+|stop [a-z]+|\[[a-z ]+\]|AUTH(?:ENTICATE)?(?: (?:PLAIN|LOGIN|OAUTHBEARER|XOAUTH2|\[mechanism\])(?: \[secret\])?)?|[A-Z]{2,12}(?: \[[a-z ]+\])?)$/;
const VERBS =
  'AUTH AUTHENTICATE BDAT CAPA CAPABILITY DATA EHLO HELO HELP ID LOGIN LOGOUT MAIL NOOP PASS QUIT RCPT RSET STARTTLS STLS USER VRFY'.split(
    ' ',
  );
const REPLY =
  /^(?:(?:OK|NO|BAD|BYE|\+OK|-ERR)(?: (?:CAPABILITY|ALERT|AUTHENTICATIONFAILED|CANNOT|EXPIRED|LIMIT|PRIVACYREQUIRED|UNAVAILABLE|ENCRYPT-NEEDED|TRYLATER|TAG|AUTH|SYS\/TEMP))?|\+|[2345]\d\d(?: [245]\.\d\.\d{1,2})?)$/;

/** Throws where a step holds anything that is no word of ours. */
function assertRedacted(steps: readonly RedactedStep[]): void {
  for (const { input, state, replies } of steps) {
    assert.match(input, INPUT);
    const [verb = ''] = input.split(' ');
    if (/^[A-Z]/.test(verb)) assert.ok(VERBS.includes(verb), verb);
    assert.match(state, /^(?:command|user-given|sasl|deciding)$/);
    for (const reply of replies) assert.match(reply, REPLY);
  }
}

interface Seen {
  readonly sent: string;
  readonly asked: readonly string[];
  readonly ended: string | undefined;
  /** What an observer is told. */
  readonly steps: readonly RedactedStep[];
  /** The piece in which STARTTLS was taken. */
  readonly securedAt: number | undefined;
}

/** Plays pieces to a dialogue; throws where it breaks a rule of all dialogues. */
export function playFront(protocol: Protocol, input: FrontInput, pieces: readonly string[]): Seen {
  const player = new Player(protocol, input);
  let securedAt: number | undefined;
  player.take(player.dialogue.connect());
  for (const [index, piece] of pieces.entries()) {
    const before = player.secured;
    player.take(player.dialogue.receive(bytesOf(piece)));
    if (player.secured !== before) securedAt = index;
    if (player.ended !== undefined) break;
    assert.ok(player.dialogue.heldBytes <= MAX_HELD_BYTES, `holds ${player.dialogue.heldBytes} bytes`);
  }
  return { ...player.finish(), securedAt };
}

/** A gateway that performs what a dialogue asks for, and complains where it asks for what it must not. */
class Player {
  readonly dialogue: FrontDialogue;
  readonly #protocol: Protocol;
  readonly #answers: LoginAnswer[];
  readonly #asked: string[] = [];
  readonly #steps: RedactedStep[] = [];
  #sent = '';
  ended: 'relay' | 'close' | undefined;
  secured: boolean;

  constructor(protocol: Protocol, { served, answers }: FrontInput) {
    this.#protocol = protocol;
    const observe = (step: RedactedStep): void => void this.#steps.push(step);
    this.dialogue = MODULES[protocol].front(frontOptions({ ...SERVED[served], observe }));
    this.#answers = answers.map((name) => answerNamed(name, protocol));
    this.secured = served !== 'starttls';
  }

  take(actions: readonly FrontAction[]): void {
    for (const [index, action] of actions.entries()) {
      assert.equal(this.ended, undefined, `${action.do} after the end`);
      const last = index === actions.length - 1;
      assert.ok(last || action.do === 'send' || action.do === 'exposed', `something follows ${action.do}`);
      this.#perform(action);
    }
  }

  #perform(action: FrontAction): void {
    switch (action.do) {
      case 'send':
        this.#sent += visible(this.#protocol, action.bytes);
        break;
      case 'start-tls':
        assert.ok(!this.secured, 'TLS twice');
        this.secured = true;
        this.take(this.dialogue.tlsStarted());
        break;
      case 'authenticate':
        assert.ok(this.secured, 'a password is judged before TLS');
        this.#asked.push(action.credentials.authcid);
        this.take(this.dialogue.answer(this.#answers.shift() ?? { kind: 'unavailable' }));
        break;
      case 'relay':
      case 'close':
        this.ended = action.do;
        break;
      case 'exposed':
        assert.ok(!this.secured, 'a password through TLS is exposed');
        break;
      default:
        unreachable(action);
    }
  }

  finish(): Omit<Seen, 'securedAt'> {
    const { ended } = this;
    const welcome = `${WELCOME[this.#protocol]}\r\n`;
    if (ended === 'relay') assert.ok(this.#sent.endsWith(welcome), 'the backend is not heard');
    if (ended === undefined) this.take(this.dialogue.stop('drain'));
    if (ended === undefined) assert.equal(this.ended, 'close', 'it does not stop when it is told to');
    if (this.ended === 'close')
      assert.deepEqual(this.dialogue.receive(Buffer.from('NOOP\r\n')), [], 'it goes on after its end');
    return { sent: this.#sent, asked: this.#asked, ended, steps: this.#steps };
  }
}

function answerNamed(name: (typeof ANSWERS)[number], protocol: Protocol): LoginAnswer {
  const reason = DENY_REASONS.find((one) => one === name);
  if (reason !== undefined) return { kind: 'deny', reason };
  if (name === 'accepted') return { kind: name, reply: { line: WELCOME[protocol], untagged: [] } };
  if (name === 'throttle') return { kind: name, retryAfterSeconds: 5 };
  return name === 'unavailable' ? { kind: name } : { kind: 'backend-refused', code: 'EXPIRED', text: 'Expired' };
}

/** What is sent, which must be whole lines of text. */
function visible(protocol: Protocol, bytes: Buffer): string {
  const sent = bytes.toString('latin1');
  // NOOP of ManageSieve returns the client's own tag, whatever it holds (RFC 5804 §2.13).
  const text = protocol === 'sieve' ? withoutLiterals(sent).replaceAll(/(?<=TAG "[^"]*)[\x80-\xff]/g, '?') : sent;
  assert.ok(text.endsWith('\r\n'), 'half a line');
  assert.doesNotMatch(text, /(?<!\r)\n|\r(?!\n)|[^\x20-\x7e\r\n]/, 'a stray line end, or something that is not text');
  return text;
}

function withoutLiterals(text: string): string {
  const [announced = '', size] = /\{(\d+)\}\r\n/.exec(text) ?? [];
  if (size === undefined) return text;
  const at = text.indexOf(announced);
  return `${text.slice(0, at)}""${withoutLiterals(text.slice(at + announced.length + Number(size)))}`;
}
