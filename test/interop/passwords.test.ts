/**
 * A password is octets: whatever a real Dovecot takes directly it takes through the gateway, and what it refuses is
 * refused, on every protocol and with every mechanism.
 */

import assert from 'node:assert/strict';
import test, { after } from 'node:test';
import fc from 'fast-check';
import { PROTOCOLS, type Protocol } from '#core/protocols.ts';
import { bannedBy } from '../support/fail2ban.ts';
import { startWorld } from '../support/mail-world.ts';
import { Wire } from '../support/wire.ts';

const world = await startWorld({
  postfix: 'none',
  gateway: { settings: { policy: { limits: { networkVerdicts: 100_000 } } } },
});
after(() => world.stop());

interface Try {
  readonly name: string;
  readonly password: Buffer;
}

/** Says the login and resolves to the answer that decides. */
type Login = (wire: Wire, who: Try) => Promise<string>;

const base64 = (...parts: readonly (string | Buffer)[]): string =>
  Buffer.concat(parts.map((part) => Buffer.from(part))).toString('base64');
const plain = ({ name, password }: Try): string => base64('\0', name, '\0', password);
const octets = ({ password }: Try): string => password.toString('latin1');

const IMAP_ANSWER = /^a (?:OK|NO|BAD)[^\r]*\r\n/m;
const POP3_ANSWER = /^(?:\+OK|-ERR)[^\r]*\r\n/;
const SMTP_ANSWER = /^\d{3} [^\r]*\r\n/m;
const SIEVE_ANSWER = /^(?:OK|NO|BYE)[^\r]*\r\n/m;

async function imapGreeted(wire: Wire): Promise<void> {
  await wire.until(/^\* OK[^\r]*\r\n/);
}

async function submissionGreeted(wire: Wire): Promise<void> {
  await wire.until(/^220[^\r]*\r\n/);
  await wire.say('EHLO client.test', /^250 [^\r]*\r\n/m);
}

const LOGINS: Readonly<Record<Protocol, Readonly<Record<string, Login>>>> = {
  imap: {
    'LOGIN with a literal': async (wire, who) => {
      await imapGreeted(wire);
      return wire.say(`a LOGIN ${who.name} {${who.password.length}+}\r\n${octets(who)}`, IMAP_ANSWER);
    },
    'LOGIN with a quoted string': async (wire, who) => {
      await imapGreeted(wire);
      return wire.say(`a LOGIN ${who.name} "${octets(who).replaceAll(/["\\]/g, String.raw`\$&`)}"`, IMAP_ANSWER);
    },
    'AUTHENTICATE PLAIN': async (wire, who) => {
      await imapGreeted(wire);
      return wire.say(`a AUTHENTICATE PLAIN ${plain(who)}`, IMAP_ANSWER);
    },
    'AUTHENTICATE LOGIN': async (wire, who) => {
      await imapGreeted(wire);
      await wire.say('a AUTHENTICATE LOGIN', /\+ [^\r]*\r\n/);
      await wire.say(base64(who.name), /\+ [^\r]*\r\n/);
      return wire.say(base64(who.password), IMAP_ANSWER);
    },
  },
  pop3: {
    'USER and PASS': async (wire, who) => {
      await wire.until(POP3_ANSWER);
      await wire.say(`USER ${who.name}`, POP3_ANSWER);
      return wire.say(`PASS ${octets(who)}`, POP3_ANSWER);
    },
    'AUTH PLAIN': async (wire, who) => {
      await wire.until(POP3_ANSWER);
      await wire.say('AUTH PLAIN', /^\+ [^\r]*\r\n/);
      return wire.say(plain(who), POP3_ANSWER);
    },
  },
  submission: {
    'AUTH PLAIN': async (wire, who) => {
      await submissionGreeted(wire);
      return wire.say(`AUTH PLAIN ${plain(who)}`, SMTP_ANSWER);
    },
    'AUTH LOGIN': async (wire, who) => {
      await submissionGreeted(wire);
      await wire.say('AUTH LOGIN', /^334 [^\r]*\r\n/);
      await wire.say(base64(who.name), /^334 [^\r]*\r\n/);
      return wire.say(base64(who.password), SMTP_ANSWER);
    },
  },
  sieve: {
    'AUTHENTICATE PLAIN': async (wire, who) => {
      await wire.until(SIEVE_ANSWER);
      const message = plain(who);
      return wire.say(`AUTHENTICATE "PLAIN" {${message.length}+}\r\n${message}`, SIEVE_ANSWER);
    },
  },
};

const ACCEPTED = /^(?:a OK|\+OK|235|OK)/m;

async function outcome(port: number, login: Login, who: Try): Promise<string> {
  const wire = await Wire.open(port, { caFile: world.authority.caFile });
  try {
    return await login(wire, who);
  } finally {
    wire.close();
  }
}

/** What a password may hold: everything but NUL, CR and LF. */
const OCTET = fc.integer({ min: 1, max: 255 }).filter((octet) => octet !== 10 && octet !== 13);
const RANDOM = fc
  .sample(fc.array(OCTET, { minLength: 1, maxLength: 1024, size: 'max' }), { numRuns: 6, seed: 20_261_201 })
  .map((found) => Buffer.from(found));
const PASSWORDS: readonly Buffer[] = [
  Buffer.from('p\xe4ssw\xf6rt', 'latin1'),
  Buffer.from('pässwört'),
  Buffer.from(' spaces " and \\ and \t '),
  Buffer.from([0x80]),
  Buffer.alloc(1024, 0xff),
  Buffer.alloc(1024, 'x'),
  ...RANDOM,
];
const PEOPLE: readonly Try[] = PASSWORDS.map((password, index) => ({ name: `octets${index}@plain.test`, password }));
for (const one of PEOPLE) await world.dovecot.addUser(one);

for (const protocol of PROTOCOLS) {
  for (const [how, login] of Object.entries(LOGINS[protocol])) {
    test(`${protocol}, ${how}: Dovecot takes through the gateway what it takes directly`, async () => {
      const direct = world.dovecot.ports[`${protocol}Tls`];
      const through = world.gateway.port(`${protocol}Tls`);
      const tried = PEOPLE.map(async (who) => {
        const [taken, answer] = await Promise.all([outcome(direct, login, who), outcome(through, login, who)]);
        // Dovecot refuses an AUTH line of its submission service that is longer than SMTP's lines; we ask for the rest.
        assert.ok(!ACCEPTED.test(taken) || ACCEPTED.test(answer), `${who.name}: ${answer}`);
      });
      await Promise.all(tried);
      const taken = await outcome(through, login, PEOPLE[0] ?? { name: '', password: Buffer.alloc(0) });
      assert.match(taken, ACCEPTED);
    });

    test(`${protocol}, ${how}: a wrong or empty password is refused, not called malformed`, async () => {
      for (const password of [Buffer.from('p\xe4ssw\xf6rd', 'latin1'), Buffer.alloc(0)]) {
        const answer = await outcome(world.gateway.port(`${protocol}Tls`), login, {
          name: 'octets0@plain.test',
          password,
        });
        assert.match(
          answer,
          /^(?:a NO \[AUTHENTICATIONFAILED\]|-ERR \[AUTH\]|535 5\.7\.8|NO )[^\r]*name or password is not right/m,
        );
      }
    });
  }
}

test('what was refused stands in the log, without the password', () => {
  const refused = world.gateway.log().filter(({ event }) => event === 'login.refused');
  const all = Object.values(LOGINS).reduce((sum, logins) => sum + Object.keys(logins).length, 0);
  assert.ok(refused.length >= 2 * all, `${refused.length} of ${2 * all}`);
  world.assertNothingLeaked();
});

test('each refusal says in one line who, from where, how and why, and fail2ban finds the guesser in it', () => {
  const refused = world.gateway.log().filter(({ event }) => event === 'login.refused');
  for (const line of refused) {
    const { user, address, protocol, listener, tls, reason } = line;
    for (const field of [user, address, protocol, listener, tls, reason])
      assert.equal(typeof field, 'string', JSON.stringify(line));
  }
  const guesses = refused.filter(({ reason }) => reason === 'wrong-credentials' || reason === 'identity-refused');
  assert.deepEqual(new Set(guesses.map(({ protocol }) => protocol)), new Set(Object.keys(LOGINS)));
  const banned = bannedBy(world.gateway.log().map((line) => JSON.stringify(line)));
  assert.deepEqual(
    banned,
    guesses.map(({ address }) => address),
  );
});
