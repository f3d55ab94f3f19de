/** What an observer of a dialogue is told: every step, and nothing that a client sent. */

import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { PROTOCOLS, type Protocol } from '#core/protocols.ts';
import { ANSWERS, playFront, SERVICES, type FrontInput } from '../fuzz/fronts.ts';
import { CLIENT_GRAMMARS } from '../fuzz/grammars.ts';

const TLS: FrontInput = { served: 'tls', pieces: [], answers: ['wrong-credentials', 'accepted'] };

/** The steps as `input > state: replies`. */
function told(protocol: Protocol, pieces: readonly string[], input: FrontInput = TLS): readonly string[] {
  return playFront(protocol, input, pieces).steps.map(
    ({ input: came, state, replies }) => `${came} > ${state}: ${replies.join(', ')}`,
  );
}

test('the steps of an IMAP login are told by verb, state and code', () => {
  const pieces = ['a ID ("name" "x")\r\nb LOGIN alice secret\r\nc AUTHENTICATE LOGIN\r\nYWxpY2U=\r\nc2VjcmV0\r\n'];
  assert.deepEqual(told('imap', pieces), [
    'connect > command: OK CAPABILITY',
    'ID [arguments] > command: OK',
    'LOGIN [name and secret] > deciding: ',
    'answer deny wrong-credentials > command: NO AUTHENTICATIONFAILED',
    'AUTHENTICATE LOGIN > sasl: +',
    '[response] > sasl: +',
    '[response] > deciding: ',
    'answer accepted > command: ',
  ]);
});

test('the steps of a POP3 login are told by verb, state and code', () => {
  assert.deepEqual(told('pop3', ['USER alice\r\nPASS one two\r\nXYZZY\r\nAUTH PLAIN AGFsaWNlAHNlY3JldA==\r\n']), [
    'connect > command: +OK',
    'USER [name] > user-given: +OK',
    'PASS [secret] > command: ',
    'answer deny wrong-credentials > command: -ERR AUTH',
    '[unknown command] > command: -ERR',
    'AUTH PLAIN [secret] > command: ',
    'answer accepted > command: ',
  ]);
});

test('the steps of a submission login are told by verb, state and code', () => {
  const pieces = ['EHLO x\r\nMAIL FROM:<>\r\nAUTH NTLM x\r\nAUTH PLAIN\r\nAGFsaWNlAHNlY3JldA==\r\n'];
  assert.deepEqual(told('submission', pieces), [
    'connect > command: 220',
    'EHLO [name] > command: 250',
    'MAIL [arguments] > command: 530 5.7.0',
    'AUTH [mechanism] [secret] > command: 504 5.5.4',
    'AUTH PLAIN > sasl: 334',
    '[response] > command: ',
    'answer deny wrong-credentials > command: 535 5.7.8',
    'stop drain > command: 421 4.3.2',
  ]);
});

test('the steps of a ManageSieve login are told by verb, state and code, with STARTTLS', () => {
  const pieces = ['NOOP "tag"\r\n', 'AUTHENTICATE "PLAIN" "AGFsaWNlAHNlY3JldA=="\r\n', 'STARTTLS\r\n'];
  assert.deepEqual(told('sieve', [...pieces, 'LOGOUT\r\n'], { ...TLS, served: 'starttls' }), [
    'connect > command: OK',
    'NOOP [arguments] > command: OK TAG',
    'AUTHENTICATE PLAIN [secret] > command: NO ENCRYPT-NEEDED',
    'STARTTLS > command: OK',
    'tls > command: OK',
    'LOGOUT > command: OK',
  ]);
});

interface Sent extends Omit<FrontInput, 'pieces'> {
  readonly secret: string;
  readonly beginning: string;
  readonly pieces: string[];
}

/** Where a client may put a secret, rightly or out of step: as a tag, a verb, a name, a line of its own, a fake reply. */
function slots(secret: string): readonly string[] {
  const base64 = Buffer.from(`\0alice\0${secret}`).toString('base64');
  const inside = Buffer.from(secret).toString('base64');
  return [
    `b LOGIN ${secret} ${secret}\r\n`,
    `b LOGIN {5}\r\nalice {${secret.length}+}\r\n${secret}\r\n`,
    `${secret} NOOP\r\n`,
    `${secret} ${secret}\r\n`,
    `a ${secret} x\r\n`,
    `d ID ("${secret}" "${secret}")\r\n`,
    `c AUTHENTICATE PLAIN ${base64}\r\n`,
    `c AUTHENTICATE ${secret}\r\n`,
    `USER ${secret}\r\n`,
    `PASS ${secret}\r\n`,
    `AUTH PLAIN ${base64}\r\n`,
    `AUTH ${secret} ${secret}\r\n`,
    `EHLO ${secret}\r\n`,
    `MAIL FROM:<${secret}>\r\n`,
    `AUTHENTICATE "PLAIN" "${base64}"\r\n`,
    `AUTHENTICATE "${secret}"\r\n`,
    `NOOP "${secret}"\r\n`,
    `NOOP {${secret.length + 9}+}\r\n\r\nNO (${secret})\r\n\r\n`,
    `${secret}\r\n`,
    `${base64}\r\n`,
    `${inside}\r\n`,
    `"${base64}"\r\n`,
    `"${inside}"\r\n`,
    secret,
  ];
}

for (const protocol of PROTOCOLS) {
  test(`whatever a client sends where, no step of ${protocol} tells a secret of it`, () => {
    // Capitals alone fit wherever a code of ours would; no word of ours begins like them.
    const secrets = fc.stringMatching(/^XQ[A-Z]{6,14}$/);
    const inputs = secrets.chain((secret) =>
      fc.record({
        secret: fc.constant(secret),
        beginning: fc.constantFrom(...CLIENT_GRAMMARS[protocol].beginnings),
        pieces: fc.array(fc.constantFrom(...slots(secret), ...CLIENT_GRAMMARS[protocol].words), { maxLength: 12 }),
        served: fc.constantFrom(...SERVICES),
        answers: fc.array(fc.constantFrom(...ANSWERS), { maxLength: 12 }),
      }),
    );
    const play = ({ secret, beginning, pieces, ...input }: Sent): void => {
      const steps = JSON.stringify(playFront(protocol, { ...input, pieces }, [beginning, ...pieces]).steps);
      const forms = [secret, secret.slice(0, 6), Buffer.from(secret).toString('base64').slice(0, 6), 'AGFsaWNl'];
      for (const form of forms) assert.ok(!steps.toUpperCase().includes(form.toUpperCase()), steps);
    };
    fc.assert(fc.property(inputs, play), { numRuns: 1500, seed: 7 });
  });
}
