/** What a gate has decided in one turn, in order. */

import type { GateAction, GateRefusal } from '#protocol/machine.ts';

export class GateOutput {
  #actions: GateAction[] = [];

  /** Passes bytes on; what belongs together goes on together. */
  pass(to: 'client' | 'backend', bytes: Buffer): void {
    const last = this.#actions.at(-1);
    const joined = last?.do === 'pass' && last.to === to ? adjoined(last.bytes, bytes) : undefined;
    if (joined !== undefined) this.#actions.pop();
    this.#actions.push({ do: 'pass', to, bytes: joined ?? bytes });
  }

  refused(why: GateRefusal): void {
    this.#actions.push({ do: 'refused', why });
  }

  end(): void {
    this.#actions.push({ do: 'end' });
  }

  take(): readonly GateAction[] {
    const actions = this.#actions;
    this.#actions = [];
    return actions;
  }
}

/** A part of a chunk, which is the chunk itself when it is all of it. */
export function partOf(bytes: Buffer, start: number, end: number): Buffer {
  return start === 0 && end === bytes.length ? bytes : bytes.subarray(start, end);
}

/** Two parts of the same memory, one behind the other, as one. */
function adjoined(first: Buffer, second: Buffer): Buffer | undefined {
  const adjoin = first.buffer === second.buffer && first.byteOffset + first.length === second.byteOffset;
  return adjoin ? Buffer.from(first.buffer, first.byteOffset, first.length + second.length) : undefined;
}
