/**
 * What one more protocol, language, mode, kind of factor or kind of backend touches. Each is added to its list in a copy of the code, and
 * the files that do not compile any more are those that need a line for it: not one that is easily forgotten, and not
 * one that knows more than it should.
 */

import assert from 'node:assert/strict';
import { cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { run, temporaryDirectory } from '../support/processes.ts';

const ROOT = join(import.meta.dirname, '../..');

interface Addition {
  /** The list, and its last entry, behind which the new one stands. */
  readonly list: string;
  readonly last: string;
  readonly added: string;
  /** Beside the list. */
  readonly touched: readonly string[];
}

const ADDITIONS: Readonly<Record<string, Addition>> = {
  'sample-protocol': {
    list: 'core/protocols.ts',
    last: "PROTOCOLS = ['imap', 'pop3', 'submission', 'sieve'",
    added: ", 'sample-protocol'",
    touched: ['portal/texts/en/common.ts', 'portal/texts/ms.ts', 'protocol/all.ts', 'run/open-service.ts'],
  },
  'sample-language': {
    list: 'core/languages.ts',
    last: "{ code: 'ms', name: 'Bahasa Melayu' },",
    added: "{ code: 'sample-language', name: 'Sample' },",
    touched: ['mail/texts/mail-texts.ts', 'portal/texts/texts.ts'],
  },
  'sample-mode': {
    list: 'policy/ports/records.ts',
    last: "DOMAIN_MODES = ['disabled', 'enabled', 'forced'",
    added: ", 'sample-mode'",
    touched: [
      'cli/domain.ts',
      'portal/admin/admin-pane.ts',
      'portal/admin/domain-page.ts',
      'portal/admin/review-page.ts',
    ],
  },
  'sample-factor': {
    list: 'policy/ports/records.ts',
    last: "FACTOR_KINDS = ['totp', 'email', 'passkey'",
    added: ", 'sample-factor'",
    touched: [
      'policy/factors/factors.ts',
      'portal/admin/options-page.ts',
      'portal/admin/users-page.ts',
      'portal/sign-in/check-factor.ts',
      'portal/sign-in/factor-choice.ts',
      'portal/sign-in/factor-form.ts',
      'portal/two-step/set-up-page.ts',
    ],
  },
};

test('one more protocol, language, mode, kind of factor or of backend touches the files that are named here', async (t) => {
  const { path, remove } = await temporaryDirectory('additions');
  t.after(remove);
  cpSync(join(ROOT, 'src'), join(path, 'src'), { recursive: true });
  const parts = ['package.json', 'tsconfig.json', 'node_modules'];
  for (const name of parts) symlinkSync(join(ROOT, name), join(path, name));
  for (const folder of ['test', 'bench', 'scripts']) mkdirSync(join(path, folder));
  for (const { list, last, added } of Object.values(ADDITIONS)) {
    const file = join(path, 'src', list);
    const text = readFileSync(file, 'utf8');
    assert.equal(text.split(last).length, 2, `${list} has once: ${last}`);
    writeFileSync(file, text.replace(last, `${last}${added}`));
  }
  addBackendKind(join(path, 'src'));
  const compiler = join(ROOT, 'node_modules/typescript/bin/tsc');
  const { stdout } = await run(process.execPath, [compiler, '--pretty', 'false'], { cwd: path });
  const errors = stdout.split(/^(?=\S)/m).flatMap((text) => {
    const [, file] = /^src\/([^(]+)\(\d+,\d+\): error /.exec(text) ?? [];
    return file === undefined ? [] : [{ file, text }];
  });
  const expected = new Set(Object.values(ADDITIONS).flatMap(({ list, touched }) => [list, ...touched]));
  assert.deepEqual(
    [...new Set(errors.map(({ file }) => file))].filter((file) => !expected.has(file)),
    [],
  );
  for (const [name, { list, touched }] of Object.entries(ADDITIONS)) {
    const found = errors.filter(({ file, text }) => file !== list && text.includes(name)).map(({ file }) => file);
    assert.deepEqual([...new Set(found)].toSorted(), touched, name);
  }
});

/**
 * A backend kind like xclient: a file with what it does, one with its schema, and each named in the list beside it. Since
 * the test above compiles it with the rest, no other file has to know it.
 */
function addBackendKind(src: string): void {
  for (const folder of ['backends/kinds', 'config/backends']) {
    const renamed = (text: string) =>
      text
        .replaceAll('xclient', 'sampleKind')
        .replaceAll('Xclient', 'SampleKind')
        .replaceAll("'sampleKind'", "'sample-kind'");
    const own = readFileSync(join(src, folder, 'xclient.ts'), 'utf8').replace(/clientAddress: 'xclient',/, '');
    writeFileSync(join(src, folder, 'sampleKind.ts'), renamed(own).replace("as: 'sample-kind'", "as: 'xclient'"));
    const list = join(src, folder, 'all.ts');
    const lines = readFileSync(list, 'utf8')
      .replaceAll(/[,|] (Xclient\w+)(?=[\];])/g, (found) => `${found}${renamed(found)}`)
      .replaceAll(/^(?:import .*xclient.*|.*case 'xclient':\n.*)\n/gm, (found) => `${found}${renamed(found)}`);
    assert.equal(lines.split(/sample-?kind/i).length > 5, true, `${list} names the kind as it names the others`);
    writeFileSync(list, lines);
  }
}

test('a backend kind is known in its two files, their lists, and to these files', () => {
  const own = /^(?:backends\/kinds\/|config\/backends\/|protocol\/)/;
  assert.deepEqual(mentions(/'(?:master-user|authzid|xclient)'/, own), [
    // XCLIENT as a form of the client's address, which is none of the kind's.
    'backends/dial.ts',
    'backends/settings.ts',
    'config/schema-backends.ts',
    'core/protocols.ts',
    'demo/configuration.ts',
  ]);
});

/** What only one protocol has in code: its name as a text or a member, a registered port or name in DNS. */
const OF_ONE_PROTOCOL =
  /'(?:imap|pop3|submission|sieve|managesieve)'|\b(?:imap|pop3|submission|sieve):|\b(?:993|995|465|587|4190|143|110)\b|'_(?:imap|pop3|submission|sieve)s?'/;

test('what only one protocol is or has is known in its list, in its folder, and to these files', () => {
  assert.deepEqual(mentions(OF_ONE_PROTOCOL, /^(?:core\/protocols\.ts$|protocol\/|demo\/)/), [
    // Where a service judges no passwords, IMAP does.
    'backends/backend-login.ts',
    // Postfix knows XCLIENT LOGIN, and only at submission.
    'config/backends/xclient.ts',
    'config/check-backends.ts',
    // What nginx speaks.
    'config/check-service.ts',
    // Mail of the service itself is sent by submission.
    'config/mail-settings.ts',
    // Examples.
    'config/schema-backends.ts',
    'config/schema-listeners.ts',
    'config/schema-mail.ts',
    'config/schema-portal.ts',
    'config/schema-service.ts',
    // A browser's sign-in is counted as one by IMAP.
    'portal/admin/local-sign-in.ts',
    // A device is set up for IMAP and submission.
    'portal/devices/apple-profile.ts',
    'portal/devices/device-app-password.ts',
    'portal/devices/thunderbird-qr.ts',
    'portal/sign-in/check-password.ts',
    'portal/texts/en/common.ts',
    'portal/texts/ms/common.ts',
    'run/open-service.ts',
    'service/dovecot-policy.ts',
  ]);
});

test('the code of a language is known in its list and in its words, and to no page', () => {
  // The command line speaks English, numbers too.
  const commands = ['cli/export.ts', 'cli/import.ts', 'cli/progress.ts'];
  assert.deepEqual(mentions(/'(?:en|ms)'/, /^core\/languages\.ts$/), commands);
});

/** The files of src with code that this is found in, but for those in their own place. */
function mentions(found: RegExp, own: RegExp): readonly string[] {
  return readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !own.test(name))
    .filter((name) => found.test(withoutComments(readFileSync(join(ROOT, 'src', name), 'utf8'))))
    .toSorted();
}

function withoutComments(text: string): string {
  return text.replaceAll(/\/\*[\s\S]*?\*\//g, '').replaceAll(/(^|\s)\/\/.*$/gm, '');
}
