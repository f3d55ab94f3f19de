/**
 * What can be fuzzed, whatever it is: inputs are made at random, checked, and where a check fails kept as JSON, so that
 * the same input can be played again for ever. Texts in an input have one character for each byte.
 */

import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { z } from 'zod';

/** An input that failed its check. */
export interface Failure {
  readonly target: string;
  readonly input: unknown;
  readonly why: string;
}

export interface FuzzTarget {
  readonly name: string;
  /** What one input costs: slow ones take a hundred times as long as a dialogue, sessions of real servers more. */
  readonly cost: 'quick' | 'slow' | 'servers';
  /** Checks this many random inputs; the smallest that fails, if any does. */
  run(random: { readonly seed: number; readonly runs: number }): Promise<Failure | undefined>;
  /** Checks one input from the corpus. Throws what the check throws, and when it is none of this target's. */
  replay(input: unknown): Promise<void>;
  /** Ends what its checks have started and kept. */
  readonly close?: () => Promise<void>;
}

interface Parts<Input> {
  readonly schema: z.ZodType<Input>;
  readonly inputs: fc.Arbitrary<Input>;
  readonly check: (input: Input) => void | Promise<void>;
  readonly cost?: FuzzTarget['cost'];
}

/** Makes a target of a check that throws or rejects. */
export function fuzzTarget<Input>(name: string, { schema, inputs, check, cost = 'quick' }: Parts<Input>): FuzzTarget {
  return {
    name,
    cost,
    run: async ({ seed, runs }) => {
      const property = fc.asyncProperty(inputs, async (input) => check(input));
      const { failed, counterexample, errorInstance } = await fc.check(property, { seed, numRuns: runs });
      if (!failed) return undefined;
      return { target: name, input: counterexample?.[0], why: String(errorInstance) };
    },
    replay: async (input) => check(schema.parse(input)),
  };
}

export const CorpusSchema = z.strictObject({ target: z.string(), why: z.string(), input: z.unknown() });

/** The name and the text of the file by which a failure is kept. */
export function corpusFile(failure: Failure): { readonly name: string; readonly text: string } {
  const text = `${JSON.stringify(failure, undefined, 2)}\n`;
  const digest = createHash('sha256').update(JSON.stringify(failure.input)).digest('hex').slice(0, 12);
  return { name: `${failure.target}-${digest}.json`, text };
}
