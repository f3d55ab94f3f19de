/**
 * Follows a ManageSieve session after login as far as it takes to know where a `BYE` of ours would be read as one: when
 * every command has had its OK or NO, never inside a string or between the lines of an answer.
 * RFC 5804 §1.2 (BYE at any time), §1.3, §2.3 to §2.12, §4 (literals).
 */

import { endsWithCr, LineSkimmer, lineText } from '#wire/line-skimmer.ts';
import type { LineText } from '#wire/line-skimmer.ts';
import { bytesOf } from '#protocol/front-steps.ts';
import type { CommandTracker, EndReason } from '#protocol/machine.ts';
import { endLine } from './replies.ts';

/** A tracker for one session, from the first byte behind the login. */
export function sieveCommandTracker(sessionId: string): CommandTracker {
  return new SieveBoundary(sessionId);
}

/**
 * What the backend's next line is: the first of a response, a further one, the rest of one behind a literal, that of
 * the last one, or no longer ours to know.
 */
type BackendState = 'first' | 'further' | 'rest' | 'rest-of-last' | 'lost';

const STRING = /^["{]/;
const CONDITION = /^(?:OK|NO)(?: |$)/i;
const COMMAND = /^([A-Za-z]{1,32})(?: |$)/;
/** Behind these the session ends, or the bytes may not be ManageSieve any more. */
const LAST_COMMANDS = new Set(['LOGOUT', 'STARTTLS', 'AUTHENTICATE', 'UNAUTHENTICATE']);
const LITERAL = /\{(\d{1,15})(\+?)\}$/;

class SieveBoundary implements CommandTracker {
  readonly #sessionId: string;
  readonly #responses = new LineSkimmer((bytes, start, end) => this.#onResponseLine(bytes, start, end));
  readonly #commands = new LineSkimmer((bytes, start, end) => this.#onCommandLine(lineText(bytes, start, end)));
  #backend: BackendState = 'first';
  #client: 'command' | 'rest' = 'command';
  /** Commands without an OK or NO. */
  #unanswered = 0;

  constructor(sessionId: string) {
    this.#sessionId = sessionId;
  }

  fromBackend(bytes: Buffer): void {
    if (this.#backend !== 'lost') this.#responses.push(bytes);
  }

  fromClient(bytes: Buffer): void {
    if (this.#backend !== 'lost') this.#commands.push(bytes);
  }

  get busy(): boolean {
    return this.#backend !== 'lost' && !this.#atRest;
  }

  goodbye(why: EndReason): Buffer | undefined {
    return this.#atRest ? bytesOf(endLine(why, this.#sessionId)) : undefined;
  }

  get #atRest(): boolean {
    const said = this.#backend === 'first' && this.#responses.atLineStart;
    const asked = this.#client === 'command' && this.#commands.atLineStart;
    return said && asked && this.#unanswered === 0;
  }

  // Returns 0: no octets to step over.
  #lose(): number {
    this.#backend = 'lost';
    return 0;
  }

  // Returns the octets of a literal that follows.
  #onResponseLine(bytes: Buffer, start: number, end: number): number {
    if (this.#backend === 'lost' || !endsWithCr(bytes, start, end)) return this.#lose();
    const text = lineText(bytes, start, end);
    const last = this.#isLast(text.start);
    if (last === undefined) return this.#lose();
    const octets = LITERAL.exec(text.end)?.[1];
    if (octets === undefined && text.end.endsWith('}')) return this.#lose();
    if (octets !== undefined) this.#backend = last ? 'rest-of-last' : 'rest';
    else if (last) this.#onAnswered();
    else this.#backend = 'further';
    return Number(octets ?? 0);
  }

  // Whether a line belongs to the OK or NO of a response; undefined when it is neither that nor data.
  #isLast(start: string): boolean | undefined {
    if (this.#backend === 'rest' || this.#backend === 'rest-of-last') return this.#backend === 'rest-of-last';
    if (CONDITION.test(start)) return true;
    return STRING.test(start) ? false : undefined;
  }

  #onAnswered(): void {
    this.#backend = 'first';
    this.#unanswered -= 1;
    if (this.#unanswered < 0) this.#lose();
  }

  // Returns the octets of a literal that follows. RFC 5804 §4: a client's are all `{n+}`.
  #onCommandLine(text: LineText): number {
    if (this.#backend === 'lost') return 0;
    const [, octets, plus] = LITERAL.exec(text.end) ?? [];
    if (text.end.endsWith('}') && plus !== '+') return this.#lose();
    if (this.#client === 'command') {
      const name = COMMAND.exec(text.start)?.[1]?.toUpperCase();
      if (name === undefined || LAST_COMMANDS.has(name)) return this.#lose();
      this.#unanswered += 1;
    }
    this.#client = octets === undefined ? 'command' : 'rest';
    return Number(octets ?? 0);
  }
}
