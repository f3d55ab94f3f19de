import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { completionScript } from '#cli/completion.ts';
import { makeProgram } from '#cli/program.ts';
import { parseKeyFile } from '#core/key-file.ts';
import { commandWorld, type CommandWorld } from '../support/command-line.ts';

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
const LAUNCHER = fileURLToPath(new URL('../../bin/postern', import.meta.url));

function world(t: { after: (action: () => void) => void }): CommandWorld {
  const made = commandWorld();
  t.after(made.remove);
  return made;
}

/** Runs the program as a process of its own, on the runtime that runs this test. */
function spawned(at: CommandWorld, ...args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, ...args], {
    encoding: 'utf8',
    cwd: at.folder,
    env: { PATH: process.env['PATH'], HOME: at.folder, POSTERN_CONFIG: at.configFile },
  });
  return { code: status, out: stdout, err: stderr };
}

function program(): Command {
  const terminal = { out: () => {}, err: () => {}, interactive: false, colour: false, ask: async () => undefined };
  return makeProgram({ terminal, environment: {}, clock: () => 0, actor: 'cli:tester' }, () => {});
}

/** A command and all below it. */
function everyCommand(command: Command): readonly Command[] {
  return [command, ...command.commands.flatMap(everyCommand)];
}

test('as a process, results go to standard output and errors to standard error, with an exit code', (t) => {
  const at = world(t);
  assert.deepEqual(spawned(at, 'session', 'list'), { code: 0, out: 'nobody is logged in\n', err: '' });
  const failed = spawned(at, 'session', 'cut-off', 's1', '--yes', '--json');
  assert.equal(failed.code, 3);
  assert.equal(failed.out, '');
  assert.equal(JSON.parse(failed.err).error.code, 'NOT_FOUND');
  assert.deepEqual(spawned(at, 'domain', 'set', 'example.org', 'forced', '--yes').code, 0);
  assert.equal(JSON.parse(spawned(at, 'domain', 'show', 'example.org', '--json').out).modeNow, 'forced');
});

test('a question without anybody to answer it is refused, never waited for', (t) => {
  const at = world(t);
  const { code, err } = spawned(at, 'account', 'suspend', 'alice@example.org');
  assert.equal(code, 2);
  assert.match(err, /There is nobody here to ask: add --yes to go on\n$/);
});

test('the launcher runs the program, also through a link', (t) => {
  const at = world(t);
  const link = join(at.folder, 'postern');
  symlinkSync(LAUNCHER, link);
  const version = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')).version;
  assert.equal(execFileSync(link, ['--version'], { encoding: 'utf8' }), `${version}\n`);
});

test('the launcher takes the runtime that POSTERN_BUN names, and says what to do when there is none', (t) => {
  const at = world(t);
  const own = join(at.folder, 'own-bun');
  writeFileSync(own, '#!/bin/sh\necho "own $2"\n');
  chmodSync(own, 0o755);
  const env = { ...process.env, POSTERN_BUN: own };
  assert.equal(execFileSync(LAUNCHER, ['serve'], { encoding: 'utf8', env }), 'own serve\n');

  mkdirSync(join(at.folder, 'bin'));
  writeFileSync(join(at.folder, 'bin/postern'), readFileSync(LAUNCHER));
  const bare = spawnSync('/bin/sh', [join(at.folder, 'bin/postern')], {
    encoding: 'utf8',
    env: { PATH: toolsOnly(at) },
  });
  assert.equal(bare.status, 1);
  assert.match(bare.stderr, /^postern: there is nothing to run on: run "npm ci --ignore-scripts" in /);
});

test('an unknown command or option suggests the nearest', async (t) => {
  const at = world(t);
  const outcomes = [
    await at.run(['acount']),
    await at.run(['domain', 'lst']),
    await at.run(['session', 'list', '--acount']),
  ];
  assert.deepEqual(
    outcomes.map(({ code, err }) => `${code} ${err}`),
    [
      "2 postern: unknown command 'acount' (Did you mean account?)",
      "2 postern: unknown command 'lst' (Did you mean list?)",
      "2 postern: unknown option '--acount' (Did you mean --account?)",
    ],
  );
  const json = await at.run(['acount', '--json']);
  assert.equal(JSON.parse(json.err).error.code, 'USAGE');
});

test('a command without its subcommand prints its help, as a mistake', async (t) => {
  const at = world(t);
  const { code, err, out } = await at.run(['domain']);
  assert.deepEqual([code, out], [2, '']);
  assert.match(err, /^Usage: postern domain/);
});

test('the help of every command has a description, an example and the options of all', () => {
  for (const command of everyCommand(program()).filter((one) => one.parent !== null && one.name() !== 'worker')) {
    let help = '';
    command.configureOutput({ writeOut: (text) => (help += text) }).outputHelp();
    assert.notEqual(command.description(), '', command.name());
    assert.match(help, /\nExamples:\n {2}\$ postern /, command.name());
    assert.match(help, /--json/, command.name());
  }
});

test('the help names the exit codes', async (t) => {
  const { out, code } = await world(t).run(['--help']);
  assert.equal(code, 0);
  assert.match(out, /^Exit codes:\n {2}0 .*\n {2}1 .*\n {2}2 .*\n {2}3 .*\n {2}5 .*\n {2}78 /m);
  assert.doesNotMatch(out, /worker/);
});

test('checking a configuration sums it up, or names all its faults', async (t) => {
  const at = world(t);
  const good = await at.run(['check-config']);
  assert.equal(good.code, 0);
  assert.match(good.out, /^config ok: .*postern\.yaml$/m);
  assert.match(good.out, /^imap-1143 +imap +127\.0\.0\.1:1143 +none$/m);
  assert.deepEqual(Object(await at.json('check-config')).domains, { 'example.org': 'main' });

  writeFileSync(
    at.configFile,
    readFileSync(at.configFile, 'utf8').replace('imap,', 'imaps,').replace('embedded', 'sqlite'),
  );
  const bad = await at.run(['check-config']);
  assert.equal(bad.code, 78);
  assert.equal(bad.err.split('\n').length, 3);
  assert.match(bad.err, /\n2 faults: Postern would not start with this$/);
  const json = await at.run(['check-config', '--json']);
  assert.equal(JSON.parse(json.out).faults.length, 2);
  assert.equal((await at.run(['domain', 'list'])).code, 78);
});

test('the configuration is the one named, never one that happens to be in the folder', async (t) => {
  const at = world(t);
  const named = await at.run(['domain', 'list', '--config', '/no/such/file.yaml']);
  assert.deepEqual(
    [named.code, named.err],
    [78, 'postern: /no/such/file.yaml: there is no such file: name the configuration with --config'],
  );
  const found = spawned(at, 'check-config', '--json', '-c', 'postern.yaml');
  assert.equal(JSON.parse(found.out).file, 'postern.yaml');
  const unnamed = spawned(at, 'check-config', '-c', '');
  assert.equal(unnamed.code, 78);
  assert.match(
    unnamed.err,
    /^postern: there is no \/etc\/postern\/postern\.yaml: name .* --config \(a postern\.yaml in this folder is not taken/,
  );
});

test('a new key makes the file for its owner only, and later stands in front of the others', async (t) => {
  const at = world(t);
  const file = join(at.folder, 'fresh-keys');
  writeFileSync(at.configFile, readFileSync(at.configFile, 'utf8').replace('keys_file: keys', 'keys_file: fresh-keys'));
  const missing = await at.run(['account', 'show', 'alice@example.org']);
  assert.deepEqual(
    [missing.code, missing.err],
    [78, `postern: ${file}: there are no master keys yet: make them with \`postern key new\``],
  );
  const made = Object(await at.json('key', 'new'));
  assert.equal(statSync(file).mode & 0o777, 0o600);
  const second = Object(await at.json('key', 'new', '--yes'));
  assert.deepEqual(
    parseKeyFile(readFileSync(file, 'utf8')).map(({ id }) => id),
    [second.id, made.id],
  );
  assert.match(readFileSync(file, 'utf8'), /^# Master keys/);
  assert.equal((await at.run(['key', 'new'], { answers: ['n'] })).code, 1);
  assert.equal(parseKeyFile(Object(await at.json('key', 'new', '--print')).line).length, 1);
});

test('a store out of reach has an exit code of its own', async (t) => {
  const at = world(t);
  const redis = 'store: { kind: redis, url: redis://127.0.0.1:1, commandTimeoutMs: 200 }';
  writeFileSync(at.configFile, readFileSync(at.configFile, 'utf8').replace(/^store: .*$/m, redis));
  assert.equal((await at.run(['session', 'list'])).code, 5);
});

test('bash completes subcommands, options and choices', () => {
  const script = completionScript(program(), 'bash');
  const complete = (...words: readonly string[]): readonly string[] => {
    const ask = `${script}\nCOMP_WORDS=("$@"); COMP_CWORD=$(($#-1)); _postern; printf '%s\\n' "\${COMPREPLY[@]}"`;
    const out = execFileSync('bash', ['-c', ask, 'bash', 'postern', ...words], { encoding: 'utf8' });
    return out.split('\n').filter((word) => word !== '');
  };
  assert.deepEqual(complete('ac'), ['account']);
  assert.deepEqual(complete('app-password', 're'), ['reveal', 'reset', 'revoke']);
  assert.deepEqual(complete('domain', 'set', 'example.org', '--re'), ['--reveal']);
  assert.deepEqual(complete('domain', 'set', 'example.org', 'for'), ['forced']);
  assert.deepEqual(complete('completion', '').slice(0, 3), ['bash', 'zsh', 'fish']);
  assert.ok(complete('session', 'list', '--').includes('--json'));
  assert.deepEqual(complete('worker', 'x'), []);
});

test('the scripts for zsh and fish know every command that can be seen', () => {
  const names = everyCommand(program())
    .map((command) => command.name())
    .filter((name) => name !== 'worker' && name !== 'postern');
  for (const shell of ['zsh', 'fish'] as const) {
    const script = completionScript(program(), shell);
    for (const name of names) assert.match(script, new RegExp(`\\b${name}\\b`), `${shell}: ${name}`);
    assert.doesNotMatch(script, /worker/);
  }
});

/** A folder with the tools that the launcher itself needs, and no runtime. */
function toolsOnly(at: CommandWorld): string {
  const folder = join(at.folder, 'tools');
  mkdirSync(folder);
  for (const tool of ['dirname', 'readlink', 'uname', 'grep']) {
    symlinkSync(execFileSync('sh', ['-c', `command -v ${tool}`], { encoding: 'utf8' }).trim(), join(folder, tool));
  }
  return folder;
}
