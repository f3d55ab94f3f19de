/**
 * Plays a session behind its login to a gate, in a transcript:
 *
 *   C: RCPT TO:<a@b>     a line from the client        C| bytes as written, without CRLF
 *   B: 250 2.1.5 Ok      a line from the backend       B| bytes as written
 *   > RCPT TO:<a@b>      what goes on to the backend behind it, a line of it each
 *   < 250 2.1.5 Ok       what goes on to the client
 *   ! refused starttls   what was refused
 *   ! end                the session ends
 *   ! holding            bytes of the client are held from here on, or (! reading) no longer
 *
 * What is passed without a line end has `|` for its space. Each transcript is played as written, byte by byte and in
 * threes: the same must come of it.
 */

import assert from 'node:assert/strict';
import test from 'node:test';
import type { Gate, GateAction } from '#protocol/machine.ts';
import { escape, unescape } from './transcript.ts';

/** Everything that has come of something, whatever it was cut into. One character for each byte. */
export interface Outcome {
  backend: string;
  client: string;
  readonly refused: string[];
  ended: boolean;
}

function nothing(): Outcome {
  return { backend: '', client: '', refused: [], ended: false };
}

/** Adds actions to an outcome. */
function note(outcome: Outcome, actions: readonly GateAction[]): void {
  for (const action of actions) {
    assert.equal(outcome.ended, false, 'something follows the end');
    if (action.do === 'pass') outcome[action.to] += action.bytes.toString('latin1');
    if (action.do === 'refused') outcome.refused.push(action.why);
    if (action.do === 'end') outcome.ended = true;
  }
}

/** Passes bytes, one character each, to a gate, in pieces of this size. */
export function feed(gate: Gate, from: 'client' | 'backend', { text, size }: { text: string; size: number }): Outcome {
  const outcome = nothing();
  for (let at = 0; at < text.length; at += size) {
    const piece = Buffer.from(text.slice(at, at + size), 'latin1');
    note(outcome, from === 'client' ? gate.fromClient(piece) : gate.fromBackend(piece));
  }
  return outcome;
}

/** Registers a test that plays a transcript. */
export function gateTranscript(name: string, open: () => Gate, script: string): void {
  test(name, () => {
    const lines = script.split('\n').flatMap((line) => (line.trim() === '' ? [] : [line.trim()]));
    for (const size of [Infinity, 1, 3]) {
      assert.equal(playGate(open(), lines, size).join('\n'), lines.join('\n'), `in pieces of ${size}`);
    }
  });
}

function playGate(gate: Gate, lines: readonly string[], size: number): readonly string[] {
  let held = gate.holding;
  return lines.flatMap((line) => {
    const [, peer, mark, said = ''] = /^([CB])([:|]) ?(.*)$/.exec(line) ?? [];
    if (peer === undefined) return [];
    const text = unescape(said).toString('latin1') + (mark === ':' ? '\r\n' : '');
    const outcome = feed(gate, peer === 'C' ? 'client' : 'backend', { text, size });
    const turned = held === gate.holding ? [] : [gate.holding ? '! holding' : '! reading'];
    held = gate.holding;
    return [
      line,
      ...shown('>', outcome.backend),
      ...shown('<', outcome.client),
      ...outcome.refused.map((why) => `! refused ${why}`),
      ...(outcome.ended ? ['! end'] : []),
      ...turned,
    ];
  });
}

function shown(mark: string, bytes: string): readonly string[] {
  const lines = bytes.split('\r\n');
  const rest = lines.pop() ?? '';
  return [
    ...lines.map((line) => `${mark} ${escape(line)}`.trimEnd()),
    ...(rest === '' ? [] : [`${mark}|${escape(rest)}`]),
  ];
}
