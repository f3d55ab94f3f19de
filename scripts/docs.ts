/**
 * Writes the documents that are made from the code: the example configuration, its manual, the schema for editors, the
 * references of the command line and of the errors, and the description of the HTTP API. With --check it writes nothing and fails when one
 * of them is stale.
 */

import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { settingTree } from '#config/tree.ts';
import { commandReference } from './docs/command-line.ts';
import { errorReference } from './docs/errors.ts';
import { lintConfiguration, withDirectionTable } from './docs/directions.ts';
import { editorSchema } from './docs/editor-schema.ts';
import { exampleYaml } from './docs/example.ts';
import { manual } from './docs/manual.ts';
import { openApi } from '#service/openapi.ts';
import { ROUTES } from '#service/routes.ts';

const tree = settingTree();
const documents: Readonly<Record<string, string>> = {
  '.oxlintrc.json': lintConfiguration(readFileSync(pathOf('.oxlintrc.json'), 'utf8')),
  'config/postern.example.yaml': exampleYaml(tree),
  'config/postern.schema.json': editorSchema(tree),
  'docs/configuration.md': manual(tree),
  'docs/command-line.md': commandReference(),
  'docs/errors.md': errorReference(),
  'docs/openapi.json': openApi(ROUTES),
  'docs/architecture.md': withDirectionTable(readFileSync(pathOf('docs/architecture.md'), 'utf8')),
};

const checkOnly = process.argv.includes('--check');
const stale = Object.entries(documents).filter(([name, text]) => current(name) !== text);
for (const [name, text] of stale) {
  if (!checkOnly) writeFileSync(pathOf(name), text);
  console.log(checkOnly ? `${name} is stale: run npm run docs` : `wrote ${name}`);
}
if (checkOnly && stale.length > 0) process.exitCode = 1;

function current(name: string): string | undefined {
  try {
    return readFileSync(pathOf(name), 'utf8');
  } catch {
    return undefined;
  }
}

function pathOf(name: string): string {
  return fileURLToPath(new URL(`../${name}`, import.meta.url));
}
