import test from 'node:test';
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { begin, MAX_RESPONSE_BYTES, respond } from '#sasl/exchange.ts';
import type { SaslStep } from '#sasl/exchange.ts';
import { encodeBase64 } from '#wire/base64.ts';
import { MECHANISMS } from '#sasl/mechanisms.ts';

const ALL = [...MECHANISMS.keys()];

function start(mechanism: string, initialResponse?: string): SaslStep {
  return begin({ mechanism, initialResponse, offered: ALL });
}

function startWith(mechanism: string, message: string | Uint8Array): SaslStep {
  return start(mechanism, encodeBase64(message));
}

/** The step in one readable line, with the secret shown. */
function show(step: SaslStep): string {
  if (step.kind === 'fault') return step.fault;
  if (step.kind === 'challenge') return `challenge ${Buffer.from(step.challenge, 'base64').toString()}`;
  const { mechanism, authcid, authzid, offered } = step.credentials;
  const proof = offered.kind === 'password' ? offered.password : offered.token;
  return [mechanism, `${authcid}${authzid === undefined ? '' : ` for ${authzid}`}`, offered.kind, proof.expose()].join(
    ' ',
  );
}

function answer(step: SaslStep, message: string): SaslStep {
  assert.equal(step.kind, 'challenge');
  return step.kind === 'challenge' ? respond(step.state, message) : step;
}

test('the PLAIN examples of RFC 4616 §4 give their credentials', () => {
  assert.equal(show(startWith('PLAIN', '\0tim\0tanstaaftanstaaf')), 'PLAIN tim password tanstaaftanstaaf');
  assert.equal(show(startWith('PLAIN', 'Ursel\0Kurt\0xipj3plmq')), 'PLAIN Kurt for Ursel password xipj3plmq');
});

test('without an initial response PLAIN gets an empty challenge', () => {
  const step = start('PLAIN');
  assert.equal(show(step), 'challenge ');
  assert.equal(show(answer(step, encodeBase64('\0tim\0secret'))), 'PLAIN tim password secret');
});

test('PLAIN keeps UTF-8, spaces and line breaks of a password as they are', () => {
  assert.equal(show(startWith('PLAIN', '\0grün@x\0 pä ss\r\n')), 'PLAIN grün@x password  pä ss\r\n');
});

test('a PLAIN message that could be read in two ways is malformed', () => {
  const messages = ['', 'a', '\0a', '\0\0pw', '\0a\0b\0', '\0a\0b\0c', 'z\r\0a\0b', '\0a\n\0b', '\0a\rb\0c'];
  for (const message of messages) assert.equal(show(startWith('PLAIN', message)), 'malformed', JSON.stringify(message));
  const latin1 = Buffer.from('\0grün\0x', 'latin1');
  assert.equal(show(startWith('PLAIN', latin1)), 'malformed');
});

test('a password is the octets that came, whatever they are, and may be empty', () => {
  const octets = Buffer.from('p\xe4ssw\xf6rt\xff', 'latin1');
  const plain = startWith('PLAIN', Buffer.concat([Buffer.from('\0tim\0'), octets]));
  const login = answer(startWith('LOGIN', 'tim'), octets.toString('base64'));
  for (const step of [plain, login]) {
    assert.ok(step.kind === 'credentials' && step.credentials.offered.kind === 'password');
    assert.deepEqual(step.credentials.offered.password.exposeBytes(), octets);
  }
  assert.equal(show(startWith('PLAIN', '\0tim\0')), 'PLAIN tim password ');
  assert.equal(show(answer(startWith('LOGIN', 'tim'), '')), 'LOGIN tim password ');
});

test('LOGIN asks Username: and Password: and takes the name as initial response', () => {
  const first = start('LOGIN');
  assert.equal(show(first), 'challenge Username:');
  const second = answer(first, encodeBase64('tim'));
  assert.equal(show(second), 'challenge Password:');
  assert.equal(show(answer(second, encodeBase64('se cret'))), 'LOGIN tim password se cret');
  assert.equal(show(answer(startWith('LOGIN', 'tim'), encodeBase64('x'))), 'LOGIN tim password x');
});

test('LOGIN refuses an empty or impossible name before it asks for the password', () => {
  for (const name of ['', 'a\0', 'a\nb']) assert.equal(show(answer(start('LOGIN'), encodeBase64(name))), 'malformed');
  assert.equal(show(start('LOGIN', '=')), 'malformed');
  for (const password of ['\0', 'a\0b']) {
    assert.equal(show(answer(startWith('LOGIN', 'tim'), encodeBase64(password))), 'malformed');
  }
});

test('the OAUTHBEARER example of RFC 7628 §4.1 gives a token', () => {
  const message =
    'n,a=user@example.com,\x01host=server.example.com\x01port=143\x01auth=Bearer vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==\x01\x01';
  assert.equal(
    show(startWith('OAUTHBEARER', message)),
    'OAUTHBEARER user@example.com token vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==',
  );
});

test('OAUTHBEARER decodes commas and equal signs in the name', () => {
  assert.equal(show(startWith('OAUTHBEARER', 'y,a=a=2Cb=3Dc,\x01auth=bearer t\x01\x01')), 'OAUTHBEARER a,b=c token t');
});

test('OAUTHBEARER and XOAUTH2 refuse what they cannot read', () => {
  const bearer = ['', 'n,,\x01auth=Bearer t\x01\x01', 'p=x,a=u,\x01auth=Bearer t\x01\x01', 'n,a=u,\x01\x01', '\x01'];
  bearer.push('n,a=u,\x01auth=Bearer t\x01', 'n,a=u,\x01auth=Basic t\x01\x01', 'n,a=u,\x01auth=Bearer \x01\x01');
  bearer.push(
    'n,a=u,\x01auth=Bearer t\x01auth=Bearer u\x01\x01',
    'n,a=u,\x01=\x01auth=Bearer t\x01\x01',
    'n,a=u=,\x01auth=Bearer t\x01\x01',
  );
  for (const message of bearer)
    assert.equal(show(startWith('OAUTHBEARER', message)), 'malformed', JSON.stringify(message));
  const x = [
    '',
    'user=\x01auth=Bearer t\x01\x01',
    'User=u\x01auth=Bearer t\x01\x01',
    'user=u\x01auth=Bearer t',
    'user=u\n\x01auth=Bearer t\x01\x01',
  ];
  for (const message of x) assert.equal(show(startWith('XOAUTH2', message)), 'malformed', JSON.stringify(message));
});

test('XOAUTH2 gives a token, and both token mechanisms carry a challenge for refusals', () => {
  const step = startWith('XOAUTH2', 'user=tim@example.com\x01auth=Bearer ya29.x-_~\x01\x01');
  assert.equal(show(step), 'XOAUTH2 tim@example.com token ya29.x-_~');
  assert.ok(step.kind === 'credentials');
  const challenge = Buffer.from(step.credentials.refusalChallenge ?? '', 'base64').toString();
  assert.deepEqual(JSON.parse(challenge), { status: '401', schemes: 'bearer' });
  const plain = startWith('PLAIN', '\0a\0b');
  assert.ok(plain.kind === 'credentials');
  assert.equal(plain.credentials.refusalChallenge, undefined);
});

test('a lone = is an empty initial response, and only there', () => {
  assert.equal(show(start('PLAIN', '=')), 'malformed');
  assert.equal(show(answer(start('PLAIN'), '=')), 'malformed');
});

test('* aborts, bad base64 is malformed, and a response over the limit is too long', () => {
  assert.equal(show(answer(start('PLAIN'), '*')), 'aborted');
  assert.equal(show(answer(startWith('LOGIN', 'tim'), '*')), 'aborted');
  assert.equal(show(start('PLAIN', '*')), 'malformed');
  assert.equal(show(answer(start('PLAIN'), 'AGEAYg=')), 'malformed');
  assert.equal(show(answer(start('PLAIN'), 'A'.repeat(MAX_RESPONSE_BYTES + 4))), 'too-long');
});

test('a mechanism that is unknown or not offered is unsupported', () => {
  for (const name of ['EXTERNAL', 'CRAM-MD5', '', 'constructor', 'PLAIN ', '%s%n']) {
    assert.equal(show(start(name)), 'unsupported-mechanism');
  }
  assert.equal(
    show(begin({ mechanism: 'LOGIN', initialResponse: undefined, offered: ['PLAIN'] })),
    'unsupported-mechanism',
  );
  assert.equal(
    show(begin({ mechanism: 'EXTERNAL', initialResponse: '=', offered: ['EXTERNAL'] })),
    'unsupported-mechanism',
  );
  assert.equal(show(respond({ mechanism: 'EXTERNAL', responses: [] }, '')), 'unsupported-mechanism');
});

test('mechanism names are read without case', () => {
  assert.equal(show(startWith('plain', '\0a\0b')), 'PLAIN a password b');
});

test('random answers end in credentials that hold no NUL, or in a fault', () => {
  const part = fc.oneof(
    fc.string({ maxLength: 4 }),
    fc.constantFrom('\0', '\x01', 'user=', 'n,a=', ',', 'auth=Bearer t'),
  );
  const message = fc.array(part, { maxLength: 8 }).map((parts) => parts.join(''));
  fc.assert(
    fc.property(fc.constantFrom(...ALL), fc.array(message, { minLength: 3, maxLength: 3 }), (mechanism, messages) => {
      let step = start(mechanism);
      for (const text of messages) if (step.kind === 'challenge') step = respond(step.state, encodeBase64(text));
      assert.notEqual(step.kind, 'challenge');
      if (step.kind !== 'credentials') return;
      const { authcid, offered } = step.credentials;
      const proof = offered.kind === 'password' ? offered.password : offered.token;
      assert.match(authcid, /^[^\0\r\n]+$/);
      assert.match(proof.expose(), /^[^\0]*$/);
    }),
    { seed: 1, numRuns: 500 },
  );
});
