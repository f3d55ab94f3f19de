/** Each target for a moment, always with the same inputs. `npm run fuzz` goes on with others for as long as it is told. */

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import fc from 'fast-check';
import { z } from 'zod';
import { FUZZ_TARGETS } from './all.ts';
import { fuzzTarget } from './target.ts';

const SEED = 7;
const RUNS = { quick: 300, slow: 40, servers: 24 } as const;

after(async () => {
  for (const target of FUZZ_TARGETS) await target.close?.();
});

for (const target of FUZZ_TARGETS) {
  test(`random input: ${target.name.replaceAll('-', ' ')}`, { timeout: 280_000 }, async () => {
    assert.deepEqual(await target.run({ seed: SEED, runs: RUNS[target.cost] }), undefined);
  });
}

test('no two targets have one name', () => {
  assert.equal(new Set(FUZZ_TARGETS.map(({ name }) => name)).size, FUZZ_TARGETS.length);
});

const never = fuzzTarget('never', {
  schema: z.array(z.number()),
  inputs: fc.array(fc.nat()),
  check: (numbers) => assert.ok(numbers.every((number) => number < 50)),
});

test('of all inputs that fail, the smallest is told, and it fails again when it is replayed', async () => {
  const failure = await never.run({ seed: SEED, runs: RUNS.quick });
  assert.equal(failure?.target, 'never');
  assert.deepEqual(failure.input, [50]);
  assert.match(failure.why, /AssertionError/);
  await assert.rejects(never.replay(failure.input), assert.AssertionError);
  await never.replay([49]);
});

test('an input that is none of the target is refused', async () => {
  await assert.rejects(never.replay(['text']), z.ZodError);
});
