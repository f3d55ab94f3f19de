import assert from 'node:assert/strict';
import { appendFileSync } from 'node:fs';
import { test, type TestContext } from 'node:test';

import { commandWorld, START, type CommandWorld } from '../support/command-line.ts';
import { smtpSink, type SmtpSink } from '../support/smtp-sink.ts';
import type { AccountRecord } from '#policy/ports/records.ts';

const ALICE = { name: 'alice@example.org', local: 'alice', domain: 'example.org' };
const ENROLLED: AccountRecord = {
  enrolledAt: START,
  emailFactor: { confirmedAt: START },
  recoveryAddress: 'alice@example.net',
  language: 'ms',
  recoveryCodes: [],
  appPasswords: [],
};

/** A world with a relay and an enrolled account. */
async function mailWorld(t: TestContext, port?: number): Promise<{ world: CommandWorld; sink: SmtpSink }> {
  const world = commandWorld();
  t.after(world.remove);
  const sink = await smtpSink();
  t.after(() => sink.close());
  const relay = `mail: { host: 127.0.0.1, port: ${port ?? sink.port}, tls: none, from: postern@example.org }\n`;
  appendFileSync(world.configFile, relay);
  await world.withStore((store) => store.updateAccount(ALICE, () => ({ record: ENROLLED, result: undefined })));
  return { world, sink };
}

test('who is reset by an operator is told, at the mailbox and the recovery address, in the owner’s language', async (t) => {
  const { world, sink } = await mailWorld(t);
  const { code, err } = await world.run(['account', 'reset', ALICE.name, '--yes']);
  assert.deepEqual([code, err], [0, '']);
  assert.deepEqual(sink.taken.flatMap(({ to }) => to).toSorted(), ['alice@example.net', 'alice@example.org']);
  for (const { content } of sink.taken) {
    assert.match(content, /^Content-Language: ms\r$/m);
    assert.match(content, /^Subject: Pengesahan 2 Langkah telah ditetapkan semula/m);
    assert.match(content, /oleh pentadbir/);
  }
});

test('a relay that cannot be reached does not undo what was done, but is said', async (t) => {
  const { world } = await mailWorld(t, 1);
  const { code, out, err } = await world.run(['account', 'unenrol', ALICE.name, '--yes']);
  assert.equal(code, 0);
  assert.equal(out, 'alice@example.org no longer uses two-step authentication.');
  assert.equal(err, 'postern: no notice could be sent to alice@example.net: relay-unreachable');
});

test('what only reads sends nothing', async (t) => {
  const { world, sink } = await mailWorld(t);
  await world.run(['account', 'show', ALICE.name]);
  assert.deepEqual(sink.taken, []);
});
