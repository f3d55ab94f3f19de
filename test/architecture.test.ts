/**
 * The rules that hold the project together hold: a breach of an import direction fails the lint, generated files are
 * fresh, and the table of standards names files and tests that exist.
 */

import assert from 'node:assert/strict';
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import test from 'node:test';
import { run, temporaryDirectory } from './support/processes.ts';

const ROOT = join(import.meta.dirname, '..');

/** What a file in each folder may import, and what it may not. */
const DIRECTIONS = {
  core: { may: ['./other.ts'], mayNot: ['../wire/a.ts', 'node:fs', 'node:net', 'zod', '../policy/ports.ts'] },
  wire: {
    may: ['../core/a.ts'],
    mayNot: ['../sasl/a.ts', '../protocol/machine.ts', 'node:net', 'node:stream', 'pino'],
  },
  sasl: { may: ['../core/a.ts', '../wire/a.ts'], mayNot: ['../protocol/machine.ts', '../gateway/a.ts', 'node:crypto'] },
  protocol: {
    may: ['../core/a.ts', '../wire/a.ts', '../sasl/a.ts'],
    mayNot: ['../gateway/settings.ts', '../policy/decide.ts', '../store/open.ts', 'node:net', 'node:timers'],
  },
  'protocol/imap': {
    may: ['../machine.ts', '../../core/a.ts', '../../wire/a.ts', '../../sasl/a.ts'],
    mayNot: ['../../gateway/settings.ts', '../../policy/decide.ts', 'node:net', 'node:tls'],
  },
  policy: {
    may: ['../core/a.ts', 'node:crypto', 'otplib', 'bcryptjs'],
    mayNot: ['../store/open.ts', '../protocol/machine.ts', '../gateway/settings.ts', 'node:fs', 'ioredis'],
  },
  store: {
    may: ['../core/a.ts', '../policy/ports.ts', 'zod', 'ioredis', 'node:sqlite'],
    mayNot: ['../policy/decide.ts', '../gateway/settings.ts', '../config/settings.ts', 'node:net', 'pino'],
  },
  'store/redis': {
    may: ['../keys.ts', '../../core/a.ts', '../../policy/ports.ts', 'ioredis'],
    mayNot: ['../../policy/decide.ts', '../../gateway/settings.ts', 'node:net'],
  },
  config: {
    may: ['../core/a.ts', 'zod', 'yaml', 'node:fs'],
    mayNot: ['../gateway/settings.ts', '../store/open.ts', '../policy/ports.ts', 'ioredis', 'node:http'],
  },
  transport: {
    may: ['./transport.ts', 'node:net', 'node:tls'],
    mayNot: ['../core/a.ts', '../gateway/settings.ts', '../ops/log.ts', 'node:fs', 'ioredis'],
  },
  gateway: {
    may: [
      '../transport/transport.ts',
      '../core/a.ts',
      '../wire/a.ts',
      '../sasl/a.ts',
      '../protocol/machine.ts',
      '../ops/log.ts',
      'node:net',
      'node:tls',
    ],
    mayNot: [
      '../policy/decide.ts',
      '../policy/ports.ts',
      '../store/open.ts',
      '../config/settings.ts',
      'ioredis',
      'zod',
    ],
  },
  ops: {
    may: ['../core/a.ts', 'pino'],
    mayNot: ['../gateway/settings.ts', '../store/open.ts', '../policy/ports.ts', '../protocol/machine.ts', 'zod'],
  },
  mail: {
    may: ['../core/a.ts', 'nodemailer'],
    mayNot: ['../portal/server.ts', '../store/open.ts', '../gateway/settings.ts', '../config/settings.ts', 'fastify'],
  },
  web: {
    may: ['../core/a.ts', 'node:http', 'node:net'],
    mayNot: ['../policy/ports.ts', '../ops/log.ts', '../gateway/settings.ts', 'fastify', 'zod'],
  },
  bulk: {
    may: ['../core/a.ts', '../policy/ports.ts', '../store/records.ts', 'zod', 'node:util'],
    mayNot: ['../store/open.ts', '../cli/cli.ts', '../gateway/settings.ts', '../config/settings.ts', 'node:fs'],
  },
  service: {
    may: ['../core/a.ts', '../policy/ports.ts', '../ops/log.ts', '../web/connections.ts', 'fastify', 'zod'],
    mayNot: [
      '../store/open.ts',
      '../gateway/settings.ts',
      '../config/settings.ts',
      '../portal/app.ts',
      '../protocol/machine.ts',
      'ioredis',
    ],
  },
  portal: {
    may: ['../core/a.ts', '../policy/ports.ts', '../ops/log.ts', '../web/connections.ts', 'fastify', 'qrcode'],
    mayNot: [
      '../store/open.ts',
      '../gateway/settings.ts',
      '../config/settings.ts',
      '../protocol/machine.ts',
      'ioredis',
    ],
  },
} as const;

/** Rules of the architecture that are not about directions, each with code that breaks it. */
const BREACHES = {
  'eslint(complexity)': `export function many(n: number): number {\n${'  if (n > 1) n += 1;\n'.repeat(13)}  return n;\n}\n`,
  'eslint(max-params)': 'export const add = (a: 1, b: 1, c: 1, d: 1, e: 1): number => a + b + c + d + e;\n',
  'eslint(max-lines)': 'export const x = 1;\n'.padEnd(6000, '// one more line\n'),
  'eslint(max-lines-per-function)': `export function long(): number {\n  let n = 0;\n${'  n += 1;\n'.repeat(50)}  return n;\n}\n`,
  'eslint(default-case)':
    "export function name(x: 'a' | 'b'): string {\n  switch (x) {\n    case 'a':\n      return 'a';\n    case 'b':\n      return 'b';\n  }\n}\n",
  'eslint(no-console)': "console.log('here');\n",
  'import(no-default-export)': 'export default 1;\n',
  'typescript(no-explicit-any)': 'export const anything: any = 1;\n',
  'typescript(no-non-null-assertion)': 'export const first = (list: string[]): string => list[0]!;\n',
  'typescript(no-floating-promises)': 'const later = async (): Promise<void> => {};\nlater();\n',
  'typescript(only-throw-error)': "export function fail(): never {\n  throw 'text';\n}\n",
  'typescript(switch-exhaustiveness-check)':
    "export function name(x: 'a' | 'b'): string {\n  switch (x) {\n    case 'a':\n      return 'a';\n  }\n  return '';\n}\n",
  'typescript(consistent-type-imports)':
    "import { Server } from 'node:net';\nexport const none: Server | undefined = undefined;\n",
} as const;

/** Lints these files (by path below the top folder) under the project's own rules; codes of the findings by file. */
async function lint(files: Readonly<Record<string, string>>): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  const { path, remove } = await temporaryDirectory('lint');
  for (const name of ['.oxlintrc.json', 'tsconfig.json', 'package.json'])
    copyFileSync(join(ROOT, name), join(path, name));
  symlinkSync(join(ROOT, 'node_modules'), join(path, 'node_modules'));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(path, name)), { recursive: true });
    writeFileSync(join(path, name), text);
  }
  const oxlint = join(ROOT, 'node_modules/.bin/oxlint');
  const { code, stdout, stderr } = await run(oxlint, ['--format=json', 'src'], { cwd: path });
  await remove();
  assert.equal(code, 1, stderr);
  const findings = new Map<string, Set<string>>(Object.keys(files).map((name) => [name, new Set()]));
  const report: { diagnostics: readonly { code: string; filename: string }[] } = JSON.parse(stdout);
  for (const finding of report.diagnostics) findings.get(finding.filename)?.add(finding.code);
  return findings;
}

test('every folder of src has its directions, except those that may import all', () => {
  const folders = readdirSync(join(ROOT, 'src'), { withFileTypes: true }).filter((entry) => entry.isDirectory());
  const free = new Set(['cli', 'demo']);
  const bound = folders.map(({ name }) => name).filter((name) => !free.has(name));
  assert.deepEqual(
    bound.filter((name) => !Object.hasOwn(DIRECTIONS, name)),
    [],
  );
});

test('a breach of an import direction fails the lint, and a permitted import does not', async () => {
  const expected = new Map<string, boolean>();
  const files: Record<string, string> = {};
  for (const [folder, { may, mayNot }] of Object.entries(DIRECTIONS)) {
    for (const [index, specifier] of [...may, ...mayNot].entries()) {
      const file = `src/${folder}/import-${index}.ts`;
      files[file] = `import * as imported from '${specifier}';\n\nexport const used = imported;\n`;
      expected.set(file, index >= may.length);
    }
  }
  const findings = await lint(files);
  for (const [file, breach] of expected) {
    const found = findings.get(file)?.has('eslint(no-restricted-imports)');
    assert.equal(found, breach, `${file}: ${files[file]}`);
  }
});

test('circles of imports, and code beyond the limits of size and form, fail the lint', async () => {
  const circle = {
    'src/ops/one.ts': "import { two } from './two.ts';\n\nexport const one = (): number => two() + 1;\n",
    'src/ops/two.ts': "import { one } from './one.ts';\n\nexport const two = (): number => one() + 1;\n",
  };
  const names = Object.keys(BREACHES).map((rule, index) => [rule, `src/ops/breach-${index}.ts`] as const);
  const breaches = Object.fromEntries(
    Object.values(BREACHES).map((code, index) => [`src/ops/breach-${index}.ts`, code]),
  );
  const findings = await lint({ ...circle, ...breaches });
  assert.ok(findings.get('src/ops/one.ts')?.has('import(no-cycle)'));
  for (const [rule, file] of names) assert.ok(findings.get(file)?.has(rule), `${rule} is not enforced`);
});

test('the generated files are what their sources say', async () => {
  const { code, stdout, stderr } = await run(process.execPath, ['scripts/docs.ts', '--check'], { cwd: ROOT });
  assert.equal(code, 0, `${stdout}${stderr}`);
});

test('every row of the table of standards names files and tests that are there', () => {
  const text = readFileSync(join(ROOT, 'docs/protocol-support.md'), 'utf8');
  const rows = text.split('\n').filter((line) => /^\| *\[?RFC \d/.test(line));
  assert.ok(rows.length > 0);
  for (const row of rows) {
    const paths = [...row.matchAll(/`((?:src|test)\/[^`]*)`/g)].map(([, path = '']) => path);
    for (const path of paths) assert.ok(existsSync(join(ROOT, path)), `${path} is not there: ${row}`);
    if (/\| *no\b/i.test(row)) continue;
    assert.ok(
      paths.some((path) => path.startsWith('src/')),
      `names no source file: ${row}`,
    );
    assert.ok(
      paths.some((path) => path.startsWith('test/')),
      `names no test: ${row}`,
    );
  }
});

test('every event that the log knows is written somewhere', () => {
  const log = readFileSync(join(ROOT, 'src/ops/log.ts'), 'utf8');
  const events = [...log.matchAll(/^  \| '([a-z.-]+)'/gm)].map(([, event = '']) => event);
  assert.ok(events.length > 20);
  const sources = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && name !== 'ops/log.ts')
    .map((name) => readFileSync(join(ROOT, 'src', name), 'utf8'))
    .join('\n');
  assert.deepEqual(
    events.filter((event) => !sources.includes(`'${event}'`)),
    [],
  );
});

test('every picture is shown in a document', () => {
  const documents = ['README.md', ...readdirSync(join(ROOT, 'docs')).filter((name) => name.endsWith('.md'))]
    .map((name) => readFileSync(join(ROOT, name === 'README.md' ? name : `docs/${name}`), 'utf8'))
    .join('\n');
  const pictures = readdirSync(join(ROOT, 'docs/screenshots'));
  assert.ok(pictures.length > 0);
  assert.deepEqual(
    pictures.filter((name) => !documents.includes(`screenshots/${name}`)),
    [],
  );
});
