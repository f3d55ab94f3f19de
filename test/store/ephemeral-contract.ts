/** What policy/ports/ephemeral.ts promises of expiring records, as tests for any store. */

import assert from 'node:assert/strict';

import type {
  BrowserSessionRecord,
  EphemeralRef,
  OneTimeCodeRecord,
  TrustedBrowserRecord,
} from '#policy/ports/ephemeral.ts';
import type { StoreCaps } from '#store/caps.ts';
import { eventually } from '../support/processes.ts';
import type { Fresh } from './contract.ts';

type Contract = (title: string, body: (fresh: Fresh) => Promise<void>, caps?: Partial<StoreCaps>) => void;

const ALICE = 'alice@example.org';
const BOB = 'bob@example.org';
const HOUR_MS = 3_600_000;

function inAnHour(): number {
  return Date.now() + HOUR_MS;
}

function sessionRef(id: string, owner: string | undefined = ALICE): EphemeralRef<'browser-session'> {
  return { kind: 'browser-session', id, owner };
}

function sessionValue(factorsMark: string): BrowserSessionRecord {
  return { account: ALICE, level: 'password', factorsMark, createdAt: 1, network: '192.0.2.0/24', browser: 'Firefox' };
}

const CODE_REF: EphemeralRef<'one-time-code'> = { kind: 'one-time-code', id: 'sign-in', owner: ALICE };
const CODE: OneTimeCodeRecord = { digest: 'd', keyId: 'k', address: 'a@example.net', wrongTries: 0, sentAt: 1 };
const TRUST: TrustedBrowserRecord = {
  account: ALICE,
  browser: 'Firefox',
  network: '192.0.2.0/24',
  createdAt: 1,
  usedAt: 2,
  factorsMark: 'm',
};

/** Registers these tests. */
export function ephemeralContract(contract: Contract): void {
  readingContract(contract);
  swappingContract(contract);
  endingContract(contract);
}

function readingContract(contract: Contract): void {
  contract('an expiring record comes back as it was written, on every connection', async ({ store, another }) => {
    const other = await another();
    const expiresAt = inAnHour();
    const value: BrowserSessionRecord = {
      ...sessionValue('one'),
      level: 'full',
      secondFactorAt: 2,
      language: 'ms',
      trustedBrowser: 't',
    };
    await store.ephemeral.put(sessionRef('s'), { value, expiresAt });
    const found = await other.ephemeral.load(sessionRef('s'));
    assert.deepEqual({ ...found, version: '' }, { id: 's', value, expiresAt, version: '' });
    assert.equal(await store.ephemeral.load(sessionRef('other')), undefined);
  });

  contract('kind, owner and id together name an expiring record', async ({ store }) => {
    const expiresAt = inAnHour();
    const refs = [sessionRef('s'), sessionRef('s', BOB), { ...sessionRef('s'), owner: undefined }, sessionRef('t')];
    for (const [at, ref] of refs.entries()) {
      await store.ephemeral.put(ref, { value: sessionValue(`${at}`), expiresAt });
    }
    await store.ephemeral.put({ kind: 'trusted-browser', id: 's', owner: ALICE }, { value: TRUST, expiresAt });
    for (const [at, ref] of refs.entries()) {
      assert.equal((await store.ephemeral.load(ref))?.value.factorsMark, `${at}`);
    }
  });

  contract('hostile ids and owners stay apart', async ({ store }) => {
    const names = ['a', 'a:b', 'a}', '{a}', '%61', 'a\r\nDEL x', 'a\0', "a'; --", '*', 'A', ''];
    const refs = names.flatMap((id) => names.filter((owner) => owner !== '').map((owner) => sessionRef(id, owner)));
    for (const [at, ref] of refs.entries()) {
      await store.ephemeral.put(ref, { value: sessionValue(`${at}`), expiresAt: inAnHour() });
    }
    for (const [at, ref] of refs.entries()) {
      assert.equal((await store.ephemeral.load(ref))?.value.factorsMark, `${at}`);
    }
    assert.equal((await store.ephemeral.listOf('a:b', 'browser-session')).length, names.length);
  });

  contract('the records of an owner are listed with their ids, the first to expire in front', async ({ store }) => {
    const now = Date.now();
    for (const [id, minutes] of [
      ['late', 30],
      ['early', 10],
      ['middle', 20],
    ] as const) {
      await store.ephemeral.put(sessionRef(id), { value: sessionValue(id), expiresAt: now + minutes * 60_000 });
    }
    await store.ephemeral.put(sessionRef('bobs', BOB), { value: sessionValue('b'), expiresAt: now + HOUR_MS });
    await store.ephemeral.put(CODE_REF, { value: CODE, expiresAt: now + HOUR_MS });
    const listed = await store.ephemeral.listOf(ALICE, 'browser-session');
    assert.deepEqual(
      listed.map(({ id, value, expiresAt }) => [id, value.factorsMark, expiresAt]),
      [
        ['early', 'early', now + 600_000],
        ['middle', 'middle', now + 1_200_000],
        ['late', 'late', now + 1_800_000],
      ],
    );
  });

  contract('an expired record is gone from everywhere', async ({ store }) => {
    await store.ephemeral.put(sessionRef('short'), { value: sessionValue('x'), expiresAt: Date.now() + 60 });
    await store.ephemeral.put(sessionRef('long'), { value: sessionValue('y'), expiresAt: inAnHour() });
    const loaded = await store.ephemeral.load(sessionRef('short'));
    await eventually('it has expired', async () => (await store.ephemeral.load(sessionRef('short'))) === undefined);
    const late = { version: loaded?.version, value: sessionValue('z'), expiresAt: inAnHour() };
    assert.equal(await store.ephemeral.consume(sessionRef('short')), undefined);
    if (loaded !== undefined) assert.equal(await store.ephemeral.update(sessionRef('short'), late), false);
    const left = await store.ephemeral.listOf(ALICE, 'browser-session');
    assert.deepEqual(
      left.map(({ id }) => id),
      ['long'],
    );
    assert.equal(await store.ephemeral.endAll(ALICE, ['browser-session']), 1);
  });

  contract(
    'of one kind an owner has only as many as the caps say',
    async ({ store }) => {
      const now = Date.now();
      const put = (id: string, minutes: number, owner = ALICE) =>
        store.ephemeral.put(sessionRef(id, owner), { value: sessionValue(id), expiresAt: now + minutes * 60_000 });
      await put('bobs', 1, BOB);
      await put('first', 10);
      await put('second', 20);
      await put('third', 30);
      await put('fourth', 5);
      const left = await store.ephemeral.listOf(ALICE, 'browser-session');
      assert.deepEqual(
        left.map(({ id }) => id),
        ['fourth', 'third'],
      );
      assert.equal(await store.ephemeral.load(sessionRef('second')), undefined);
      assert.equal((await store.ephemeral.listOf(BOB, 'browser-session')).length, 1);
    },
    { ephemeralPerOwner: 2 },
  );
}

function swappingContract(contract: Contract): void {
  contract('an update wins only over what was loaded', async ({ store, another }) => {
    const other = await another();
    await store.ephemeral.put(CODE_REF, { value: CODE, expiresAt: inAnHour() });
    const loaded = await store.ephemeral.load(CODE_REF);
    assert.ok(loaded);
    const next = (wrongTries: number) => ({
      version: loaded.version,
      value: { ...CODE, wrongTries },
      expiresAt: loaded.expiresAt + 1000,
    });
    assert.equal(await other.ephemeral.update(CODE_REF, next(1)), true);
    assert.equal(await store.ephemeral.update(CODE_REF, next(9)), false);
    const now = await store.ephemeral.load(CODE_REF);
    assert.deepEqual([now?.value.wrongTries, now?.expiresAt], [1, loaded.expiresAt + 1000]);
  });

  contract('of parallel updates from one version exactly one wins', async ({ store, another }) => {
    const other = await another();
    await store.ephemeral.put(CODE_REF, { value: CODE, expiresAt: inAnHour() });
    const loaded = await store.ephemeral.load(CODE_REF);
    assert.ok(loaded);
    const won = await Promise.all(
      Array.from({ length: 40 }, (_, at) =>
        (at % 2 ? store : other).ephemeral.update(CODE_REF, { ...loaded, value: { ...CODE, wrongTries: at } }),
      ),
    );
    assert.equal(won.filter(Boolean).length, 1);
    assert.equal((await store.ephemeral.load(CODE_REF))?.value.wrongTries, won.indexOf(true));
  });

  contract('of parallel first writings exactly one wins', async ({ store, another }) => {
    const other = await another();
    const expiresAt = inAnHour();
    const won = await Promise.all(
      Array.from({ length: 20 }, (_, at) =>
        (at % 2 ? store : other).ephemeral.update(CODE_REF, {
          version: undefined,
          value: { ...CODE, wrongTries: at },
          expiresAt,
        }),
      ),
    );
    assert.equal(won.filter(Boolean).length, 1);
  });

  contract('an update brings nothing back that was consumed, not even after a new record', async ({ store }) => {
    await store.ephemeral.put(CODE_REF, { value: CODE, expiresAt: inAnHour() });
    const loaded = await store.ephemeral.load(CODE_REF);
    assert.ok(loaded);
    assert.deepEqual(await store.ephemeral.consume(CODE_REF), CODE);
    assert.equal(await store.ephemeral.update(CODE_REF, loaded), false);
    assert.equal(await store.ephemeral.load(CODE_REF), undefined);
    await store.ephemeral.put(CODE_REF, { value: CODE, expiresAt: inAnHour() });
    assert.equal(await store.ephemeral.update(CODE_REF, loaded), false);
  });
}

function endingContract(contract: Contract): void {
  contract('exactly one of parallel consumers gets the record', async ({ store, another }) => {
    const other = await another();
    const refs = [CODE_REF, { ...CODE_REF, owner: undefined }];
    for (const ref of refs) {
      await store.ephemeral.put(ref, { value: CODE, expiresAt: inAnHour() });
      const got = await Promise.all(
        Array.from({ length: 40 }, (_, at) => (at % 2 ? store : other).ephemeral.consume(ref)),
      );
      assert.deepEqual(
        got.filter((each) => each !== undefined),
        [CODE],
      );
      assert.equal(await store.ephemeral.load(ref), undefined);
    }
    assert.deepEqual(await store.ephemeral.listOf(ALICE, 'one-time-code'), []);
  });

  contract('all records of an owner end together, of the kinds that are named', async ({ store, another }) => {
    const expiresAt = inAnHour();
    for (const id of ['a', 'b', 'c']) {
      await store.ephemeral.put(sessionRef(id), { value: sessionValue(id), expiresAt });
    }
    await store.ephemeral.put(sessionRef('bobs', BOB), { value: sessionValue('bobs'), expiresAt });
    await store.ephemeral.put({ kind: 'trusted-browser', id: 't', owner: ALICE }, { value: TRUST, expiresAt });
    await store.ephemeral.put(CODE_REF, { value: CODE, expiresAt });
    const loaded = await store.ephemeral.load(sessionRef('a'));
    const other = await another();
    assert.equal(await other.ephemeral.endAll(ALICE, ['browser-session', 'one-time-code']), 4);
    assert.deepEqual(await store.ephemeral.listOf(ALICE, 'browser-session'), []);
    assert.equal(await store.ephemeral.load(CODE_REF), undefined);
    assert.ok(loaded);
    assert.equal(await store.ephemeral.update(sessionRef('a'), loaded), false);
    assert.equal((await store.ephemeral.listOf(ALICE, 'trusted-browser')).length, 1);
    assert.ok(await store.ephemeral.load(sessionRef('bobs', BOB)));
    assert.equal(await store.ephemeral.endAll(ALICE, ['browser-session', 'one-time-code']), 0);
  });
}
