/**
 * The rules that hold the project together hold: imports follow the directions of the rooms, in the code and by the lint,
 * generated files are fresh, and the table of standards names files and tests that exist.
 */

import assert from 'node:assert/strict';
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import test from 'node:test';
import { ROOMS, roomOf } from '../scripts/docs/rooms.ts';
import { circle, importsOfSrc, specifiers, target } from './support/imports.ts';
import { run, temporaryDirectory } from './support/processes.ts';

const ROOT = join(import.meta.dirname, '..');

/** What no change of the list may open: each room with all below it, and what none of its files imports. */
const PROMISES = {
  core: ['#', 'node:fs', 'node:net', 'zod'],
  runtime: ['#'],
  transport: ['#', 'node:fs', 'ioredis'],
  wire: ['#sasl/', '#protocol/', '#ops/', 'node:', 'pino'],
  sasl: ['#protocol/', '#gateway/', '#backends/', 'node:'],
  protocol: ['#connection/', '#backends/', '#gateway/', '#policy/', '#store/', '#transport/', 'node:'],
  config: ['#gateway/', '#backends/', '#store/', '#policy/', 'ioredis', 'node:http'],
  ops: ['#gateway/', '#store/', '#policy/', '#protocol/', 'zod'],
  mail: ['#portal/', '#store/', '#gateway/', '#config/', 'fastify'],
  web: ['#policy/', '#ops/', '#gateway/', 'fastify', 'zod'],
  connection: ['#policy/', '#store/', '#config/', '#gateway/'],
  backends: ['#policy/', '#store/', '#config/', '#gateway/', 'ioredis', 'zod'],
  gateway: ['#policy/', '#store/', '#config/', 'ioredis', 'zod'],
  policy: [
    '#store/',
    '#protocol/',
    '#gateway/',
    '#backends/',
    '#adapters/',
    'node:fs',
    'node:net',
    'ioredis',
    'bcryptjs',
  ],
  'policy/rules': ['#policy/changes/', 'node:', 'otplib'],
  'policy/secrets': ['#policy/changes/', '#policy/rules/', 'node:fs'],
  store: ['#policy/rules/', '#policy/logins/', '#policy/changes/', '#gateway/', '#config/', 'node:net', 'pino'],
  bulk: ['#store/open.ts', '#cli/', '#gateway/', '#config/', 'node:fs'],
  service: ['#portal/', '#store/', '#gateway/', '#config/', '#protocol/', 'ioredis'],
  portal: ['#service/', '#store/', '#gateway/', '#config/', '#protocol/', '#adapters/', 'ioredis'],
} as const;

/** Modules that some room may import, and one that none may. */
const OTHERS = [...new Set(ROOMS.flatMap(({ libraries }) => libraries))]
  .map((name) => name.replace(/\*+$/, 'net'))
  .concat('node:fs', 'node:net', 'left-pad');

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
  const { code, stdout, stderr } = await run(
    oxlint,
    ['--format=json', ...new Set(Object.keys(files).map((name) => name.split('/')[0] ?? ''))],
    { cwd: path },
  );
  await remove();
  assert.equal(code, 1, stderr);
  const findings = new Map<string, Set<string>>(Object.keys(files).map((name) => [name, new Set()]));
  const report: { diagnostics: readonly { code: string; filename: string }[] } = JSON.parse(stdout);
  for (const finding of report.diagnostics) findings.get(finding.filename)?.add(finding.code);
  return findings;
}

test('every file of src has a room, and each room permits only rooms before it', () => {
  assert.deepEqual(
    [...importsOfSrc().keys()].filter((file) => roomOf(file) === undefined),
    [],
  );
  const names = ROOMS.map(({ name }) => name);
  for (const [index, { name, may }] of ROOMS.entries()) {
    const upwards = may.filter(
      (other) => !names.slice(0, index).includes(roomOf(other.endsWith('.ts') ? other : `${other}/x.ts`)?.name ?? ''),
    );
    assert.deepEqual(upwards, [], name);
  }
});

test('every import of src, of a type or a value, keeps to the directions', () => {
  const breaches = [...importsOfSrc()].flatMap(([file, imports]) =>
    imports.filter((specifier) => !permitted(file, specifier)).map((specifier) => `${file}: ${specifier}`),
  );
  assert.deepEqual(breaches, []);
});

test('no files of src import one another in a circle, not even for types', () => {
  const files = [...importsOfSrc()];
  const graph = new Map(files.map(([file, imports]) => [file, imports.flatMap((name) => target(file, name) ?? [])]));
  assert.deepEqual(circle(graph), []);
  assert.deepEqual(
    circle(
      new Map([
        ['a', ['b']],
        ['b', ['c']],
        ['c', ['b']],
      ]),
    ),
    ['b', 'c', 'b'],
  );
});

test('imports are found in each of their forms', () => {
  const text =
    "import a from 'a';\nimport type { B,\n  C } from '#b/c.ts';\nimport 'd';\nexport { e } from './e.ts';\n";
  assert.deepEqual(specifiers(`${text}const f = await import('f');\nconst from = 'g';\n`), [
    'a',
    '#b/c.ts',
    'd',
    './e.ts',
    'f',
  ]);
});

test('what the rooms promise not to import is not in the list either', () => {
  for (const [folder, never] of Object.entries(PROMISES)) {
    for (const room of ROOMS.filter(({ name }) => name === folder || name.startsWith(`${folder}/`))) {
      const imports = [...room.may.map((name) => (name.endsWith('.ts') ? `#${name}` : `#${name}/`)), ...room.libraries];
      const broken = imports
        .map((one) => one.replace(/\*+$/, ''))
        .filter((one) => never.some((start) => one.startsWith(start) || start.startsWith(one)));
      assert.deepEqual(broken, [], room.name);
    }
  }
});

test('a breach of an import direction fails the lint, and a permitted import does not', async () => {
  const expected = new Map<string, boolean>();
  const files: Record<string, string> = {};
  for (const room of ROOMS.filter(({ name }) => !name.endsWith('.ts'))) {
    const rooms = ROOMS.map(({ name }) => (name.endsWith('.ts') ? `#${name}` : `#${name}/a.ts`));
    for (const [index, specifier] of [...rooms, ...OTHERS, './other.ts', '../core/a.ts'].entries()) {
      const file = `${room.name}/import-${index}.ts`;
      files[`src/${file}`] = `import * as imported from '${specifier}';\n\nexport const used = imported;\n`;
      expected.set(`src/${file}`, !permitted(file, specifier) || specifier.startsWith('../core'));
    }
  }
  files['test/a.test.ts'] = "import * as imported from '../src/core/a.ts';\n\nexport const used = imported;\n";
  expected.set('test/a.test.ts', true);
  const findings = await lint(files);
  for (const [file, breach] of expected) {
    const found = findings.get(file)?.has('eslint(no-restricted-imports)');
    assert.equal(found, breach, `${file}: ${files[file]}`);
  }
});

/** Whether the list lets this file of src import that. */
function permitted(file: string, specifier: string): boolean {
  const room = roomOf(file);
  if (room === undefined) return false;
  const other = target(file, specifier);
  if (other === undefined || room.libraries.includes(specifier))
    return room.libraries.some(
      (name) => name === specifier || (name.includes('*') && specifier.startsWith(name.replace(/\*+$/, ''))),
    );
  return (
    roomOf(other) === room ||
    room.may.some((name) => name === other || (name === roomOf(other)?.name && !name.endsWith('.ts')))
  );
}

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
  const shown = documents()
    .map(([, text]) => text)
    .join('\n');
  const pictures = readdirSync(join(ROOT, 'docs/screenshots'));
  assert.ok(pictures.length > 0);
  assert.deepEqual(
    pictures.filter((name) => !shown.includes(`screenshots/${name}`)),
    [],
  );
});

test('every file that a document links to is there', () => {
  const links = documents().flatMap(([document, text]) =>
    [...text.matchAll(/\]\(([^)#\s]+)[^)]*\)/g)].map(([, to = '']) => ({ document, to })),
  );
  const files = links.filter(({ to }) => !to.includes('://'));
  assert.ok(files.length > 50);
  assert.deepEqual(
    files.filter(({ document, to }) => !existsSync(join(ROOT, dirname(document), to))),
    [],
  );
});

test('every path that a document names is there', () => {
  const files = ['src', 'test', 'docs', 'config', 'scripts', 'bench', 'deploy'].flatMap((top) => [
    `${top}/`,
    ...readdirSync(join(ROOT, top), { recursive: true, encoding: 'utf8' }).map((name) => `${top}/${name}`),
  ]);
  const isThere = (path: string): boolean => {
    // `<protocol>` stands for a name: there must be one.
    const pattern = path.split(/<[a-z]+>/).map((part) => part.replaceAll('.', String.raw`\.`));
    const whole = new RegExp(`^(?:src/)?${pattern.join('[^/]+')}$`);
    return files.some((file) => whole.test(file) || whole.test(`${file}/`));
  };
  const named = documents().flatMap(([document, text]) =>
    [
      ...text.matchAll(
        /(?:`|^|\s)((?:src|test|docs|config|scripts|bench|deploy|[a-z-]+(?=\/[^`\s]*\.ts))\/(?:[\w<>./-]*[\w>/])?)/gm,
      ),
    ].map(([, path = '']) => ({ document, path })),
  );
  assert.ok(named.filter(({ document }) => document === 'CONTRIBUTING.md').length > 80);
  assert.deepEqual(
    named.filter(({ path }) => !isThere(path)),
    [],
  );
});

test('decisions are numbered without gaps, and their index has the title of each', () => {
  const folder = join(ROOT, 'docs/decisions');
  const files = readdirSync(folder)
    .filter((name) => name !== 'README.md')
    .toSorted();
  assert.deepEqual(
    files.map((name) => name.slice(0, 5)),
    files.map((_, index) => `${String(index + 1).padStart(4, '0')}-`),
  );
  const titles = files.map((name) => /^# ([^\n]+)/.exec(readFileSync(join(folder, name), 'utf8'))?.[1] ?? '');
  assert.deepEqual(
    readFileSync(join(folder, 'README.md'), 'utf8')
      .split('\n')
      .filter((line) => line.includes('](')),
    files.map((name, index) => titles[index]?.replace(/^(\d+\.) (.+)$/, `$1 [$2](${name})`)),
  );
  assert.deepEqual(
    titles.map((title) => Number.parseInt(title, 10)),
    files.map((_, index) => index + 1),
  );
});

test('a decision is cited by a link, under its own number', () => {
  const citations = documents().flatMap(([document, text]) =>
    [...text.matchAll(/\bdecisions?\s+\d+|\[(\d+)\]\([^)]*\b0*(\d+)-[a-z-]+\.md\)/gi)].map(
      ([citation, number, file]) => ({ document, citation, right: number !== undefined && number === file }),
    ),
  );
  assert.ok(citations.length > 0);
  assert.deepEqual(
    citations.filter(({ right }) => !right),
    [],
  );
});

/** Every document of ours: its path below the top folder, and its text. */
function documents(): readonly (readonly [string, string])[] {
  const names = ['.', 'docs', 'docs/decisions', 'deploy'].flatMap((folder) =>
    readdirSync(join(ROOT, folder))
      .filter((name) => name.endsWith('.md'))
      .map((name) => join(folder, name)),
  );
  return names.map((name) => [name, readFileSync(join(ROOT, name), 'utf8')]);
}

test('what is secret, or made from it, is compared in constant time and nowhere by ===', () => {
  const source = (name: string): string => readFileSync(join(ROOT, 'src', name), 'utf8');
  assert.match(source('policy/secrets/app-password.ts'), /function sameText[^}]*return [^;]*timingSafeEqual\(a, b\);/);
  // Which of several stored ones was used, and whether a file or a request is the same: nothing is guessed there.
  const permitted = [
    'bulk/check-export.ts',
    'policy/factors/recovery-codes.ts',
    'portal/sign-in/known-browsers.ts',
    'service/idempotency.ts',
  ];
  const compared =
    /(?:===|!==) *[\w.]*(?:digest|mark|fingerprint|hash|mac)\b|\b\w*(?:Digest|Mark|Fingerprint|Hash|\bdigest|\bmac) *(?:===|!==) (?!undefined)/;
  const files = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' }).filter((name) =>
    /^(?:policy|portal|service|store|gateway|bulk)\/.*\.ts$/.test(name),
  );
  assert.deepEqual(files.filter((name) => compared.test(source(name))).toSorted(), permitted);
});
