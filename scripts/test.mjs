/**
 * `npm test`: installs what the tests need, then checks format, lint, types, unused code and generated files, and runs
 * every test on Bun and again on Node 26. The last line is `N passed, N failed`; the exit code is 1 when any failed.
 *
 *   node scripts/test.mjs --static                   the checks only
 *   node scripts/test.mjs --only bun [file.test.ts]  one runtime, some files, no checks
 */

import { parseArgs } from 'node:util';
import { runChecks } from './checks.mjs';
import { install } from './install.mjs';
import { ensureTestPackages } from './packages.mjs';
import { Complaint, runMain } from './runtime.mjs';
import { runFiles, stopFiles, testFiles } from './test-files.mjs';

await runMain(async () => {
  const { runtimes, files, checks } = options();
  await install();
  if (runtimes.length > 0) ensureTestPackages();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, abandon);

  const results = checks ? [await runChecks(report)] : [];
  results.push(await runFiles(runtimes, testFiles(files), report));

  const failures = results.flatMap((result) => result.failures);
  for (const { title, output } of failures) print(`\n──── ${title}\n${output.trimEnd()}\n`);
  const passed = results.reduce((sum, result) => sum + result.passed, 0);
  const failed = failures.reduce((sum, failure) => sum + failure.failed, 0);
  print(`\n${passed} passed, ${failed} failed\n`);
  return failed === 0 ? 0 : 1;
});

function options() {
  const { values, positionals: files } = parsed();
  const { only, static: staticOnly = false } = values;
  if (only !== undefined && !['bun', 'node'].includes(only)) throw new Complaint('--only takes bun or node');
  const runtimes = staticOnly ? [] : only === undefined ? ['bun', 'node'] : [only];
  return { runtimes, files, checks: staticOnly || (only === undefined && files.length === 0) };
}

function parsed() {
  try {
    return parseArgs({
      options: { static: { type: 'boolean' }, only: { type: 'string' } },
      allowPositionals: true,
    });
  } catch (error) {
    throw new Complaint(`${error.message} (usage: npm test -- [--static] [--only bun|node] [file.test.ts …])`);
  }
}

function report({ runtime, file, outcome, ms }) {
  print(`${runtime.padEnd(6)} ${file.padEnd(58)} ${outcome.padEnd(14)} ${(ms / 1000).toFixed(1)} s\n`);
}

function abandon() {
  stopFiles();
  print('\nstopped\n');
  process.exit(130);
}

function print(text) {
  process.stdout.write(text);
}
