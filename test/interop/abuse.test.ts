/**
 * Guessers and old phones against a gateway with the limits that it has by default: what is counted, what is not, who is
 * put off and for how long, and what it costs the mail server.
 */

import assert from 'node:assert/strict';
import test, { after } from 'node:test';
import { enrol } from '../support/enrolment.ts';
import { clearAnswer, clearLogin, cliOf, startSmallWorld } from '../support/small-world.ts';

const ACCEPTED = /^in OK/m;
const WRONG = /^in NO \[AUTHENTICATIONFAILED\]/m;
/** "Too many": temporary, so that no mail program takes it for a wrong password. */
const PUT_OFF = /^in NO \[LIMIT\]/m;
const DELAY_MS = 3_000;

const world = await startSmallWorld({
  script: {
    judge: (command) => (command.includes('right') || command.includes('*gateway') ? 'OK Logged in' : 'NO wrong'),
  },
  gateway: { settings: { policy: {} } },
});
const { gateway, backend } = world;
const cli = await cliOf(gateway);
await cli('domain', 'set', 'a.test', 'enabled', '--yes');
after(() => world.stop());

let networks = 10;
/** An address of a network that nothing has come from yet. */
function elsewhere(): string {
  networks += 1;
  return `127.1.${networks >> 8}.${networks & 255}`;
}

function login(name: string, password: string, from: string): Promise<string> {
  return clearAnswer(gateway, { name: `${name}@a.test`, password }, { from });
}

async function enrolled(local: string): Promise<string> {
  return enrol({ ...gateway, cli }, `${local}@a.test`);
}

test(
  'an old phone that repeats one wrong password locks nobody out and hardly asks the mail server',
  { timeout: 60_000 },
  async () => {
    const appPassword = await enrolled('phone');
    const asked = backend.logins();
    const startedAt = performance.now();
    // From one network after the other, or the limit of one network would answer.
    for (let round = 0; round < 5; round += 1) {
      const from = elsewhere();
      for (let at = 0; at < 40; at += 1) assert.match(await login('phone', 'the old one', from), WRONG);
    }
    const seconds = (performance.now() - startedAt) / 1000;
    const cost = backend.logins() - asked;
    assert.ok(cost <= 5 + seconds / 5, `${cost} logins at the mail server within ${seconds} s`);
    assert.match(await login('phone', appPassword, elsewhere()), ACCEPTED);
  },
);

test(
  'guessing from many networks shuts out strangers, never the owner where he has logged in before',
  { timeout: 60_000 },
  async () => {
    const appPassword = await enrolled('victim');
    const home = elsewhere();
    assert.match(await login('victim', appPassword, home), ACCEPTED);
    const answers: string[] = [];
    for (let at = 0; at < 21; at += 1) answers.push(await login('victim', `guess ${at}`, elsewhere()));
    assert.equal(answers.filter((said) => WRONG.test(said)).length, 20);
    assert.equal(answers.filter((said) => PUT_OFF.test(said)).length, 1);
    assert.match(await login('victim', appPassword, home), ACCEPTED);
    assert.match(await login('victim', 'right', home), /APPPASSWORD|app password/i);
  },
);

test('every spelling of a name is one account with one count', { timeout: 60_000 }, async () => {
  await enrolled('spelt');
  const spellings = ['spelt@a.test', 'SPELT@A.TEST', 'Spelt@a.Test', 'spelt+news@a.test', 'spelt%a.test'];
  const from = elsewhere();
  const answers: string[] = [];
  for (let at = 0; at < 11; at += 1) {
    const name = spellings[at % spellings.length] ?? '';
    answers.push(await clearAnswer(gateway, { name, password: `guess ${at}` }, { from }));
  }
  const counted = answers.filter((said) => WRONG.test(said)).length;
  const again = await login('spelt', 'guess more', from);
  assert.equal(counted, 10);
  assert.match(again, PUT_OFF);
});

test('logging in with an app password forgives no failures of the ordinary password', { timeout: 60_000 }, async () => {
  const appPassword = await enrolled('mixed');
  const from = elsewhere();
  for (let at = 0; at < 10; at += 1) {
    assert.match(await login('mixed', `guess ${at}`, from), WRONG);
    if (at % 3 === 1) assert.match(await login('mixed', appPassword, from), ACCEPTED);
  }
  assert.match(await login('mixed', 'one more', from), PUT_OFF);
});

test(
  'a network gets sixty verdicts, then a refusal that is temporary and comes late; others are not delayed',
  { timeout: 60_000 },
  async () => {
    const from = elsewhere();
    const names = Array.from({ length: 61 }, (_, at) => `user${at}`);
    const answers = await Promise.all(names.map((name) => login(name, 'wrong', from)));
    assert.equal(answers.filter((said) => WRONG.test(said)).length, 60);
    assert.equal(answers.filter((said) => PUT_OFF.test(said)).length, 1);
    const startedAt = performance.now();
    const late = clearLogin(gateway, { name: 'late@a.test', password: 'right' }, { from });
    assert.match(await login('other', 'right', elsewhere()), ACCEPTED);
    const { said, wire } = await late;
    assert.match(said, PUT_OFF);
    assert.ok(performance.now() - startedAt >= DELAY_MS - 5);
    wire.close();
    await gateway.logged('login.throttled', { user: 'late@a.test' });
  },
);
