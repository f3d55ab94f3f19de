/** The demo's mail server by itself, used the way mail programs and the gateway use it. */

import assert from 'node:assert/strict';
import test, { after } from 'node:test';
import { ImapFlow } from 'imapflow';
import { createTransport } from 'nodemailer';
import { ANNA, AS_ANNA, BENO, startDemoMailServer } from '../support/demo-mail-server.ts';
import { Wire } from '../support/wire.ts';

let server = await startDemoMailServer();
after(() => server.stop());

interface Login {
  readonly user: string;
  readonly pass: string;
}

async function withImap<T>(auth: Login, use: (client: ImapFlow) => Promise<T>): Promise<T> {
  const client = new ImapFlow({
    host: '127.0.0.1',
    port: server.imap,
    secure: false,
    auth: { ...auth },
    logger: false,
  });
  await client.connect();
  try {
    return await use(client);
  } finally {
    await client.logout();
  }
}

async function appended(client: ImapFlow, folder: string, raw: string, flags: string[] = []): Promise<number> {
  const result = await client.append(folder, Buffer.from(raw), flags);
  assert.ok(result !== false && result.uid !== undefined);
  return result.uid;
}

test('an account finds its folders with their special uses, and a message to begin with', async () => {
  await withImap(ANNA, async (client) => {
    const folders = await client.list();
    assert.deepEqual(
      folders.map((folder) => [folder.path, folder.specialUse]),
      [
        ['INBOX', '\\Inbox'],
        ['Sent', '\\Sent'],
        ['Drafts', '\\Drafts'],
        ['Junk', '\\Junk'],
        ['Trash', '\\Trash'],
      ],
    );
    await client.mailboxOpen('INBOX');
    const first = await client.fetchOne('1', { envelope: true });
    assert.ok(first);
    assert.equal(first.envelope?.subject, 'Welcome to the Postern demo');
  });
});

test('a wrong password is refused, and so is a wrong master', async () => {
  const wrong = [
    { user: ANNA.user, pass: BENO.pass },
    { user: AS_ANNA.user, pass: ANNA.pass },
    { user: `${ANNA.user}*other`, pass: AS_ANNA.pass },
    { user: 'constructor', pass: 'x' },
    { user: 'nobody@example.org', pass: AS_ANNA.pass },
  ];
  for (const login of wrong) {
    await assert.rejects(
      withImap(login, async () => undefined),
      { authenticationFailed: true },
    );
  }
});

test('a master login opens the account, and does not tell its user who the master is', async () => {
  const wire = await Wire.open(server.imap);
  await wire.until(/^\* OK .*\r\n/);
  const answer = await wire.say(`a LOGIN "${AS_ANNA.user}" "${AS_ANNA.pass}"`, /^a .*\r\n/m);
  assert.match(answer, /^a OK anna@example\.org authenticated\r\n/m);
  wire.close();
});

test('a message comes back byte for byte, 8-bit and odd line ends included', async () => {
  const raw = 'Subject: odd\r\nX-Folded: a\r\n\tb\r\n\r\n.\r\n..\r\nüber \x80\r\nbare\nend without a line break';
  await withImap(ANNA, async (client) => {
    await client.mailboxOpen('Drafts');
    const uid = await appended(client, 'Drafts', raw);
    const message = await client.fetchOne(`${uid}`, { source: true, size: true, headers: true }, { uid: true });
    assert.ok(message);
    assert.equal(message.source?.toString(), raw);
    assert.equal(message.size, Buffer.byteLength(raw));
    const part = await client.fetchOne(`${uid}`, { source: { start: 5, maxLength: 9 } }, { uid: true });
    assert.ok(part);
    assert.equal(part.source?.toString(), raw.slice(5, 14));
  });
});

test('flags, copies, moves and removals are kept', async () => {
  await withImap(BENO, async (client) => {
    await client.mailboxOpen('INBOX');
    const uid = await appended(client, 'INBOX', 'Subject: to be moved\r\n\r\nx\r\n', ['\\Flagged', '$Label1']);
    assert.deepEqual(await client.search({ keyword: '$Label1' }, { uid: true }), [uid]);
    await client.messageFlagsAdd(`${uid}`, ['\\Answered'], { uid: true });
    await client.messageFlagsRemove(`${uid}`, ['\\Flagged'], { uid: true });
    const copied = await client.messageCopy(`${uid}`, 'Sent', { uid: true });
    assert.ok(copied && copied.uidMap?.has(uid));
    const moved = await client.messageMove(`${uid}`, 'Trash', { uid: true });
    assert.ok(moved);
    assert.deepEqual(await client.search({ subject: 'to be moved' }, { uid: true }), []);

    await client.mailboxOpen('Trash');
    const message = await client.fetchOne('*', { flags: true, envelope: true });
    assert.ok(message);
    assert.deepEqual([...(message.flags ?? [])].sort(), ['$Label1', '\\Answered']);
    await client.messageDelete('*');
    const trash = await client.status('Trash', { messages: true });
    assert.ok(trash);
    assert.equal(trash.messages, 0);
    const sent = await client.status('Sent', { messages: true, unseen: true, uidNext: true });
    assert.ok(sent);
    assert.deepEqual([sent.messages, sent.unseen], [1, 1]);
  });
});

test('searches look into headers, text, dates and sizes', async () => {
  await withImap(BENO, async (client) => {
    await client.mailboxOpen('Drafts');
    const uid = await appended(
      client,
      'Drafts',
      'From: Zoë <zoe@example.org>\r\nSubject: haystack\r\n\r\na needle\r\n',
    );
    const hits = [
      { body: 'NEEDLE' },
      { from: 'zoe' },
      { since: new Date('2020-01-01'), smaller: 1000 },
      { or: [{ subject: 'haystack' }, { subject: 'other' }] },
    ];
    for (const query of hits) assert.deepEqual(await client.search(query, { uid: true }), [uid], JSON.stringify(query));
    for (const query of [{ body: 'thread' }, { seen: true }, { larger: 1000 }]) {
      assert.deepEqual(await client.search(query, { uid: true }), [], JSON.stringify(query));
    }
  });
});

test('folders are made, renamed with what is below, and removed; the fixed ones stay', async () => {
  await withImap(ANNA, async (client) => {
    await client.mailboxCreate(['Work', 'Prüfung']);
    await client.mailboxRename('Work', 'Old');
    const paths = (await client.list()).map((folder) => folder.path);
    assert.ok(paths.includes('Old/Prüfung') && !paths.includes('Work/Prüfung'), paths.join());
    await client.mailboxDelete('Old/Prüfung');
    await assert.rejects(client.mailboxDelete('Sent'));
    await assert.rejects(client.mailboxRename('INBOX', 'Other'));
    const created = await client.mailboxCreate('Sent');
    assert.equal(created.created, false);
  });
});

test('an idle session hears of mail that another one submits', async () => {
  await withImap(AS_ANNA, async (client) => {
    const { exists } = await client.mailboxOpen('INBOX');
    const heard = new Promise<number>((resolve) => client.once('exists', ({ count }) => resolve(count)));
    void client.idle();
    const transport = createTransport({ host: '127.0.0.1', port: server.submission, ignoreTLS: true, auth: BENO });
    await transport.sendMail({ from: BENO.user, to: ANNA.user, subject: 'While idle', text: '.\r\n' });
    assert.equal(await heard, exists + 1);
    const message = await client.fetchOne('*', { source: true, flags: true });
    assert.ok(message);
    assert.match(
      message.source?.toString() ?? '',
      /^Return-Path: <beno@example\.org>\r\nReceived: from \[127\.0\.0\.1\]/,
    );
    assert.deepEqual([...(message.flags ?? [])], []);
  });
});

test('submission takes the own address to known accounts, and nothing else', async () => {
  const transport = createTransport({ host: '127.0.0.1', port: server.submission, ignoreTLS: true, auth: AS_ANNA });
  const mail = { from: ANNA.user, to: BENO.user, text: 'x' };
  await assert.rejects(transport.sendMail({ ...mail, from: BENO.user }), { responseCode: 553 });
  await assert.rejects(transport.sendMail({ ...mail, to: 'someone@elsewhere.example' }), { responseCode: 550 });
  const anonymous = createTransport({ host: '127.0.0.1', port: server.submission, ignoreTLS: true });
  await assert.rejects(anonymous.sendMail(mail), { responseCode: 530 });
  const stranger = { host: '127.0.0.1', port: server.submission, ignoreTLS: true, auth: { ...ANNA, pass: 'wrong' } };
  await assert.rejects(createTransport(stranger).sendMail(mail), { responseCode: 535 });
});

test('POP3 lists, reads and deletes the INBOX', async () => {
  const wire = await Wire.open(server.pop3);
  await wire.until(/^\+OK .*\r\n/);
  await wire.say(`USER ${AS_ANNA.user}`, /^\+OK .*\r\n/);
  const drop = /has (\d+) message/.exec(await wire.say(`PASS ${AS_ANNA.pass}`, /^\+OK .*\r\n/))?.[1];
  assert.match(await wire.say('RETR 1', /\r\n\.\r\n/), /^Subject: Welcome to the Postern demo\r$/m);
  await wire.say(`DELE ${drop}`, /^\+OK .*deleted\r\n/);
  await wire.say('QUIT', /^\+OK Bye\r\n/);
  await withImap(ANNA, async (client) => {
    const inbox = await client.status('INBOX', { messages: true });
    assert.ok(inbox);
    assert.equal(inbox.messages, Number(drop) - 1);
  });
});

test('everything is still there after a restart', async () => {
  const uid = await withImap(ANNA, (client) => appended(client, 'Drafts', 'Subject: kept\r\n\r\nx\r\n', ['\\Draft']));
  const before = await withImap(ANNA, (client) => client.status('Drafts', { uidValidity: true, messages: true }));
  server = await server.restart();
  await withImap(ANNA, async (client) => {
    assert.deepEqual(await client.status('Drafts', { uidValidity: true, messages: true }), before);
    await client.mailboxOpen('Drafts');
    const message = await client.fetchOne(`${uid}`, { flags: true, envelope: true }, { uid: true });
    assert.ok(message);
    assert.equal(message.envelope?.subject, 'kept');
    assert.deepEqual([...(message.flags ?? [])], ['\\Draft']);
  });
});
