/**
 * Every mail program against the gateway in front of Dovecot and Postfix, for every situation of an account, over
 * implicit TLS and STARTTLS. What each program shows to its user is part of the test.
 */

import assert from 'node:assert/strict';
import test, { after } from 'node:test';
import type { Mailbox } from '../support/dovecot.ts';
import { MAIL_CLIENTS, type Place } from '../support/mail-clients.ts';
import { ANNA, BOB, CARL, DORA, EMIL, startWorld } from '../support/mail-world.ts';

const world = await startWorld();
after(() => world.stop());

const PORTAL = /https:\/\/portal\.test\/account/;

interface Situation {
  readonly what: string;
  readonly tries: readonly (readonly [Mailbox, Place['tls']])[];
  readonly accepted: boolean;
  readonly shown: readonly RegExp[];
  readonly notShown?: RegExp;
}

const SITUATIONS: readonly Situation[] = [
  {
    what: 'an app password lets an enrolled account in',
    tries: [
      [world.anna, 'implicit'],
      [world.dora, 'starttls'],
    ],
    accepted: true,
    shown: [],
  },
  {
    what: 'the ordinary password of an enrolled account is refused with a hint',
    tries: [
      [ANNA, 'implicit'],
      [DORA, 'starttls'],
    ],
    accepted: false,
    shown: [/needs an app password/, PORTAL],
  },
  {
    what: 'an account that need not enrol uses its ordinary password',
    tries: [
      [BOB, 'implicit'],
      [BOB, 'starttls'],
      [EMIL, 'implicit'],
    ],
    accepted: true,
    shown: [],
  },
  {
    what: 'a forced account is told to enrol',
    tries: [
      [CARL, 'implicit'],
      [CARL, 'starttls'],
    ],
    accepted: false,
    shown: [/Two-step authentication must be set up first/, PORTAL],
  },
  {
    what: 'a wrong password is refused without a hint',
    tries: [
      [wrong(ANNA), 'implicit'],
      [wrong(BOB), 'starttls'],
      [wrong(CARL), 'implicit'],
      [wrong(EMIL), 'starttls'],
    ],
    accepted: false,
    shown: [/user name or password is not right/],
    notShown: PORTAL,
  },
];

function wrong({ name }: Mailbox): Mailbox {
  return { name, password: 'wrong' };
}

for (const { name, protocol, login } of MAIL_CLIENTS) {
  for (const { what, tries, accepted, shown, notShown } of SITUATIONS) {
    test(`${name}, ${protocol}: ${what}`, { timeout: 120_000 }, async () => {
      const outcomes = await Promise.all(tries.map(([who, tls]) => login(world.gateway.place(protocol, tls), who)));
      for (const outcome of outcomes) {
        assert.equal(outcome.accepted, accepted, outcome.said);
        for (const words of shown) assert.match(outcome.said, words);
        if (notShown !== undefined) assert.doesNotMatch(outcome.said, notShown);
      }
    });
  }
}

test('no password stands in the log', () => world.assertNothingLeaked());
