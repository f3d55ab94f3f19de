/**
 * Follows a submission session after login as far as it takes to know where a `421` of ours would be read as one: when
 * every command has had its reply, never in the middle of one, of DATA or of BDAT. Mail content is not looked at.
 * RFC 5321 §3.8 (421 unasked), §4.2 (replies), §4.5.2 (the end of DATA), RFC 2920 (pipelining), RFC 3030 (BDAT).
 */

import { endsWithCr, LineSkimmer, lineText } from '#wire/line-skimmer.ts';
import { bytesOf } from '#protocol/front-steps.ts';
import type { CommandTracker, EndReason } from '#protocol/machine.ts';
import { endLine } from './replies.ts';

/** A tracker for one session, from the first byte behind the login. */
export function submissionCommandTracker(sessionId: string): CommandTracker {
  return new SubmissionBoundary(sessionId);
}

/** What the backend's next line is. */
type BackendState =
  | { readonly at: 'reply' }
  /** One more line of a reply. */
  | { readonly at: 'rest'; readonly code: string }
  /** No longer ours to know. */
  | { readonly at: 'lost' };

const REPLY_NEXT: BackendState = { at: 'reply' };
const LOST: BackendState = { at: 'lost' };

const END_OF_DATA = '\r\n.\r\n';
const BEFORE_DATA = '\r\n';
const REPLY = /^([2-5]\d\d)(?:([ -])|$)/;
// Postfix passes over white space in front of a command.
const BDAT = /^[ \t]*BDAT(?=[ \t]|$)(?:[ \t]+(\d{1,15})(?=[ \t]|$))?/i;
const STARTTLS = /^[ \t]*STARTTLS(?=[ \t]|$)/i;
/** The server closes the connection behind these. */
const LAST_REPLIES = new Set(['221', '421']);

class SubmissionBoundary implements CommandTracker {
  readonly #sessionId: string;
  readonly #replies = new LineSkimmer((bytes, start, end) => this.#onReplyLine(bytes, start, end));
  readonly #commands = new LineSkimmer((bytes, start, end) => this.#onCommand(lineText(bytes, start, end).start));
  #backend: BackendState = REPLY_NEXT;
  /** The last octets of the mail content, while the client sends it. */
  #content: string | undefined;
  /** Commands without a reply; mail content counts as one. */
  #unanswered = 0;

  constructor(sessionId: string) {
    this.#sessionId = sessionId;
  }

  fromBackend(bytes: Buffer): void {
    if (this.#backend.at !== 'lost') this.#replies.push(bytes);
  }

  fromClient(bytes: Buffer): void {
    if (this.#backend.at === 'lost') return;
    if (this.#content === undefined) this.#commands.push(bytes);
    else this.#content = lastOctets(this.#content, bytes);
  }

  get busy(): boolean {
    return this.#backend.at !== 'lost' && !this.#atRest;
  }

  goodbye(why: EndReason): Buffer | undefined {
    return this.#atRest ? bytesOf(endLine(why, this.#sessionId)) : undefined;
  }

  get #atRest(): boolean {
    const said = this.#backend.at === 'reply' && this.#replies.atLineStart;
    return said && this.#unanswered === 0 && this.#commands.atLineStart;
  }

  // Returns 0: no octets to step over.
  #lose(): number {
    this.#backend = LOST;
    return 0;
  }

  #onReplyLine(bytes: Buffer, start: number, end: number): number {
    const [, code, mark] = REPLY.exec(lineText(bytes, start, end).start) ?? [];
    if (this.#backend.at === 'lost' || code === undefined || !endsWithCr(bytes, start, end)) return this.#lose();
    if (this.#backend.at === 'rest' && this.#backend.code !== code) return this.#lose();
    this.#backend = mark === '-' ? { at: 'rest', code } : REPLY_NEXT;
    return mark === '-' ? 0 : this.#onReply(code);
  }

  #onReply(code: string): number {
    if (code === '354') return this.#onContentWanted();
    if (code.startsWith('3') || LAST_REPLIES.has(code)) return this.#lose();
    // Something is pipelined behind the end of the content, or the backend does not take its end for one.
    if (this.#content !== undefined && this.#content !== END_OF_DATA) return this.#lose();
    this.#content = undefined;
    this.#unanswered -= 1;
    return this.#unanswered < 0 ? this.#lose() : 0;
  }

  // RFC 2920 §3.1: DATA is the last of a group. What a client sends behind it unasked is not told from commands here.
  #onContentWanted(): number {
    if (this.#content !== undefined || this.#unanswered !== 1 || !this.#commands.atLineStart) return this.#lose();
    this.#content = BEFORE_DATA;
    return 0;
  }

  // Returns the octets of a chunk that follows.
  #onCommand(line: string): number {
    if (this.#backend.at === 'lost' || STARTTLS.test(line)) return this.#lose();
    this.#unanswered += 1;
    const chunk = BDAT.exec(line);
    if (chunk === null) return 0;
    return chunk[1] === undefined ? this.#lose() : Number(chunk[1]);
  }
}

function lastOctets(before: string, bytes: Buffer): string {
  const last = bytes.toString('latin1', Math.max(0, bytes.length - END_OF_DATA.length));
  return (before + last).slice(-END_OF_DATA.length);
}
