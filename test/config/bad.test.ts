import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { readConfiguration } from '#config/load.ts';

const folder = fileURLToPath(new URL('bad', import.meta.url));
const NOW = Date.UTC(2026, 0, 1);

// Each folder holds a configuration and all that must be said of it.
for (const name of readdirSync(folder).toSorted()) {
  test(`a configuration that is refused: ${name.replaceAll('-', ' ')}`, () => {
    const here = join(folder, name);
    const read = readConfiguration({ file: join(here, 'postern.yaml'), environment: {}, now: NOW });
    assert.ok(read.kind === 'faulty', 'it was taken');
    const lines = read.faults.map((line) => `${line.replaceAll(`${here}/`, '')}\n`);
    assert.equal(lines.join(''), readFileSync(join(here, 'expected.txt'), 'utf8'));
  });
}
