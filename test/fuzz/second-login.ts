/**
 * What a logged-in client says at random to a real Postfix and a real Exim behind the gateway, and what the servers' own
 * logs tell of it: nobody but bob, logged in by the commands of the gateway alone. Our own reading of the bytes, which
 * could be wrong in the same way as the gate, has no part in it.
 */

import assert from 'node:assert/strict';
import fc from 'fast-check';
import { z } from 'zod';
import { eventually } from '../support/processes.ts';
import { goThisWay } from '../support/second-login.ts';
import { person, startSecondLoginWorld, type Peer, type SecondLoginWorld } from '../support/second-login-world.ts';
import { fuzzTarget, type FuzzTarget } from './target.ts';

const TLS = 'tls';
/** Writes, each followed by a pause; `tls` begins TLS where the last reply was a 220. */
const SessionSchema = z.array(z.string());
const KINDS = ['off', 'may', 'hidden', 'mended'] as const;
const PEERS = /^(Postfix, STARTTLS \w+|Exim), none/;

const VERBS = [
  'STARTTLS',
  'AUTH PLAIN {plain}',
  'AUTH LOGIN',
  'XCLIENT LOGIN={anna}',
  'XCLIENT ADDR=192.0.2.7 LOGIN={anna}',
  'EHLO x',
  'HELO x',
  'NOOP',
  'RSET',
  'HELP',
  'VRFY x',
  'MAIL FROM:<{bob}>',
  'RCPT TO:<{bob}>',
  'DATA',
  'BDAT 0 LAST',
  'BDAT 9',
  'BDAT 4 LAST',
  'BDAT 99999999999999999999',
  'BDAT -1',
  'BDAT +10 LAST',
  'BDAT 0x10 LAST',
  'BDAT 010',
  'BDAT',
  'QUIT',
  '{user64}',
  '{password64}',
] as const;
const PREFIXES = ['', ' ', ' '.repeat(200), '\t', '\v', '\f', '\0', '\b', 'x\0', '\x80', '\r', '\n'] as const;
const ENDS = ['\r\n', '\n', '\r', '\r\r\n', '\0\r\n', ' \r\n', '\v\r\n', ''] as const;
const CONTENT_ENDS = ['\r\n.\r\n', '\n.\n', '\r\n.\n', '\n.\r\n', '\r.\r', '\r.\r\n', '\n.\r', '.\r\n', '\r\n.\r\r\n'];
const LONG = ['x'.repeat(998), ' '.repeat(2047), `NOOP ${'y'.repeat(4096)}`, 'z'.repeat(20_000)] as const;

// Most lines are as they should be: what is odd at every turn gets nowhere.
const line = fc
  .tuple(
    fc.oneof({ weight: 4, arbitrary: fc.constant('') }, { weight: 1, arbitrary: fc.constantFrom(...PREFIXES) }),
    fc.constantFrom(...VERBS),
    fc.oneof({ weight: 4, arbitrary: fc.constant('\r\n') }, { weight: 1, arbitrary: fc.constantFrom(...ENDS) }),
  )
  .map((parts) => parts.join(''));
const piece = fc.oneof(
  { weight: 10, arbitrary: line },
  { weight: 2, arbitrary: fc.constantFrom(...CONTENT_ENDS) },
  { weight: 2, arbitrary: fc.constant('MAIL FROM:<{bob}>\r\nRCPT TO:<{bob}>\r\nDATA\r\n') },
  { weight: 1, arbitrary: fc.constantFrom(...LONG) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary-ascii', maxLength: 20 }) },
);
const write = fc.array(piece, { minLength: 1, maxLength: 4 }).map((pieces) => pieces.join(''));
const upgrade = fc.tuple(fc.constantFrom(...PREFIXES), fc.constantFrom(...ENDS)).map(([before, end]) => {
  return [`${before}STARTTLS${end}`, TLS, 'EHLO x\r\n', 'AUTH PLAIN {plain}\r\n', 'MAIL FROM:<{anna}>\r\n'];
});
const split = fc
  .tuple(write, fc.nat())
  .map(([text, at]) => [text.slice(0, at % text.length), text.slice(at % text.length)]);
const inputs = fc
  .array(
    fc.oneof(
      { weight: 4, arbitrary: write.map((text) => [text]) },
      { weight: 1, arbitrary: split },
      { weight: 1, arbitrary: upgrade },
    ),
    { minLength: 1, maxLength: 3 },
  )
  .map((steps) => steps.flat());

let started: Promise<Judge> | undefined;

/** What both logs say of one session of bob's, whatever he says in it, is what they say of one in which he says QUIT. */
export const SECOND_LOGIN_TARGET: FuzzTarget = {
  ...fuzzTarget('second-login', {
    schema: SessionSchema,
    inputs,
    cost: 'servers',
    check: async (steps) => {
      started ??= Judge.start();
      await (await started).judge(steps);
    },
  }),
  close: async () => {
    if (started !== undefined) await (await started).stop();
    started = undefined;
  },
};

class Judge {
  readonly #world: SecondLoginWorld;
  readonly #peers: readonly Peer[];
  #usual: readonly string[] = [];

  private constructor(world: SecondLoginWorld) {
    this.#world = world;
    this.#peers = world.peers.filter(({ name }) => PEERS.test(name));
  }

  static async start(): Promise<Judge> {
    const judge = new Judge(await startSecondLoginWorld());
    judge.#usual = await judge.#play(['QUIT\r\n']);
    assert.equal(judge.#peers.length, KINDS.length * 2 + 1);
    return judge;
  }

  async stop(): Promise<void> {
    await this.#world.stop();
  }

  async judge(steps: readonly string[]): Promise<void> {
    assert.deepEqual(await this.#play(steps), this.#usual);
    for (const peer of this.#peers) {
      for (const name of peer.letIn('submission')) assert.equal(name, person('bob', peer).name);
    }
    // A line for each mail that came in over the network.
    const mails = this.#world.servers.exim.log().match(/^.* <= .* P=e?smtp.*$/gm) ?? [];
    for (const mail of mails) assert.match(mail, / A=[^ :]+:bob@exim-none\.test( |$)/);
  }

  /** Plays it to every server, and returns how each says that somebody logged in. */
  async #play(steps: readonly string[]): Promise<readonly string[]> {
    const before = this.#sessions().map(({ length }) => length);
    await Promise.all(this.#peers.map((peer) => this.#say(peer, steps)));
    const fresh = await eventually('the servers tell of all sessions', () => {
      const found = this.#sessions().map((of, index) => of.slice(before[index] ?? 0));
      return found.every((of, index) => of.length >= (index < KINDS.length ? 2 : 1)) && found;
    });
    return fresh.map((of) => of.toSorted().join('; '));
  }

  async #say(peer: Peer, steps: readonly string[]): Promise<void> {
    const anna = person('anna', peer);
    const bob = this.#world.bobOf(peer);
    const base64 = (text: string): string => Buffer.from(text, 'latin1').toString('base64');
    const fill = (text: string): string =>
      text
        .replaceAll('{plain}', base64(`\0${anna.name}\0${anna.password}`))
        .replaceAll('{user64}', base64(anna.name))
        .replaceAll('{password64}', base64(anna.password))
        .replaceAll('{anna}', anna.name)
        .replaceAll('{bob}', bob.name);
    const filled = steps.map((step) => (step === TLS ? ({ change: TLS, where: /^220 /m } as const) : fill(step)));
    await goThisWay({ port: this.#world.gateway.port('submission') }, 'submission', bob, filled);
  }

  // Postfix: what a session consisted of, where anything in it was about who the client is. Exim: who logged in.
  #sessions(): readonly (readonly string[])[] {
    const { postfix } = this.#world.servers;
    const exim = this.#peers.filter(({ name }) => name.startsWith('Exim'));
    return [...KINDS.map((kind) => loginsIn(postfix[kind].log())), exim.flatMap((peer) => peer.letIn('submission'))];
  }
}

function loginsIn(log: string): readonly string[] {
  const ends = log.match(/: disconnect from .*$/gm) ?? [];
  return ends
    .map((text) => (text.match(/\b(?:auth|xclient|starttls)=[\d/]+/g) ?? []).join(' '))
    .filter((counts) => /auth|xclient/.test(counts));
}
