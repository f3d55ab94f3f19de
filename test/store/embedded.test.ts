/** The embedded store: the contract, the file itself, several processes at once, and a disk that fails. */

import assert from 'node:assert/strict';
import { mkdir, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { isFault } from '#core/fault.ts';
import { Database } from '#store/embedded/database.ts';
import { openStore } from '#store/open.ts';
import { eventually, start, temporaryDirectory, type Running } from '../support/processes.ts';
import { adapterContract } from './adapter-contract.ts';
import { accountOf, DOMAIN, EMPTY_ACCOUNT, query, saveAccount, sessionOf, storeContract } from './contract.ts';
import { openFreshFile, withDatabase } from './embedded-fresh.ts';
import type { Change } from '#core/session.ts';

storeContract('embedded', openFreshFile);
adapterContract('embedded', openFreshFile, 100_000);

const ALICE = accountOf('alice');
const WRITER = fileURLToPath(new URL('../support/embedded-writer.ts', import.meta.url));

type FreshFile = Awaited<ReturnType<typeof openFreshFile>>;

async function withFile(body: (fresh: FreshFile) => Promise<void>): Promise<void> {
  const fresh = await openFreshFile();
  try {
    await body(fresh);
  } finally {
    await fresh.close();
  }
}

async function withDirectory(body: (path: string) => Promise<void>): Promise<void> {
  const directory = await temporaryDirectory('store');
  try {
    await body(directory.path);
  } finally {
    await directory.remove();
  }
}

function writer(path: string, changes: number): Running {
  return start(process.execPath, [WRITER, path, ALICE.name, `${changes}`]);
}

function refusesToOpen(path: string, code: 'STORE_UNAVAILABLE' | 'RECORD_INVALID', message: RegExp): Promise<void> {
  return assert.rejects(
    openStore({ kind: 'embedded', path, commandTimeoutMs: 100 }),
    (error) => isFault(error, code) && message.test(error.message),
  );
}

test('the store file and its folder are for their owner only', async () => {
  await withFile(async ({ store, path }) => {
    await store.saveDomain('example.org', DOMAIN);
    const modes = await Promise.all(
      [path, `${path}-wal`, `${path}-shm`, dirname(path)].map(async (each) => (await stat(each)).mode & 0o777),
    );
    assert.deepEqual(modes, [0o600, 0o600, 0o600, 0o700]);
    assert.deepEqual(await store.check(), { usable: true, remarks: [] });
  });
});

test('check() remarks on a store file that others can read', async () => {
  await withDirectory(async (directory) => {
    const path = join(directory, 'postern.db');
    await writeFile(path, '', { mode: 0o644 });
    const store = await openStore({ kind: 'embedded', path });
    assert.match((await store.check()).remarks.join(), /can be read by other users: set its mode to 0600/);
    await store.close();
  });
});

test('everything is there after the store was closed and opened again', async () => {
  await withFile(async ({ store, another }) => {
    await store.saveDomain('example.org', DOMAIN);
    await saveAccount(store, ALICE, EMPTY_ACCOUNT);
    await store.lookupLogin(query(ALICE, 'wrong'));
    await store.touchSessions([sessionOf('s', ALICE)]);
    await store.close();
    const reopened = await another();
    const facts = await reopened.lookupLogin(query(ALICE, 'wrong'));
    assert.deepEqual(facts.domain, { record: DOMAIN, epoch: 1 });
    assert.deepEqual(facts.account, { record: EMPTY_ACCOUNT, epoch: 1 });
    assert.equal(facts.pressure.accountFailures, 1);
    assert.equal((await reopened.listSessions({ by: 'all' })).length, 1);
  });
});

test(
  'a hundred writers killed at any moment lose no change that they were told is written',
  { timeout: 240_000 },
  async () => {
    await withFile(async ({ store, path }) => {
      let acknowledged = 0;
      for (let round = 0; round < 100; round += 1) {
        const child = writer(path, 0);
        await child.line(new RegExp(`^written ${acknowledged + 1 + (round % 7)}$`));
        child.signal('SIGKILL');
        await child.ended();
        const said = child.output().match(/written (\d+)/g) ?? [];
        acknowledged = Number(said.at(-1)?.slice('written '.length));
        const { record, epoch } = await store.lookupAccount(ALICE);
        assert.ok(epoch >= acknowledged, `epoch ${epoch}, acknowledged ${acknowledged}`);
        assert.equal(record?.recoveryCodes.length, epoch);
        acknowledged = epoch;
      }
    });
  },
);

test('two processes that write at the same time lose nothing of each other', { timeout: 60_000 }, async () => {
  await withFile(async ({ store, path }) => {
    const heard: Change[] = [];
    const onGap = (): never => assert.fail('a gap');
    const watch = await store.watch({ onChange: (change) => heard.push(change), onGap });
    const children = [writer(path, 100), writer(path, 100)];
    for (const child of children) assert.equal(await child.ended(), 0, child.output());
    const { record, epoch } = await store.lookupAccount(ALICE);
    assert.equal(epoch, 200);
    for (const { pid } of children) {
      assert.equal(record?.recoveryCodes.filter((each) => each === `${pid}`).length, 100);
    }
    await eventually('this process has heard of every change', () => heard.length === 200);
    assert.deepEqual(
      heard.map((change) => change.kind === 'account' && change.epoch),
      Array.from({ length: 200 }, (_, at) => at + 1),
    );
    await watch.stop();
  });
});

test('processes that start on a new store at the same time all open it', { timeout: 60_000 }, async () => {
  await withDirectory(async (directory) => {
    const path = join(directory, 'new', 'postern.db');
    const children = [1, 2, 3, 4].map(() => writer(path, 1));
    for (const child of children) assert.equal(await child.ended(), 0, child.output());
    const store = await openStore({ kind: 'embedded', path });
    assert.equal((await store.lookupAccount(ALICE)).epoch, 4);
    await store.close();
  });
});

test('a process that slept through more changes than are kept is told of a gap', { timeout: 60_000 }, async () => {
  await withFile(async ({ store, another }) => {
    const busy = await another();
    let gaps = 0;
    const watch = await store.watch({ onChange: () => undefined, onGap: () => (gaps += 1) });
    await busy.touchSessions([sessionOf('s', ALICE)]);
    // These turns never end in between, so the watcher's poll does not run before the last of them.
    for (let at = 0; at < 10_001; at += 1) await busy.cutOffSession('s');
    await eventually('the gap is told', () => gaps === 1);
    await watch.stop();
  });
});

test('a store file of a newer release is refused', async () => {
  await withFile(async ({ store, path }) => {
    await store.close();
    withDatabase(path, (database) => database.exec('PRAGMA user_version = 99'));
    await refusesToOpen(path, 'RECORD_INVALID', /schema version 99, this release knows \d+:/);
  });
});

test('the database of another program is refused', async () => {
  await withDirectory(async (directory) => {
    const path = join(directory, 'other.db');
    withDatabase(path, (database) => database.exec('CREATE TABLE mails (id INTEGER)'));
    await refusesToOpen(path, 'RECORD_INVALID', /database of another program/);
  });
});

test('a file that is no database is refused', async () => {
  await withDirectory(async (directory) => {
    const path = join(directory, 'notes.txt');
    await writeFile(path, 'not a database, but long enough to have a header of its own\n'.repeat(100));
    await refusesToOpen(path, 'STORE_UNAVAILABLE', /is not a database: give another path/);
  });
});

test('a path where no file can be made says what to do', async () => {
  await withDirectory(async (directory) => {
    const file = join(directory, 'file');
    await writeFile(file, '');
    await refusesToOpen(join(file, 'postern.db'), 'STORE_UNAVAILABLE', /cannot be made .*choose a folder/);
    const folder = join(directory, 'folder');
    await mkdir(folder);
    await refusesToOpen(folder, 'STORE_UNAVAILABLE', /cannot be opened: check that the folder exists/);
  });
});

test('a store that another program keeps locked is unavailable in time, and works when it lets go', async () => {
  await withFile(async ({ store, path }) => {
    await store.saveDomain('example.org', DOMAIN);
    const quick = await openStore({ kind: 'embedded', path, commandTimeoutMs: 100 });
    const locked = (error: unknown): boolean =>
      isFault(error, 'STORE_UNAVAILABLE') && /locked by another process/.test(error.message);
    const locker = new DatabaseSync(path);
    locker.exec('BEGIN IMMEDIATE');
    await assert.rejects(quick.saveDomain('example.org', DOMAIN), locked);
    await assert.rejects(saveAccount(quick, ALICE, EMPTY_ACCOUNT), locked);
    await assert.rejects(quick.lookupLogin(query(ALICE, 'a')), locked);
    assert.equal((await quick.check()).usable, false);
    assert.equal((await quick.lookupDomain('example.org')).epoch, 1); // reading goes on
    locker.exec('ROLLBACK');
    locker.close();
    assert.equal(await quick.saveDomain('example.org', DOMAIN), 2);
    assert.equal((await quick.check()).usable, true);
    await quick.close();
  });
});

test('a full disk is said to be one, and the change that met it is undone', async () => {
  await withFile(async ({ path }) => {
    const database = new Database({ path, busyTimeoutMs: 100, synchronous: 'full' });
    database.execute('PRAGMA max_page_count = 1'); // SQLite keeps to the pages it has
    const insert = 'INSERT INTO audit (stream, entry, expires_at) VALUES (?, ?, 0)';
    const fill = (): void =>
      database.transaction(() => {
        for (let at = 0; at < 100; at += 1) database.run(insert, [`${at}`, 'x'.repeat(10_000)]);
      });
    assert.throws(fill, (error) => isFault(error, 'STORE_UNAVAILABLE') && /the disk is full/.test(error.message));
    assert.equal(withDatabase(path, (raw) => raw.prepare('SELECT * FROM audit').all()).length, 0);
    database.close();
  });
});

test('a file that cannot be written says whose it has to be', async () => {
  await withFile(async ({ path }) => {
    const database = new Database({ path, busyTimeoutMs: 100, synchronous: 'full' });
    database.execute('PRAGMA query_only = ON');
    assert.throws(
      () => database.run('DELETE FROM audit'),
      (error) => isFault(error, 'STORE_UNAVAILABLE') && /belong to the user that runs this program/.test(error.message),
    );
    database.close();
  });
});

test('rows that may expire are taken away by later logins', async () => {
  await withFile(async ({ store, path }) => {
    const rows = (table: string): number =>
      withDatabase(path, (database) => database.prepare(`SELECT * FROM ${table}`).all()).length;
    const lasting = {
      account: ALICE,
      network: '198.51.100.1/32',
      secretFingerprint: 'm',
      protocol: 'imap',
      appPasswordId: 'p',
    };
    await store.recordSuccess({ ...lasting, now: 0, protocol: 'imap' });
    for (let at = 0; at < 150; at += 1) {
      await store.lookupLogin(query(accountOf(`u${at}`), 'x', { network: `192.0.2.${at}/32`, now: 1000 }));
    }
    assert.deepEqual([rows('wrong'), rows('verdict'), rows('known_network'), rows('last_use')], [300, 150, 1, 1]);
    for (let at = 0; at < 4; at += 1) await store.lookupLogin(query(ALICE, 'y'));
    assert.deepEqual([rows('wrong'), rows('verdict'), rows('known_network'), rows('last_use')], [2, 1, 0, 0]);
  });
});

test('a store that was closed refuses every call', async () => {
  await withFile(async ({ store }) => {
    await store.close();
    const closed = (error: unknown): boolean => isFault(error, 'STORE_UNAVAILABLE');
    await assert.rejects(store.lookupLogin(query(ALICE, 'a')), closed);
    await assert.rejects(store.saveDomain('example.org', DOMAIN), closed);
    await assert.rejects(store.watch({ onChange: () => undefined, onGap: () => undefined }), closed);
    assert.equal((await store.check()).usable, false);
  });
});
