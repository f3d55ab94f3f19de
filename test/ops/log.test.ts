import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Fault } from '#core/fault.ts';
import { memoryLog, openLog, silentLog } from '#ops/log.ts';
import { safeText, safeUser } from '#ops/log-fields.ts';

const HIDDEN = '[looks like an app password]';

function lines(): { write(line: string): void; readonly parsed: () => Record<string, unknown>[] } {
  const written: string[] = [];
  return {
    write: (line) => void written.push(line),
    parsed: () => written.map((line) => JSON.parse(line)),
  };
}

test('an event is one JSON line with its time, level, bound and own fields', () => {
  const out = lines();
  const session = openLog('info', out).child({ session: 'k3f9', listener: 'imaps' });
  session.warn('login.refused', { user: 'alice@example.org', reason: 'app-password-required' });
  const [line, ...more] = out.parsed();
  assert.deepEqual(more, []);
  assert.match(String(line?.['time']), /^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
  assert.deepEqual(
    { ...line, time: 'now' },
    {
      level: 'warn',
      time: 'now',
      session: 'k3f9',
      listener: 'imaps',
      user: 'alice@example.org',
      reason: 'app-password-required',
      event: 'login.refused',
    },
  );
});

test('the fields of a child of a child come first, in their order, each once', () => {
  const written: string[] = [];
  const log = openLog('info', { write: (line) => void written.push(line) });
  const session = log.child({ gateway: 'gw1', worker: 0 }).child({ session: 'k3f9', protocol: 'imap' });
  session.info('login.refused', { user: 'alice@example.org', reason: 'wrong-credentials' });
  const own = '"user":"alice@example.org","reason":"wrong-credentials","event":"login.refused"}';
  assert.match(
    written.join(''),
    new RegExp(
      `^{"level":"info","time":"[^"]+","gateway":"gw1","worker":0,"session":"k3f9","protocol":"imap",${own}\n$`,
    ),
  );
});

test('a line that names a field of its log again is noticed in tests, since JSON would have it twice', () => {
  const log = memoryLog().child({ session: 'a' });
  assert.throws(() => log.info('session.opened', { session: 'b' }), /session twice/);
  assert.throws(() => log.child({ session: 'b' }), /session twice/);
});

test('changing the level of the process changes it for every child', () => {
  const out = lines();
  const log = openLog('warn', out);
  const child = log.child({ session: 'a' });
  child.info('session.opened');
  log.setLevel('debug');
  child.debug('backend.up');
  log.setLevel('error');
  child.warn('login.throttled');
  assert.deepEqual(
    out.parsed().map((line) => line['event']),
    ['backend.up'],
  );
});

test('a user name that looks like an app password is hidden, with or without its groups and a domain', () => {
  for (const typed of ['abcd efgh jkmn 2345', 'ABCD-EFGH-JKMN-2345', 'abcdefghjkmn2345', ' abcdefghjkmn2345 ']) {
    assert.equal(safeUser(typed), HIDDEN);
    assert.equal(safeUser(`${typed}@example.org`), `${HIDDEN}@example.org`);
  }
});

test('ordinary names of 16 characters are not hidden', () => {
  // The letters l and o and the digits 0 and 1 are in no app password.
  for (const name of ['nicola.robertson', 'wolfgang-schmidt@example.org', 'abcdefghjkmn234', 'abcdefghjkmn23456']) {
    assert.equal(safeUser(name), name);
  }
});

test('fields bound to a child are hidden too', () => {
  const out = lines();
  openLog('info', out).child({ user: 'abcd efgh jkmn 2345' }).info('login.refused');
  assert.equal(out.parsed()[0]?.['user'], HIDDEN);
});

test('control, format and line-separating characters are shown, never written', () => {
  assert.equal(
    safeText('a\u001b[31mb\r\nc\u0085\u202e\u2028\ud800'),
    'a\\u{1b}[31mb\\u{d}\\u{a}c\\u{85}\\u{202e}\\u{2028}\\u{d800}',
  );
  assert.equal(safeText('Zoë 🦊'), 'Zoë 🦊');
});

test('a long text is cut', () => {
  assert.equal(safeText('x'.repeat(1000)).length, 501);
});

test('a fault gives its code, message, fields and causes, and no stack', () => {
  const log = memoryLog();
  const cause = new Error('connect ECONNREFUSED');
  log.error('store.unavailable', {
    error: new Fault('STORE_UNAVAILABLE', 'no answer', { cause, fields: { port: 6379 } }),
  });
  assert.deepEqual(log.entries, [
    {
      level: 'error',
      port: 6379,
      code: 'STORE_UNAVAILABLE',
      error: 'no answer',
      causes: ['Error: connect ECONNREFUSED'],
      event: 'store.unavailable',
    },
  ]);
});

test('an unforeseen error gives its stack', () => {
  const log = memoryLog();
  log.error('fault', { error: new TypeError('x is not a function') });
  assert.equal(log.entries[0]?.['error'], 'TypeError: x is not a function');
  assert.match(String(log.entries[0]?.['stack']), /log\.test/);
});

test('what is thrown and is no error is logged as text', () => {
  const log = memoryLog();
  log.error('fault', { error: 'plain\u0007' });
  assert.equal(log.entries[0]?.['error'], 'plain\\u{7}');
});

test('a memory log keeps bound fields, and leaves out what is undefined', () => {
  const log = memoryLog();
  log
    .child({ session: 's1' })
    .child({ user: 'bob@example.org' })
    .debug('session.closed', { sni: undefined, bytesIn: 3 });
  assert.deepEqual(log.entries, [
    { level: 'debug', session: 's1', user: 'bob@example.org', bytesIn: 3, event: 'session.closed' },
  ]);
});

test('a silent log accepts everything', () => {
  silentLog()
    .child({ session: 's' })
    .error('fault', { error: new Error('x') });
});

test('the default destination is standard output, complete at exit', () => {
  const module = fileURLToPath(new URL('../../src/ops/log.ts', import.meta.url));
  const script = `const { openLog } = await import(${JSON.stringify(module)});
    const log = openLog('info');
    for (let count = 0; count < 500; count++) log.info('session.opened', { count });`;
  const evaluate = process.versions['bun'] === undefined ? ['--input-type=module', '-e', script] : ['-e', script];
  const output = execFileSync(process.execPath, evaluate, { encoding: 'utf8' });
  const counts = output
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line).count);
  assert.deepEqual(
    counts,
    Array.from({ length: 500 }, (_, count) => count),
  );
});

test('a log says whether debug is written, also after its level has changed, and its children with it', () => {
  const log = openLog('info', { write: () => {} });
  const child = log.child({ session: 'a' });
  assert.deepEqual([log.debugEnabled, child.debugEnabled, silentLog().debugEnabled], [false, false, false]);
  log.setLevel('debug');
  assert.deepEqual([log.debugEnabled, child.debugEnabled], [true, true]);
});
