/**
 * Commands of lines and literals, as IMAP and ManageSieve clients send them: cuts them out of the stream, says when a
 * continuation request is due, and reads what it must refuse to its end, literals included, so that the bytes of a
 * literal never become a command. Knows no verb and looks inside no argument.
 * RFC 9051 §4.3 (literals), RFC 7888 (LITERAL+ and LITERAL-), RFC 5804 §4 (ManageSieve has only `{n+}`).
 */

import { ByteQueue } from './byte-queue.ts';
import { withoutLineEnd } from './line-reader.ts';
import type { LineEvent } from './line-reader.ts';

/** A piece of a command: text between literals (one character per byte, no line ends) or a literal's bytes. */
export type Piece =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'literal'; readonly bytes: Buffer };

export type FramingFault =
  | 'line-too-long'
  | 'literal-too-long'
  | 'too-many-literals'
  /** All of it together is more than we hold. */
  | 'command-too-long'
  /** `{n}` where the protocol has only `{n+}`. */
  | 'literal-not-supported';

export type CommandEvent =
  /** Begins and ends with a text, and texts and literals take turns. */
  | { readonly kind: 'command'; readonly pieces: readonly Piece[] }
  /** A literal is announced and fits: the client waits for a continuation request before it sends it. */
  | { readonly kind: 'continue' }
  /** A command was read to its end and dropped. `start` is the beginning of its first line, for the tag. */
  | { readonly kind: 'refused'; readonly fault: FramingFault; readonly start: string }
  /** A refused literal so long that it is not worth reading to its end: say goodbye and close. */
  | { readonly kind: 'hopeless' };

export interface FramingLimits {
  /** A line without its line end. */
  readonly lineBytes: number;
  readonly literalBytes: number;
  /** Lines and literals of one command together. */
  readonly commandBytes: number;
  readonly literals: number;
  /** A refused non-synchronizing literal up to this size is read and dropped. */
  readonly skippedLiteralBytes: number;
  readonly synchronizing: 'accepted' | 'refused';
}

// RFC 7888 §5 caps what a client may send unasked under LITERAL-. It writes `{n+}`; `{n-}` is in no RFC, but whoever
// sends it means this, and its bytes must not be read as commands.
const MAX_LITERAL_MINUS_BYTES = 4096;
/** How much of a refused command's first line is kept, within the line limit; a tag is much shorter. */
const START_CHARACTERS = 128;
/** Enough of a dropped line's end to see whether it announces a literal. */
const ANNOUNCEMENT_BYTES = 32;

interface Announcement {
  readonly size: number;
  readonly form: 'synchronizing' | 'plus' | 'minus';
}

/** A line: whole, or over the limit and known only by its two ends. */
interface Line {
  readonly cut: boolean;
  readonly start: string;
  readonly end: string;
}

/** A command in the making. Poisoned: it will be refused when its end has been read. */
type Command =
  | { readonly kind: 'wanted'; readonly pieces: readonly Piece[]; readonly bytes: number }
  | { readonly kind: 'poisoned'; readonly fault: FramingFault; readonly start: string };

const NOTHING: Command = { kind: 'wanted', pieces: [], bytes: 0 };

/** Cuts commands out of a stream. Holds at most one command within its limits, plus what was not asked for yet. */
export class CommandFramer {
  readonly #queue = new ByteQueue();
  readonly #limits: FramingLimits;
  #command: Command = NOTHING;
  /** Bytes of the present literal that are still missing; undefined between literals. */
  #missing: number | undefined;
  /** The two ends, so far, of a line that is being dropped because it is too long. */
  #dropping: { readonly start: string; readonly end: string } | undefined;

  constructor(limits: FramingLimits) {
    this.#limits = limits;
  }

  /** Bytes that were pushed and not yet read. */
  get heldBytes(): number {
    return this.#queue.length;
  }

  push(bytes: Uint8Array): void {
    this.#queue.push(bytes);
  }

  /** The next event, or undefined: wait for more bytes. After `hopeless` only clear() makes sense. */
  next(): CommandEvent | undefined {
    for (;;) {
      const progress = this.#missing === undefined ? this.#readLine() : this.#readLiteral(this.#missing);
      if (progress !== 'read on') return progress;
    }
  }

  /**
   * The next line by itself, for a dialogue that is between commands and expects an answer that is no command
   * (a SASL response): `{5}` at its end announces nothing.
   */
  nextLine(): LineEvent | undefined {
    const line = this.#takeLine();
    if (line === undefined) return undefined;
    return line.cut ? { kind: 'too-long' } : { kind: 'line', line: line.end };
  }

  /** Takes everything unread, for whoever speaks next on this stream. */
  take(): Buffer {
    return this.#queue.take(this.#queue.length);
  }

  /** Forgets everything, a half-read command too. */
  clear(): void {
    this.#queue.clear();
    this.#command = NOTHING;
    this.#missing = undefined;
    this.#dropping = undefined;
  }

  #readLine(): CommandEvent | 'read on' | undefined {
    const line = this.#takeLine();
    if (line === undefined) return undefined;
    const literal = announcement(line.end);
    this.#command = this.#withLine(line, literal);
    if (literal === undefined) return this.#finish();
    // RFC 9051 §4.3: a client that is not asked to go on does not send the literal, so its command ends here.
    if (literal.form === 'synchronizing' && this.#command.kind === 'poisoned') return this.#finish();
    this.#missing = literal.size;
    if (literal.form === 'synchronizing') return { kind: 'continue' };
    const skipped = this.#command.kind === 'poisoned' ? literal.size : 0;
    return skipped > this.#limits.skippedLiteralBytes ? { kind: 'hopeless' } : 'read on';
  }

  #readLiteral(missing: number): 'read on' | undefined {
    if (this.#command.kind === 'poisoned') {
      const skipped = Math.min(missing, this.#queue.length);
      this.#queue.skip(skipped);
      this.#missing = missing - skipped;
    } else {
      if (this.#queue.length < missing) return undefined;
      const { pieces, bytes } = this.#command;
      const literal: Piece = { kind: 'literal', bytes: this.#queue.take(missing) };
      this.#command = { kind: 'wanted', pieces: [...pieces, literal], bytes: bytes + missing };
      this.#missing = 0;
    }
    if (this.#missing > 0) return undefined;
    this.#missing = undefined;
    return 'read on';
  }

  // The command with one more line, and with the literal that the line announces judged before it is read.
  #withLine(line: Line, literal: Announcement | undefined): Command {
    const command = this.#command;
    if (command.kind === 'poisoned') return command;
    const first = command.pieces[0];
    const start = first?.kind === 'text' ? this.#startOf(first.text) : line.start;
    if (line.cut) return { kind: 'poisoned', fault: 'line-too-long', start };
    const fault = this.#faultOf(command.bytes + line.end.length, command.pieces, literal);
    if (fault !== undefined) return { kind: 'poisoned', fault, start };
    const text = literal === undefined ? line.end : line.end.replace(ANNOUNCEMENT, '');
    return { ...command, pieces: [...command.pieces, { kind: 'text', text }], bytes: command.bytes + line.end.length };
  }

  #faultOf(bytes: number, pieces: readonly Piece[], literal: Announcement | undefined): FramingFault | undefined {
    const { literalBytes, commandBytes, literals, synchronizing } = this.#limits;
    if (bytes > commandBytes) return 'command-too-long';
    if (literal === undefined) return undefined;
    if (literal.form === 'synchronizing' && synchronizing === 'refused') return 'literal-not-supported';
    const most = literal.form === 'minus' ? Math.min(literalBytes, MAX_LITERAL_MINUS_BYTES) : literalBytes;
    if (literal.size > most) return 'literal-too-long';
    if (pieces.length >= 2 * literals) return 'too-many-literals';
    return bytes + literal.size > commandBytes ? 'command-too-long' : undefined;
  }

  #finish(): CommandEvent {
    const command = this.#command;
    this.#command = NOTHING;
    if (command.kind === 'poisoned') return { kind: 'refused', fault: command.fault, start: command.start };
    return { kind: 'command', pieces: command.pieces };
  }

  #takeLine(): Line | undefined {
    const length = this.#queue.lineLength();
    if (length === undefined) {
      // One byte more than the limit may be the CR of a line that just fits.
      const hopeless = this.#queue.length > this.#limits.lineBytes + 1;
      if (hopeless || this.#dropping !== undefined) this.#drop(this.#queue.takeText(this.#queue.length));
      return undefined;
    }
    const dropped = this.#dropping;
    this.#dropping = undefined;
    const text = withoutLineEnd((dropped?.end ?? '') + this.#queue.takeText(length));
    const cut = dropped !== undefined || text.length > this.#limits.lineBytes;
    return { cut, start: dropped?.start ?? this.#startOf(text), end: text };
  }

  #startOf(text: string): string {
    return text.slice(0, Math.min(START_CHARACTERS, this.#limits.lineBytes));
  }

  #drop(text: string): void {
    const dropped = this.#dropping;
    this.#dropping = {
      start: dropped?.start ?? this.#startOf(text),
      end: ((dropped?.end ?? '') + text).slice(-ANNOUNCEMENT_BYTES),
    };
  }
}

// At most 20 digits, so that the end of a dropped line tells all; RFC 9051 §9 has numbers of up to 63 bits.
const ANNOUNCEMENT = /\{(\d{1,20})([+-]?)\}$/;

function announcement(line: string): Announcement | undefined {
  const [, digits, sign] = ANNOUNCEMENT.exec(line) ?? [];
  if (digits === undefined) return undefined;
  return { size: Number(digits), form: sign === '+' ? 'plus' : sign === '-' ? 'minus' : 'synchronizing' };
}
