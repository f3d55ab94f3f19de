/**
 * Follows an IMAP session after login as far as it takes to know where a `* BYE` of ours would be read as one: between
 * two responses, never inside a literal and never once COMPRESS has begun. Reads no argument and changes nothing.
 * RFC 9051 §2.2 and §4.3 (lines and literals), §6.3.13 (IDLE), §7.1.5 (BYE), RFC 4978 (COMPRESS), RFC 7888 (literals).
 */

import { endsWithCr, LineSkimmer, lineText } from '#wire/line-skimmer.ts';
import type { LineText } from '#wire/line-skimmer.ts';
import { bytesOf } from '#protocol/front-steps.ts';
import type { CommandTracker, EndReason } from '#protocol/machine.ts';
import { endLine } from './replies.ts';

/** A tracker for one session, from the first byte behind the login. */
export function imapCommandTracker(sessionId: string): CommandTracker {
  return new ImapBoundary(sessionId);
}

/** What the next line of the client is. Where it `waits` it must not send any before it is answered. */
type ClientState =
  | { readonly at: 'command' }
  /** The rest of a command, behind a literal. */
  | { readonly at: 'rest'; readonly tag: string }
  /** It waits for a continuation request, to send a literal of this size. */
  | { readonly at: 'waits'; readonly for: 'literal'; readonly tag: string; readonly octets: number }
  /** It waits for OK, behind which the bytes are not IMAP any more. */
  | { readonly at: 'waits'; readonly for: 'layer'; readonly tag: string };

/** What the next line of the backend is: a response, the rest of one behind a literal, or no longer ours to know. */
type BackendState = 'response' | 'rest' | 'lost';

type Announced = { readonly octets: number; readonly synchronizing: boolean } | 'unclear' | undefined;

const COMMAND_NEXT: ClientState = { at: 'command' };

const STATUS = /^\* (?:OK|NO|BAD|BYE|PREAUTH)(?: |$)/i;
const BYE = /^\* BYE(?: |$)/i;
const TAGGED = /^([^ ]{1,64}) (OK|NO|BAD)(?: |$)/i;
const COMMAND = /^([^ ]{1,64}) +([A-Za-z0-9-]{1,32})(?: |$)/;
/** What a client may send that is no command: nothing at all, or the end of IDLE. */
const NO_COMMAND = /^(?:DONE)?$/i;
const LAYERS = new Set(['COMPRESS', 'STARTTLS']);

class ImapBoundary implements CommandTracker {
  readonly #sessionId: string;
  readonly #responses = new LineSkimmer((bytes, start, end) => this.#onResponseLine(bytes, start, end));
  readonly #commands = new LineSkimmer((bytes, start, end) => this.#onCommandLine(lineText(bytes, start, end)));
  #backend: BackendState = 'response';
  #client: ClientState = COMMAND_NEXT;
  /** Commands without a tagged response. */
  #unanswered = 0;
  /** How many of these are an IDLE that the client has not ended: it waits for nothing in particular. */
  #idling = 0;

  constructor(sessionId: string) {
    this.#sessionId = sessionId;
  }

  fromBackend(bytes: Buffer): void {
    if (this.#backend !== 'lost') this.#responses.push(bytes);
  }

  fromClient(bytes: Buffer): void {
    if (this.#backend === 'lost' || bytes.length === 0) return;
    if (this.#client.at !== 'waits') this.#commands.push(bytes);
    else this.#lose();
    // It did not wait. What the backend makes of that cannot be told from here.
    if (this.#client.at === 'waits' && !this.#commands.atLineStart) this.#lose();
  }

  get busy(): boolean {
    if (this.#backend === 'lost') return false;
    const halfSaid = this.#backend === 'rest' || !this.#responses.atLineStart;
    const halfAsked = this.#client.at !== 'command' || !this.#commands.atLineStart;
    return halfSaid || halfAsked || this.#unanswered > this.#idling;
  }

  goodbye(why: EndReason): Buffer | undefined {
    if (this.#backend !== 'response' || !this.#responses.atLineStart) return undefined;
    return bytesOf(endLine(why, this.#sessionId));
  }

  // Returns 0, for those who say how many octets of a literal follow.
  #lose(): number {
    this.#backend = 'lost';
    return 0;
  }

  // Returns the octets of a literal that follows.
  #onResponseLine(bytes: Buffer, start: number, end: number): number {
    if (this.#backend === 'lost') return 0;
    // Where a bare LF ends a line, clients do not agree.
    if (!endsWithCr(bytes, start, end)) return this.#lose();
    if (this.#backend === 'rest' || isNumbered(bytes, start)) return this.#onData(bytes, start, end);
    const text = lineText(bytes, start, end);
    if (text.start.startsWith('* ') && !STATUS.test(text.start)) return this.#onData(bytes, start, end);
    // Human text may end like a literal, and clients do not agree on that either. Behind BYE there is nothing to add.
    if (announcedBy(text) !== undefined || BYE.test(text.start)) return this.#lose();
    if (text.start.startsWith('* ')) return 0;
    return text.start.startsWith('+') ? this.#onContinuation(text.start) : this.#onTagged(text.start);
  }

  #onData(bytes: Buffer, start: number, end: number): number {
    // No text is made of a line without a closing brace at its end: there may be millions of them.
    const announced = bytes[end - 2] === CLOSING_BRACE ? announcedBy(lineText(bytes, start, end)) : undefined;
    // RFC 7888 §3: a server has no non-synchronizing literals.
    if (announced === 'unclear' || announced?.synchronizing === false) return this.#lose();
    this.#backend = announced === undefined ? 'response' : 'rest';
    return announced?.octets ?? 0;
  }

  #onContinuation(text: string): number {
    if (text !== '+' && !text.startsWith('+ ')) return this.#lose();
    const client = this.#client;
    if (client.at !== 'waits' || client.for !== 'literal') return 0; // it is for IDLE
    this.#client = { at: 'rest', tag: client.tag };
    this.#commands.skip(client.octets);
    return 0;
  }

  #onTagged(text: string): number {
    const [, tag, word] = TAGGED.exec(text) ?? [];
    if (tag === undefined) return this.#lose();
    this.#unanswered = Math.max(0, this.#unanswered - 1);
    const client = this.#client;
    if (client.at !== 'waits' || client.tag !== tag) return 0;
    if (client.for === 'layer' && word?.toUpperCase() === 'OK') return this.#lose();
    // RFC 9051 §4.3: a literal that was refused is not sent, so its command is over.
    this.#client = COMMAND_NEXT;
    return 0;
  }

  // Returns the octets of a literal that follows at once.
  #onCommandLine(text: LineText): number {
    const announced = announcedBy(text);
    if (this.#backend === 'lost' || this.#client.at === 'waits' || announced === 'unclear') return this.#lose();
    if (this.#client.at === 'rest') return this.#goOn(this.#client.tag, announced);
    const [, tag, name] = COMMAND.exec(text.start) ?? [];
    this.#idling = 0;
    if (tag === undefined || name === undefined) return NO_COMMAND.test(text.start) ? 0 : this.#lose();
    this.#unanswered += 1;
    if (name.toUpperCase() === 'IDLE') this.#idling = 1;
    if (!LAYERS.has(name.toUpperCase())) return this.#goOn(tag, announced);
    this.#client = { at: 'waits', for: 'layer', tag };
    return announced === undefined ? 0 : this.#lose();
  }

  #goOn(tag: string, announced: Exclude<Announced, 'unclear'>): number {
    if (announced === undefined) this.#client = COMMAND_NEXT;
    else if (announced.synchronizing) this.#client = { at: 'waits', for: 'literal', tag, octets: announced.octets };
    else this.#client = { at: 'rest', tag };
    return announced?.synchronizing === false ? announced.octets : 0;
  }
}

const SPACE = 0x20;
const STAR = 0x2a;
const ZERO = 0x30;
const NINE = 0x39;
const CLOSING_BRACE = 0x7d;

// `* 12 FETCH …`: what there is most of is told apart without making text of it.
function isNumbered(bytes: Buffer, start: number): boolean {
  const digit = bytes[start + 2] ?? 0;
  return bytes[start] === STAR && bytes[start + 1] === SPACE && digit >= ZERO && digit <= NINE;
}

// RFC 9051 §9 has 63 bits; no message needs more digits than can be counted exactly.
const ANNOUNCEMENT = /\{(\d{1,15})([+-]?)\}$/;
const TOO_LONG_ANNOUNCEMENT = /\d{16}[+-]?\}$/;

function announcedBy({ end }: LineText): Announced {
  const [, digits, sign] = ANNOUNCEMENT.exec(end) ?? [];
  if (digits === undefined) return TOO_LONG_ANNOUNCEMENT.test(end) ? 'unclear' : undefined;
  return { octets: Number(digits), synchronizing: sign === '' };
}
