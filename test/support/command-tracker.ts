/**
 * Plays what passes through a session after login to the tracker that looks for boundaries, in a transcript:
 *
 *   busy    C: 1 FETCH 1 BODY[]        a line from the client, and how things stand behind it
 *   within  B: * 1 FETCH (BODY[] {5}   a line from the backend
 *   within  B| hello                   bytes as written, without CRLF
 *
 * rest: a goodbye can be said and interrupts nothing; busy: it can be said and interrupts something; within: it cannot
 * be said now; lost: it can never be said again. Each transcript is played as written and byte by byte.
 */

import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import type { CommandTracker } from '#protocol/machine.ts';
import { unescape } from './transcript.ts';

export type Standing = 'rest' | 'busy' | 'within' | 'lost';

/** Bytes that pass, one character each. */
export interface Passing {
  readonly from: 'client' | 'backend';
  readonly text: string;
}

/** Something that is said as a whole, and how things stand behind it. */
export interface Said extends Passing {
  readonly behind: Standing;
}

export function standing(commandTracker: CommandTracker): Standing {
  const sayable = commandTracker.goodbye('cut-off') !== undefined;
  if (sayable) return commandTracker.busy ? 'busy' : 'rest';
  return commandTracker.busy ? 'within' : 'lost';
}

export function pass(commandTracker: CommandTracker, { from, text }: Passing): void {
  const bytes = Buffer.from(text, 'latin1');
  if (from === 'client') commandTracker.fromClient(bytes);
  else commandTracker.fromBackend(bytes);
}

/** Registers a test that plays a transcript. */
export function boundaryTranscript(name: string, open: () => CommandTracker, script: string): void {
  test(name, () => {
    const lines = script.split('\n').flatMap((line) => (line.trim() === '' ? [] : [line.trim()]));
    for (const size of [Infinity, 1]) {
      const commandTracker = open();
      const played = lines.map((line) => {
        const [, peer = '', text = ''] = /^\S+ +([CB][:|]) ?(.*)$/.exec(line) ?? [];
        const bytes = unescape(text).toString('latin1') + (peer.endsWith(':') ? '\r\n' : '');
        for (const piece of pieces(bytes, [size])) {
          pass(commandTracker, { from: peer.startsWith('C') ? 'client' : 'backend', text: piece });
        }
        return `${standing(commandTracker).padEnd(8)}${peer} ${text}`.trimEnd();
      });
      const wanted = lines.map((line) => line.replace(/^(\S+) +/, (_, word: string) => word.padEnd(8)));
      assert.equal(played.join('\n'), wanted.join('\n'), size === 1 ? 'byte by byte' : 'as written');
    }
  });
}

/** Cuts text into pieces of these sizes, over and over. */
function pieces(text: string, sizes: readonly number[]): readonly string[] {
  const cut: string[] = [];
  for (let at = 0, turn = 0; at < text.length; turn += 1) {
    const size = sizes[turn % sizes.length] ?? 1;
    cut.push(text.slice(at, at + size));
    at += size;
  }
  return cut;
}

/** Sizes of pieces. */
export const sizes = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 6 });

/** Plays whole things cut anywhere; behind each of them the tracker must stand where the generator says. */
export function assertStands(commandTracker: CommandTracker, dialogue: readonly Said[], cuts: readonly number[]): void {
  for (const { from, text, behind } of dialogue) {
    const before = standing(commandTracker);
    let played = 0;
    for (const piece of pieces(text, cuts)) {
      pass(commandTracker, { from, text: piece });
      played += piece.length;
      // In the middle of what a backend says nothing of ours can be said.
      const half = from === 'backend' && played < text.length;
      if (half && before !== 'lost') assert.match(standing(commandTracker), /within|lost/, text);
    }
    assert.equal(standing(commandTracker), behind, `behind ${JSON.stringify(text.slice(0, 200))}`);
  }
}

/** Plays the same bytes to the tracker, cut anywhere, and to a slow reader that begins anew at every byte. */
export function assertAgrees(
  open: () => CommandTracker,
  reference: (passed: readonly Passing[]) => Standing,
  { passing, cuts }: { passing: readonly Passing[]; cuts: readonly number[] },
): void {
  const commandTracker = open();
  const passed: Passing[] = [];
  for (const { from, text } of passing) {
    for (const piece of pieces(text, cuts)) {
      passed.push({ from, text: piece });
      pass(commandTracker, { from, text: piece });
      assert.equal(standing(commandTracker), reference(passed), JSON.stringify(passed));
    }
  }
}
