/**
 * Finds the lines in a stream that passes by, without keeping or copying it: of a line that is cut between two chunks
 * it remembers the two ends, of everything else nothing. Octets that are no lines (a literal's) are stepped over
 * unread. Knows no verb.
 */

const LF = 0x0a;
const CR = 0x0d;
const EMPTY = Buffer.alloc(0);

/** At least this much of a line is seen at either end of it, however long it is and however it was cut. */
const LINE_END_BYTES = 128;
/** With its CR. */
const KEPT_BYTES = LINE_END_BYTES + 1;

/**
 * Looks at a line: `bytes` from `start` up to `end`, where its LF stands. Of a line that was cut and is longer than
 * a few hundred octets only the two ends are shown, put together. Returns how many octets behind it are no lines.
 */
export type LookAtLine = (bytes: Buffer, start: number, end: number) => number;

/** The two ends of a line without its line end, one character per octet. They are the same however it was cut. */
export interface LineText {
  readonly start: string;
  readonly end: string;
}

/** The text of a line as a LookAtLine has it. */
export function lineText(bytes: Buffer, start: number, end: number): LineText {
  const last = endsWithCr(bytes, start, end) ? end - 1 : end;
  return {
    start: bytes.toString('latin1', start, Math.min(last, start + LINE_END_BYTES)),
    end: bytes.toString('latin1', Math.max(start, last - LINE_END_BYTES), last),
  };
}

/** Whether a line ends as it should, in CRLF. */
export function endsWithCr(bytes: Buffer, start: number, end: number): boolean {
  return end > start && bytes[end - 1] === CR;
}

export class LineSkimmer {
  readonly #look: LookAtLine;
  /** Octets still to be stepped over. */
  #skipped = 0;
  /** The beginning of a line whose end has not come. */
  #begun: Buffer = EMPTY;

  constructor(look: LookAtLine) {
    this.#look = look;
  }

  /** True when the next octet begins a line. */
  get atLineStart(): boolean {
    return this.#skipped === 0 && this.#begun.length === 0;
  }

  /** Steps over the next octets; only at the start of a line. */
  skip(octets: number): void {
    this.#skipped += octets;
  }

  push(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length) {
      if (this.#skipped > 0) {
        const stepped = Math.min(this.#skipped, chunk.length - at);
        this.#skipped -= stepped;
        at += stepped;
        continue;
      }
      const end = chunk.indexOf(LF, at);
      if (end < 0) {
        this.#begun = bothEnds(this.#begun, chunk.subarray(at));
        return;
      }
      this.#skipped = this.#lookAt(chunk, at, end);
      at = end + 1;
    }
  }

  #lookAt(chunk: Buffer, start: number, end: number): number {
    if (this.#begun.length === 0) return this.#look(chunk, start, end);
    const line = bothEnds(this.#begun, chunk.subarray(start, end));
    this.#begun = EMPTY;
    return this.#look(line, 0, line.length);
  }
}

// Always a copy: the chunk is somebody else's.
function bothEnds(first: Buffer, second: Buffer): Buffer {
  const bytes = Buffer.concat([first, second]);
  if (bytes.length <= 2 * KEPT_BYTES) return bytes;
  return Buffer.concat([bytes.subarray(0, KEPT_BYTES), bytes.subarray(-KEPT_BYTES)]);
}
