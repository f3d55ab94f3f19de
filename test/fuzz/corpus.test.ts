/** Every input that once failed, or that is worth to be tried for ever. */

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { FUZZ_TARGETS } from './all.ts';
import { corpusFile, CorpusSchema } from './target.ts';

const FOLDER = join(import.meta.dirname, 'corpus');

after(async () => {
  for (const target of FUZZ_TARGETS) await target.close?.();
});

for (const name of readdirSync(FOLDER).toSorted()) {
  test(`kept input: ${name}`, async () => {
    const { target: of, input } = CorpusSchema.parse(JSON.parse(readFileSync(join(FOLDER, name), 'utf8')));
    const target = FUZZ_TARGETS.find((one) => one.name === of);
    assert.ok(target !== undefined, `there is no target ${of}`);
    await target.replay(input);
  });
}

test('a failure is kept under the name of its target and of what it is, as a file that can be replayed', () => {
  const failure = { target: 'line-reader', input: 'a\r\n\0', why: 'AssertionError' };
  const { name, text } = corpusFile(failure);
  assert.match(name, /^line-reader-[0-9a-f]{12}\.json$/);
  assert.deepEqual(CorpusSchema.parse(JSON.parse(text)), failure);
  assert.equal(corpusFile({ ...failure, why: 'another' }).name, name);
});
