import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { readConfiguration } from '#config/load.ts';
import { entryOf, fieldsOf, itemOf, settingTree, type SettingNode } from '#config/tree.ts';
import { createAuthority } from '../support/certificates.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'postern-documents-'));
after(() => rmSync(folder, { recursive: true }));

const leaf = await (await createAuthority(folder, 'documents')).issue(['mail.example.org']);
writeFileSync(join(folder, 'master.password'), 'for-tests-only\n', { mode: 0o600 });

/** The faults of a configuration as it is printed in a document, with files that exist. */
function faults(text: string): readonly string[] {
  const file = join(folder, 'postern.yaml');
  const usable = text
    .replaceAll(/cert_file: [^\s,}]+/g, `cert_file: ${leaf.certFile}`)
    .replaceAll(/key_file: [^\s,}]+/g, `key_file: ${leaf.keyFile}`)
    .replaceAll(/password_file: [^\s,}]+/g, 'password_file: master.password');
  writeFileSync(file, usable);
  const read = readConfiguration({ file, environment: {}, now: Date.now() });
  return read.kind === 'usable' ? [] : read.faults;
}

/** Every setting's name, of all variants. */
function names(node: SettingNode): readonly string[] {
  return [...(node.oneOf ?? [node]), itemOf(node), entryOf(node)].flatMap((one) =>
    one === undefined ? [] : Object.entries(fieldsOf(one)).flatMap(([name, field]) => [name, ...names(field)]),
  );
}

test('the documents that are made from the code are up to date', () => {
  const check = spawnSync(process.execPath, [join(root, 'scripts/docs.ts'), '--check'], { encoding: 'utf8' });
  assert.equal(check.stdout + check.stderr, '');
  assert.equal(check.status, 0);
});

test('the example configuration is one that can be used, and holds every setting', () => {
  const example = readFileSync(join(root, 'config/postern.example.yaml'), 'utf8');
  assert.deepEqual(faults(example), []);
  for (const name of new Set(names(settingTree()))) assert.match(example, new RegExp(`^ *#?${name}:`, 'm'), name);
});

test('the configuration at the head of the manual is one that can be used', () => {
  const manual = readFileSync(join(root, 'docs/configuration.md'), 'utf8');
  const [, yaml = ''] = /```yaml\n([^`]*)```/.exec(manual) ?? [];
  assert.deepEqual(faults(yaml), []);
  assert.match(yaml, /^hostname:/);
});

test('every setting has a description', () => {
  const described = (node: SettingNode, path: string): void => {
    for (const one of node.oneOf ?? [node]) {
      for (const [name, field] of Object.entries(fieldsOf(one))) {
        assert.match(field.description ?? '', /^[^a-z].*[.]$/s, `${path}.${name}`);
        for (const inner of [field, itemOf(field), entryOf(field)]) if (inner) described(inner, `${path}.${name}`);
      }
    }
  };
  described(settingTree(), '');
});
