/** A domain is changed in one way, whoever asks: portal, command line, import and API given the same make the same of it. */

import assert from 'node:assert/strict';
import test from 'node:test';
import { importLines } from '#bulk/import.ts';
import type { Store } from '#policy/ports/store.ts';
import { commandWorld } from '../../support/command-line.ts';
import { enrolled, START_MS, testAccount, testTools } from '../../support/policy.ts';
import { signInFully, startTestPortal } from '../../support/portal.ts';
import { sender } from '../../support/service-requests.ts';
import { testService } from '../../support/service.ts';

const DOMAIN = 'example.org';
const DATE = '2027-01-31T00:00:00Z';
const PAST = '2026-01-31T00:00:00Z';
const OPTIONS = { reveal: 'once', hints: 'never', trustedBrowserDays: 30, maxAppPasswords: 5, appPasswordDays: 90 };
const FIELDS = {
  reveal: 'once',
  hints: 'never',
  trustedBrowserDays: '30',
  maxAppPasswords: '5',
  appPasswordDays: '90',
};

/** One request in the words of each way in, and what holds after it. */
interface Row {
  /** Of the API and of a line of an import. */
  readonly members: Readonly<Record<string, unknown>>;
  readonly arguments: readonly string[];
  /** The portal's page below that of the domain, and what is filled in there. */
  readonly form: readonly [page: string, fields: Readonly<Record<string, string | readonly string[]>>];
  readonly refused?: true;
  /** What is written; absent: nothing. */
  readonly record?: Readonly<Record<string, unknown>>;
}

const UNDECIDED = { methods: ['totp', 'email', 'passkey'], reveal: 'always', hints: 'always' };
const CHOSEN = { methods: ['totp', 'email'], ...OPTIONS };

const ROWS: Readonly<Record<string, Row>> = {
  'a mode': {
    members: { mode: 'enabled' },
    arguments: ['enabled'],
    form: ['enabled', {}],
    record: { mode: 'enabled', ...UNDECIDED },
  },
  'the same once more': {
    members: { mode: 'enabled' },
    arguments: ['enabled'],
    form: ['enabled', {}],
  },
  'a date that has passed': {
    members: { mode: 'forced', forcedFrom: PAST },
    arguments: ['forced', '--from', PAST],
    form: ['forced', { when: 'date', date: PAST.slice(0, 10) }],
    refused: true,
  },
  'a mode with a date': {
    members: { mode: 'forced', forcedFrom: DATE },
    arguments: ['forced', '--from', DATE],
    form: ['forced', { when: 'date', date: DATE.slice(0, 10) }],
    record: { mode: 'forced', ...UNDECIDED, forcedFrom: Date.parse(DATE) },
  },
  'all options, in any order': {
    members: { methods: ['email', 'totp', 'email'], ...OPTIONS },
    arguments:
      '--methods email,totp --reveal once --hints never --trust-browsers 30 --max-app-passwords 5 --app-password-days 90'.split(
        ' ',
      ),
    form: ['options', { methods: ['email', 'totp'], ...FIELDS }],
    record: { mode: 'forced', ...CHOSEN, forcedFrom: Date.parse(DATE) },
  },
  'no method': {
    members: { methods: [] },
    arguments: ['--methods', ','],
    form: ['options', FIELDS],
    refused: true,
  },
  'a number beyond its bounds': {
    members: { trustedBrowserDays: 366 },
    arguments: ['--trust-browsers', '366'],
    form: ['options', { methods: ['email', 'totp'], ...FIELDS, trustedBrowserDays: '366' }],
    refused: true,
  },
  'the mode without the date': {
    members: { mode: 'forced' },
    arguments: ['forced'],
    form: ['forced', { when: 'now' }],
    record: { mode: 'forced', ...CHOSEN },
  },
  'another mode': {
    members: { mode: 'disabled' },
    arguments: ['disabled'],
    form: ['disabled', {}],
    record: { mode: 'disabled', ...CHOSEN },
  },
};

/** Asks for a row; true when it was refused. */
type Ask = (row: Row) => Promise<boolean>;

/** What holds after each row: record, version, and the entries that the row has added to the audit. */
async function outcomes(store: Store, ask: Ask): Promise<Readonly<Record<string, unknown>>> {
  const found: Record<string, unknown> = {};
  let entries = 0;
  for (const [name, row] of Object.entries(ROWS)) {
    const refused = await ask(row);
    const { record, epoch } = await store.lookupDomain(DOMAIN);
    const audit = await store.listAudit({ domain: DOMAIN, limit: 99 });
    const added = audit.slice(0, audit.length - entries).map(({ action, detail }) => ({ action, detail }));
    entries = audit.length;
    found[name] = { refused, record, epoch, added };
  }
  return found;
}

function expected(): Readonly<Record<string, unknown>> {
  let epoch = 0;
  let record: Row['record'];
  return Object.fromEntries(
    Object.entries(ROWS).map(([name, row]) => {
      if (row.record !== undefined) [record, epoch] = [row.record, epoch + 1];
      const added = row.record === undefined ? [] : [{ action: 'domain.changed', detail: detailOf(row.record) }];
      return [name, { refused: row.refused === true, record, epoch, added }];
    }),
  );
}

function detailOf({
  forcedFrom,
  methods,
  ...rest
}: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const date = typeof forcedFrom === 'number' ? { forcedFrom: new Date(forcedFrom).toISOString() } : {};
  return { ...rest, ...date, methods: Array.isArray(methods) ? methods.join(' ') : methods };
}

test('the API makes of each request what the table says', async () => {
  const service = await testService();
  const send = sender(service, await service.bearer('setter', ['admin']));
  const ask: Ask = async ({ members }) =>
    (await send('PATCH', `/v1/domains/${DOMAIN}`, { body: members })).status >= 400;
  assert.deepEqual(await outcomes(service.context.store, ask), expected());
});

test('a line of an import makes the same', async () => {
  const context = testTools();
  const work = {
    context,
    actor: 'cli:tester',
    rules: { localPart: 'lowercase', subaddressDelimiter: '+', masterUserSeparator: '*' },
    dryRun: false,
    domain: async (name: string) => (await context.store.lookupDomain(name)).record,
    rememberDomain: () => {},
  } as const;
  const ask: Ask = async ({ members }) => {
    let refused = false;
    const watcher = { faulty: () => void (refused = true), noted: () => {}, progress: () => {} };
    async function* line(): AsyncGenerator<Uint8Array> {
      yield Buffer.from(`${JSON.stringify({ domain: DOMAIN, ...members })}\n`);
    }
    await importLines(work, line(), 'jsonl', watcher);
    return refused;
  };
  assert.deepEqual(await outcomes(context.store, ask), expected());
});

test('the command line makes the same', async (t) => {
  const world = commandWorld();
  t.after(world.remove);
  world.now = START_MS;
  await world.withStore(async (store) => {
    const ask: Ask = async (row) => (await world.run(['domain', 'set', DOMAIN, ...row.arguments, '--yes'])).code !== 0;
    assert.deepEqual(await outcomes(store, ask), expected());
  });
});

test('the pages of the portal make the same', async (t) => {
  const admin = testAccount('admin', 'staff.test');
  const clock = { now: START_MS };
  const context = testTools(clock);
  const { totp } = await enrolled(context, admin);
  const grant = { account: admin.name, role: 'admin', domains: [DOMAIN] } as const;
  const portal = await startTestPortal({ context, clock, admins: [grant] });
  t.after(() => portal.close());
  const browser = await signInFully(portal, admin, totp);
  const ask: Ask = async ({ form: [page, fields] }) => {
    const path = `/admin/domains/${DOMAIN}/${page}`;
    await browser.open(path);
    return (await browser.submit(path, fields)).status >= 400;
  };
  assert.deepEqual(await outcomes(context.store, ask), expected());
});

test('a date alone is another date for a domain that is forced, and taking it away forces the domain at once', async () => {
  const service = await testService();
  const send = sender(service, await service.bearer('setter', ['admin']));
  const path = `/v1/domains/${DOMAIN}`;
  await send('PATCH', path, { body: { mode: 'forced', forcedFrom: DATE } });
  const later = await send('PATCH', path, { body: { forcedFrom: '2028-01-31T00:00:00Z' } });
  assert.deepEqual([later.body['mode'], later.body['forcedFrom']], ['forced', '2028-01-31T00:00:00.000Z']);
  const atOnce = await send('PATCH', path, { body: { forcedFrom: null } });
  assert.deepEqual([atOnce.status, atOnce.body['mode'], atOnce.body['forcedFrom']], [200, 'forced', null]);
});

test('a date that was accepted may pass, and other parts can still be changed', async () => {
  const service = await testService();
  const send = sender(service, await service.bearer('setter', ['admin']));
  const path = `/v1/domains/${DOMAIN}`;
  const forcedFrom = new Date(START_MS + 1000).toISOString();
  await send('PATCH', path, { body: { mode: 'forced', forcedFrom } });
  service.clock.now += 2000;
  const other = await send('PATCH', path, { body: { mode: 'forced', forcedFrom, hints: 'never' } });
  assert.deepEqual([other.status, other.body['forcedFrom'], other.body['hints']], [200, forcedFrom, 'never']);
});

test('the command line counts the sessions that a new date closes by that date', async (t) => {
  const world = commandWorld();
  t.after(world.remove);
  world.now = START_MS;
  await world.run(['domain', 'set', DOMAIN, 'forced', '--from', '1h']);
  world.now += 2 * 3_600_000;
  await world.withStore(async (store) => {
    const opener = { kind: 'ordinary-password' } as const;
    const rest = { protocol: 'imap', opener, address: '192.0.2.7', gateway: 'g', openedAt: Date.now() } as const;
    await store.touchSessions([{ id: 's', account: `alice@${DOMAIN}`, domain: DOMAIN, ...rest }]);
  });
  const { code, out, questions } = await world.run(['domain', 'set', DOMAIN, '--from', '90d']);
  assert.deepEqual([code, questions], [0, []]);
  assert.match(out, /is now enabled, forced from .*: 0 accounts enrolled, 0 sessions closed\./);
});
