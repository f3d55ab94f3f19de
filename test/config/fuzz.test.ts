import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import fc from 'fast-check';
import { readConfiguration } from '../../src/config/load.ts';

const folder = mkdtempSync(join(tmpdir(), 'postern-config-fuzz-'));
after(() => rmSync(folder, { recursive: true }));

const file = join(folder, 'postern.yaml');
const example = readFileSync(new URL('../../config/postern.example.yaml', import.meta.url), 'utf8')
  .split('\n')
  .filter((line) => !/^\s*# /.test(line))
  .map((line) => line.replace(/^(\s*)#/, '$1'));

/** Reads a text; whatever it is, what comes back is a configuration or faults that each name a place. */
function read(text: string, environment: Record<string, string> = {}): void {
  writeFileSync(file, text);
  const found = readConfiguration({ file, environment, now: 0 });
  if (found.kind === 'usable') return;
  assert.notEqual(found.faults.length, 0);
  for (const line of found.faults)
    assert.match(line, /^(?:\/.*postern\.yaml:\d+:\d+|environment variable POSTERN_\S+): /);
}

test('whatever the file holds, it is read or refused with places', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => read(text)),
    { seed: 1, numRuns: 150 },
  );
});

test('a configuration with lines lost, doubled or changed is read or refused with places', () => {
  const edit = fc.record({
    at: fc.nat(example.length - 1),
    with: fc.oneof(fc.constantFrom('', '  - x', '#', 'hostname: 3', '{}', '? [a]: b', '&a *a', '<<: *a'), fc.string()),
    keep: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(edit, { minLength: 1, maxLength: 4 }), (edits) => {
      const lines = [...example];
      for (const { at, with: text, keep } of edits) lines.splice(at, keep ? 0 : 1, text);
      read(lines.join('\n'));
    }),
    { seed: 2, numRuns: 150 },
  );
});

test('whatever the environment holds, it is read or refused with places', () => {
  const step = fc.constantFrom(
    'LISTENERS',
    'BACKENDS',
    'MAIN',
    '0',
    '7',
    'PORT',
    'STORE',
    'KIND',
    'TLS',
    '',
    '__PROTO__',
    'X',
  );
  const name = fc.array(step, { minLength: 1, maxLength: 4 }).map((steps) => `POSTERN_${steps.join('__')}`);
  const value = fc.oneof(fc.string(), fc.constantFrom('{}', '[1]', 'null', '{ a: b }', 'redis'));
  fc.assert(
    fc.property(fc.dictionary(name, value, { maxKeys: 4 }), (environment) => read(example.join('\n'), environment)),
    { seed: 3, numRuns: 150 },
  );
});
