/**
 * Every fenced block of README.md and docs/operations.md does what its document says, in the document's order, on a fresh
 * Debian with Dovecot and Postfix in use, with systemd and the single executable.
 *
 * A comment before a block says what is different about it; a comment that is not known here fails the test.
 */

import assert from 'node:assert/strict';
import { cpSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { after } from 'node:test';
import { generateSync } from 'otplib';
import { bootDebianRoot } from '../support/debian-root.ts';
import { fencedBlocks, type FencedBlock } from '../support/fenced-blocks.ts';
import { eventually, runOk } from '../support/processes.ts';
import { CLIENT_ADDRESS, inTerminal, mailWorks, ok, ORDINARY, putInUse, sieveLogin } from '../support/server-in-use.ts';

const ROOT = join(import.meta.dirname, '../..');
const FOLDER = '/root/postern';
const root = await bootDebianRoot();
after(() => root.stop());

const document = (name: string): string => readFileSync(join(ROOT, name), 'utf8');
const readme = fencedBlocks(document('README.md'));
const operations = fencedBlocks(document('docs/operations.md'));
const inPostern = (script: string): Promise<string> => ok(root, script, '', FOLDER);

let appPassword = '';

/** What is done with a block, by its note. Undefined: the block as it is, in a shell. */
const RUNS: Readonly<Record<string, (block: FencedBlock, before: FencedBlock) => Promise<void>>> = {
  '': async ({ text }) => void (await inPostern(text)),
  'the same as deploy/one-server/postern.yaml': async ({ text }) => {
    assert.equal(text, document('deploy/one-server/postern.yaml'));
  },
  'answers: the ordinary password of alice': async ({ text }) => {
    const [output, code] = await inTerminal(root, text, [[/password for user/, () => ORDINARY]]);
    assert.equal(code, 0, output);
    assert.match(output, /\* LIST .*INBOX/);
    assert.match(output, /^HTTP\/\S+ 200/m);
  },
  'answers: a code of the authenticator app': async ({ text }) => {
    const key = (output: string): string =>
      /(?:[A-Z2-7]{4} ){4,}[A-Z2-7]{1,4}/.exec(output)?.[0].replaceAll(' ', '') ?? '';
    const code = (output: string): string => generateSync({ secret: key(output) });
    const [output, exit] = await inTerminal(root, text, [[/The six digits that the app shows: /, code]]);
    assert.equal(exit, 0, output);
    appPassword = /^ *(?:[a-z0-9]{4} ){3}[a-z0-9]{4}\s*$/m.exec(output)?.[0].trim() ?? '';
    assert.notEqual(appPassword, '', output);
  },
  'answers: the app password': async ({ text }) => {
    const [refused, code] = await inTerminal(root, text, [[/password for user/, () => ORDINARY]]);
    assert.notEqual(code, 0);
    assert.match(refused, /Login denied/);
    const [taken, exit] = await inTerminal(root, text, [[/password for user/, () => appPassword]]);
    assert.equal(exit, 0, taken);
  },
  'the way back: the test goes it, reads mail, and does the block before it again': async ({ text }, before) => {
    await mailWorks(root, ORDINARY);
    assert.doesNotMatch(await greeting(), /Dovecot/);
    await inPostern(text);
    assert.match(await greeting(), /Dovecot/);
    await mailWorks(root, ORDINARY);
    await inPostern(before.text);
    assert.doesNotMatch(await greeting(), /Dovecot/);
  },
  'the id of a refusal': async ({ text }) => {
    const refusal = `curl --silent --verbose --user alice@example.org:${ORDINARY} imaps://mail.example.org/ 2>&1 || true`;
    const refusedWith = /\(id: (\w+)\)/.exec(await inPostern(refusal))?.[1] ?? '';
    const lines = text.trim().replace('e8a8b5e28e16', refusedWith);
    await eventually('the line is in the log', async () =>
      (await inPostern(`${lines} || true`)).includes('login.refused'),
    );
  },
  'file: accounts.csv': async ({ text }) => {
    await ok(root, 'cat > accounts.csv', text, FOLDER);
    assert.match(await inPostern('postern import accounts.csv --dry-run'), /No line was faulty/);
  },
};

/** Why a block is not run, and how many there are. */
const NOT_RUN = {
  'not run: the tests of the demo do, in test/demo': 2,
  'not run: it connects to a server; the test copies the same files': 1,
  'not run: it follows the log until it is interrupted': 1,
};

function greeting(): Promise<string> {
  return ok(root, '(curl --silent --verbose imaps://mail.example.org/ 2>&1 || true) | grep "^< \\* OK"');
}

async function follow(blocks: readonly FencedBlock[]): Promise<void> {
  for (const [index, block] of blocks.entries()) {
    if (block.note.startsWith('not run: ')) continue;
    const run = RUNS[block.note];
    assert.ok(run, `line ${block.line}: what does "${block.note}" mean?`);
    await run(block, blocks[index - 1] ?? block).catch((cause: unknown) => {
      throw new Error(`the block in line ${block.line}: ${String(cause)}`, { cause });
    });
    if (appPassword === '') await mailWorks(root, ORDINARY);
  }
}

test('every block is run, but for those that say why not', () => {
  const notes = [...readme, ...operations].map(({ note }) => note).filter((note) => note.startsWith('not run: '));
  const counts = Object.fromEntries(
    Object.keys(NOT_RUN).map((reason) => [reason, notes.filter((note) => note === reason).length]),
  );
  assert.deepEqual(counts, NOT_RUN);
  assert.equal(
    notes.length,
    Object.values(NOT_RUN).reduce((sum, count) => sum + count, 0),
  );
});

test('a server in use gets Postern by the blocks of the documents, and mail works after each of them', async () => {
  await putInUse(root);
  await mailWorks(root, ORDINARY);
  const place = join(root.path, FOLDER);
  mkdirSync(place);
  cpSync(join(ROOT, 'deploy'), join(place, 'deploy'), { recursive: true });
  await runOk('node', [join(ROOT, 'scripts/build.mjs'), join(place, 'postern')]);
  await follow(readme);
  await follow(operations);
  await mailWorks(root, appPassword);
});

test('Dovecot and Postfix hear from where the mail program comes, in every protocol', async () => {
  const before = (await ok(root, 'date +%s.%N')).trim();
  assert.match(await sieveLogin(root, appPassword), /^OK/m);
  await mailWorks(root, appPassword);
  const services = ['imap', 'pop3', 'managesieve'];
  // The journal has a line a moment after its program has written it.
  const log = await eventually('all of it is in the journal', async () => {
    const text = await ok(root, `journalctl --output=cat --since=@${before} --unit=dovecot --unit='postfix*'`);
    const told = services.every((service) => new RegExp(`^${service}-login: .*Login: user=`, 'm').test(text));
    return told && (text.match(/, sasl_method=XCLIENT/g) ?? []).length === 2 ? text : undefined;
  });
  for (const service of services) {
    const logins = [...log.matchAll(new RegExp(`^${service}-login: .*Login: user=.* rip=([^,]+)`, 'gm'))];
    assert.ok(logins.length > 0, `${service}\n${log}`);
    assert.deepEqual([...new Set(logins.map(([, address]) => address))], [CLIENT_ADDRESS], service);
  }
  const mails = [...log.matchAll(/ client=.*?\[(.*?)\], sasl_method=XCLIENT/g)];
  assert.deepEqual(
    mails.map(([, address]) => address),
    [CLIENT_ADDRESS, CLIENT_ADDRESS],
    log,
  );
});

test('the journal knows how grave each line is, and holds it as JSON alone', async () => {
  const journal = await ok(root, 'journalctl --unit=postern --output=json _TRANSPORT=stdout');
  const priorities: Readonly<Record<string, unknown>> = { error: '3', warn: '4', info: '6', debug: '7' };
  const levels = new Set<string>();
  for (const record of journal
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))) {
    if (record.SYSLOG_IDENTIFIER !== 'postern') continue;
    const { level } = JSON.parse(record.MESSAGE);
    assert.equal(record.PRIORITY, priorities[level], record.MESSAGE);
    levels.add(level);
  }
  assert.ok(levels.has('info') && levels.size > 1, [...levels].join());
});

test('a renewed certificate is taken over without a restart', async () => {
  const processBefore = await ok(root, 'systemctl show -P MainPID postern');
  const hook = '/etc/letsencrypt/renewal-hooks/deploy/postern';
  await ok(root, `RENEWED_LINEAGE=/etc/letsencrypt/live/mail.example.org ${hook}`);
  assert.equal(await ok(root, 'stat -c %U:%G:%a /etc/postern/tls/privkey.pem'), 'root:postern:640\n');
  assert.equal(await ok(root, 'systemctl show -P MainPID postern'), processBefore);
  await mailWorks(root, appPassword);
});

test('what root restores while the service is stopped, the service can open', async () => {
  await ok(root, 'systemctl stop postern; rm -r /var/lib/postern/*; postern restore /backup/postern.jsonl');
  assert.equal(await ok(root, "stat -c '%U:%G:%a' /var/lib/postern/* | sort -u"), 'postern:postern:600\n');
  assert.equal(await ok(root, 'stat -c %a /backup/postern.jsonl'), '600\n');
  await ok(root, 'systemctl start postern; curl --silent --fail --retry 20 --retry-all-errors 127.0.0.1:9464/readyz');
  await mailWorks(root, appPassword);
});

test('a configuration that cannot be used ends the service once, and it is not started again', async () => {
  await ok(root, 'echo "nonsense: 1" >> /etc/postern/postern.yaml; systemctl restart postern || true');
  const properties = 'systemctl show -p Result -p NRestarts -p ActiveState -p ExecMainStatus postern';
  const state = await eventually('it has ended', async () => {
    const shown = await ok(root, properties);
    return shown.includes('ActiveState=failed') ? shown : undefined;
  });
  assert.deepEqual(state.trim().split('\n').toSorted(), [
    'ActiveState=failed',
    'ExecMainStatus=78',
    'NRestarts=0',
    'Result=exit-code',
  ]);
  const errors = await ok(root, 'journalctl --unit=postern --identifier=postern --priority=err --output=cat');
  assert.match(errors, /^postern: .*nonsense/m);
});
