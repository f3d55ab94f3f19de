/**
 * Every mail program against the gateway in front of Dovecot and Postfix, for every situation of an account. What each
 * program shows to its user is part of the test.
 */

import assert from 'node:assert/strict';
import test, { after } from 'node:test';
import type { Mailbox } from '../support/dovecot.ts';
import { MAIL_CLIENTS, type MailClient, type Outcome } from '../support/mail-clients.ts';
import { ANNA, BOB, CARL, DORA, EMIL, startWorld } from '../support/mail-world.ts';

const world = await startWorld();
after(() => world.stop());

const APP_PASSWORD_HINT = /needs an app password/;
const ENROLMENT_HINT = /Two-step authentication must be set up first/;
const WRONG = /user name or password is not right/;
const PORTAL = /https:\/\/portal\.test\/account/;

async function overBoth(client: MailClient, who: Mailbox): Promise<readonly Outcome[]> {
  const { gateway } = world;
  const implicit = client.login(gateway.place(client.protocol, 'implicit'), who);
  const starttls = client.login(gateway.place(client.protocol, 'starttls'), who);
  return Promise.all([implicit, starttls]);
}

function assertAccepted(outcomes: readonly Outcome[]): void {
  for (const { accepted, said } of outcomes) assert.ok(accepted, said);
}

function assertRefused(outcomes: readonly Outcome[], ...shown: readonly RegExp[]): void {
  for (const { accepted, said } of outcomes) {
    assert.equal(accepted, false, said);
    for (const words of shown) assert.match(said, words);
  }
}

for (const client of MAIL_CLIENTS) {
  const what = `${client.name}, ${client.protocol}`;

  test(`${what}: an app password lets an enrolled account in`, { timeout: 60_000 }, async () => {
    assertAccepted(await overBoth(client, world.anna));
    assertAccepted(await overBoth(client, world.dora));
  });

  test(
    `${what}: the ordinary password of an enrolled account is refused with a hint`,
    { timeout: 60_000 },
    async () => {
      assertRefused(await overBoth(client, ANNA), APP_PASSWORD_HINT, PORTAL);
      assertRefused(await overBoth(client, DORA), APP_PASSWORD_HINT, PORTAL);
    },
  );

  test(`${what}: a wrong password is refused without a hint`, { timeout: 60_000 }, async () => {
    const people = [ANNA, BOB, CARL, EMIL].map(({ name }) => ({ name, password: 'wrong' }));
    const outcomes = (await Promise.all(people.map((who) => overBoth(client, who)))).flat();
    assertRefused(outcomes, WRONG);
    for (const { said } of outcomes) assert.doesNotMatch(said, PORTAL);
  });

  test(`${what}: an account that need not enrol uses its ordinary password`, { timeout: 60_000 }, async () => {
    assertAccepted(await overBoth(client, BOB));
    assertAccepted(await overBoth(client, EMIL));
  });

  test(`${what}: a forced account is told to enrol`, { timeout: 60_000 }, async () => {
    assertRefused(await overBoth(client, CARL), ENROLMENT_HINT, PORTAL);
  });
}

test('no password stands in the log', () => world.assertNothingLeaked());
