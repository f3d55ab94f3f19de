/** The checks that run no test: format, lint with the rules of the architecture, types, unused code, generated files. */

import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { bunPath, ROOT } from './runtime.mjs';

const CODE = ['src', 'test', 'bench', 'scripts'];

/** Each check: what it is called, the command, and what to do when it fails. */
function checks() {
  const tool = (name) => join(ROOT, 'node_modules/.bin', name);
  return [
    { name: 'format', command: [tool('oxfmt'), '--check', ...CODE], advice: 'npm run format' },
    { name: 'lint', command: [tool('oxlint'), '--deny-warnings', ...CODE] },
    { name: 'types', command: [tool('tsc'), '-p', '.'] },
    { name: 'unused code and packages', command: [tool('knip'), '--no-progress'] },
    { name: 'generated files', command: [bunPath(), 'scripts/docs.ts', '--check'], advice: 'npm run docs' },
  ];
}

/** Runs the checks one after the other, reporting each; returns how many passed, and those that did not. */
export async function runChecks(report) {
  const failures = [];
  const all = checks();
  for (const { name, command, advice } of all) {
    const started = Date.now();
    const { code, output } = await run(command);
    const passed = code === 0;
    report({ runtime: 'check', file: name, outcome: passed ? 'ok' : 'FAILED', ms: Date.now() - started });
    const hint = advice === undefined ? '' : `To mend it: ${advice}\n`;
    if (!passed) failures.push({ title: name, output: `${output}${hint}`, failed: 1 });
  }
  return { passed: all.length - failures.length, failures };
}

function run([command, ...args]) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    child.stdout.on('data', (chunk) => (output += chunk));
    child.stderr.on('data', (chunk) => (output += chunk));
    child.on('error', (error) => resolve({ code: 1, output: `${error.message}\n` }));
    child.on('close', (code) => resolve({ code, output }));
  });
}
