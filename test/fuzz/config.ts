/** Random configuration files and environments: read, or refused with the places of the faults; never anything else. */

import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { z } from 'zod';
import { readConfiguration } from '#config/load.ts';
import { fuzzTarget, type FuzzTarget } from './target.ts';

/** Lines of the example, with those that are commented out as settings. */
const EXAMPLE = readFileSync(new URL('../../config/postern.example.yaml', import.meta.url), 'utf8')
  .split('\n')
  .filter((line) => !/^\s*# /.test(line))
  .map((line) => line.replace(/^(\s*)#/, '$1'));

const EditSchema = z.strictObject({ at: z.int().min(0), with: z.string(), keep: z.boolean() });
type Edit = z.output<typeof EditSchema>;

const edit: fc.Arbitrary<Edit> = fc.record({
  at: fc.nat(EXAMPLE.length - 1),
  with: fc.oneof(
    fc.constantFrom('', '  - x', '#', 'hostname: 3', '{}', '? [a]: b', '&a *a', '<<: *a', '"', '|', '---', '%YAML 9'),
    fc.string(),
    fc.constantFrom(...EXAMPLE),
  ),
  keep: fc.boolean(),
});

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
const variable = fc.array(step, { minLength: 1, maxLength: 4 }).map((steps) => `POSTERN_${steps.join('__')}`);
const value = fc.oneof(fc.string(), fc.constantFrom('{}', '[1]', 'null', '{ a: b }', 'redis', '&a [*a]'));

/** A file with these lines lost, doubled or changed. */
function edited(edits: readonly Edit[]): string {
  const lines = [...EXAMPLE];
  for (const { at, with: text, keep } of edits) lines.splice(at, keep ? 0 : 1, text);
  return lines.join('\n');
}

function checkConfiguration(text: string, environment: Readonly<Record<string, string>> = {}): void {
  const folder = mkdtempSync(join(tmpdir(), 'postern-config-fuzz-'));
  try {
    const file = join(folder, 'postern.yaml');
    writeFileSync(file, text);
    const found = readConfiguration({ file, environment, now: 0 });
    if (found.kind === 'usable') return;
    assert.notEqual(found.faults.length, 0);
    for (const line of found.faults) {
      assert.match(line, /^(?:\/.*postern\.yaml:\d+:\d+|environment variable POSTERN_\S+): /);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}

export const CONFIG_TARGETS: readonly FuzzTarget[] = [
  fuzzTarget('config-text', {
    schema: z.string(),
    inputs: fc.string({ unit: 'binary', maxLength: 200 }),
    check: (text) => checkConfiguration(text),
    cost: 'slow',
  }),
  fuzzTarget('config-edits', {
    schema: z.array(EditSchema),
    inputs: fc.array(edit, { minLength: 1, maxLength: 4 }),
    check: (edits) => checkConfiguration(edited(edits)),
    cost: 'slow',
  }),
  fuzzTarget('config-environment', {
    schema: z.record(z.string(), z.string()),
    inputs: fc.dictionary(variable, value, { maxKeys: 4 }),
    check: (environment) => checkConfiguration(EXAMPLE.join('\n'), environment),
    cost: 'slow',
  }),
];
