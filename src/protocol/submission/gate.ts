/**
 * The gate behind a submission login. SMTP servers forget a login at STARTTLS (RFC 3207 §4.2) and take another one, so
 * a logged-in client could become anybody by an ordinary password. Only what cannot log in goes on: whole command lines
 * of known verbs, mail content up to an end on which all servers agree, chunks of known size. Replies are followed, for
 * which octets are commands depends on them. What cannot be followed ends the session.
 * RFC 5321, RFC 2920 (pipelining), RFC 3030 (BDAT).
 */

import { unreachable } from '#core/fault.ts';
import { bytesOf } from '#protocol/front-steps.ts';
import type { Gate, GateAction, GateOptions, GateRefusal } from '#protocol/machine.ts';
import { ChunkPermit, type Asked } from './gate-chunks.ts';
import { judgeLine, MAX_LINE_BYTES, NO_TRANSACTION, type JudgedLine } from './gate-commands.ts';
import { CONTENT_BEGINS, findContentEnd, type ContentTail } from './gate-content.ts';
import { HeldBytes } from './gate-held.ts';
import { GateOutput, partOf } from './gate-output.ts';
import { findReply, withoutLogins } from './gate-replies.ts';
import { gateEndLine } from './replies.ts';
import type { Reply } from './reply.ts';

/** The gate for one session, from the first byte behind the login. */
export function submissionGate(options: GateOptions): Gate {
  return new SubmissionGate(options);
}

/** What the next octets of the client are. */
type ClientState =
  | { readonly at: 'command' }
  | { readonly at: 'content'; readonly tail: ContentTail }
  /** `answer`: what the client hears behind a chunk that is not passed on; undefined: it is passed on. */
  | { readonly at: 'chunk'; readonly left: number; readonly last: boolean; readonly answer: string | undefined }
  /** Nothing of the client goes on any more. */
  | { readonly at: 'over' }
  /** Nothing of either. */
  | { readonly at: 'ended' };

/** Whose reply the client hears next. */
type Awaited =
  | { readonly from: 'backend'; readonly to: Asked }
  | { readonly from: 'us'; readonly line: string; readonly ends: boolean };

const COMMAND: ClientState = { at: 'command' };
const CONTENT: ClientState = { at: 'content', tail: CONTENT_BEGINS };
const OVER: ClientState = { at: 'over' };
const ENDED: ClientState = { at: 'ended' };
const LF = 0x0a;
const MAX_REFUSED = 10;
const MAX_AWAITED = 1000;
/** The client is not read while bytes are held: this is what may have come in one go before that. */
const MAX_HELD_BYTES = 2 * 1024 * 1024;

class SubmissionGate implements Gate {
  readonly #sessionId: string;
  #client: ClientState = COMMAND;
  #awaited: Awaited[] = [];
  readonly #output = new GateOutput();
  readonly #chunks: ChunkPermit;
  readonly #held = new HeldBytes();
  #holding = false;
  /** The beginning of a reply. */
  #begun: Buffer | undefined;
  #refused = 0;

  constructor({ sessionId, capabilities }: GateOptions) {
    this.#sessionId = sessionId;
    this.#chunks = new ChunkPermit(capabilities);
  }

  get holding(): boolean {
    return this.#holding;
  }

  get busy(): boolean {
    const unfinished = !this.#held.none || this.#client.at === 'content' || this.#client.at === 'chunk';
    return unfinished || this.#begun !== undefined || this.#awaited.length > 0;
  }

  clientEnded(): void {
    this.#held.drop();
    if (this.#client.at !== 'ended') this.#client = OVER;
  }

  fromClient(bytes: Buffer): readonly GateAction[] {
    if (this.#holding) this.#hold(bytes);
    else this.#advance(this.#held.takeWith(bytes));
    return this.#output.take();
  }

  fromBackend(bytes: Buffer): readonly GateAction[] {
    const all = this.#begun === undefined ? bytes : Buffer.concat([this.#begun, bytes]);
    this.#begun = undefined;
    for (let at = 0; at < all.length && this.#client.at !== 'ended';) {
      const found = findReply(all, at);
      if (found.kind === 'malformed') this.#break('backend-reply');
      if (found.kind === 'more') this.#begun = Buffer.from(all.subarray(at));
      if (found.kind !== 'reply') break;
      this.#onReply(found.reply, all.subarray(at, found.end));
      at = found.end;
    }
    return this.#output.take();
  }

  #advance(bytes: Buffer): void {
    let at: number | undefined = 0;
    while (at !== undefined && at < bytes.length) at = this.#look(bytes, at);
  }

  // Returns where to go on, or undefined: the rest has been kept.
  #look(bytes: Buffer, at: number): number | undefined {
    const client = this.#client;
    switch (client.at) {
      case 'command':
        return this.#onCommand(bytes, at);
      case 'content':
        return this.#onContent(bytes, at, client.tail);
      case 'chunk':
        return this.#onChunk(bytes, at, client);
      case 'over':
      case 'ended':
        return undefined;
      default:
        return unreachable(client);
    }
  }

  #onCommand(bytes: Buffer, at: number): number | undefined {
    if (this.#mustWait()) return this.#wait(bytes.subarray(at));
    const end = bytes.indexOf(LF, at);
    if ((end < 0 ? bytes.length : end + 1) - at > MAX_LINE_BYTES) return this.#close('line-too-long');
    if (end < 0) {
      // A copy: the chunk may be large.
      this.#held.add(Buffer.from(bytes.subarray(at)));
      return undefined;
    }
    const judged = judgeLine(bytes.toString('latin1', at, end));
    if (judged.kind === 'chunk' && this.#awaited.length > 0) return this.#wait(bytes.subarray(at));
    this.#onLine(judged, bytes.subarray(at, end + 1));
    return end + 1;
  }

  // RFC 2920 §3.1: nothing is pipelined behind these two. What follows DATA may be content or commands.
  #mustWait(): boolean {
    const last = this.#awaited.at(-1);
    const waits = last?.from === 'backend' && (last.to === 'DATA' || last.to === 'QUIT');
    return waits || this.#awaited.length >= MAX_AWAITED;
  }

  #onLine(judged: JudgedLine, line: Buffer): void {
    switch (judged.kind) {
      case 'pass':
        this.#output.pass('backend', line);
        this.#awaited.push({ from: 'backend', to: judged.verb });
        break;
      case 'chunk':
        this.#beginChunk(judged, line);
        break;
      case 'refuse':
        this.#refuse(judged.why, judged.reply);
        break;
      case 'end':
        this.#close(judged.why);
        break;
      default:
        unreachable(judged);
    }
  }

  #refuse(why: GateRefusal, reply: string): void {
    this.#refused += 1;
    this.#output.refused(why);
    if (this.#refused >= MAX_REFUSED) this.#close('too-many-refused');
    else this.#answer(reply, false);
  }

  // RFC 3030 §2: a chunk follows its command unasked, and a server that refuses the command reads over it. That is not
  // left to the server where it would refuse: a chunk goes only to one that has listed CHUNKING and has a recipient.
  #beginChunk({ octets, last }: Extract<JudgedLine, { kind: 'chunk' }>, line: Buffer): undefined {
    if (!this.#chunks.listed) return this.#close('bad-chunk');
    const answer = this.#chunks.deliverable ? undefined : NO_TRANSACTION;
    if (answer === undefined) this.#output.pass('backend', line);
    this.#client = { at: 'chunk', left: octets, last, answer };
    if (octets === 0) this.#endChunk(last, answer);
  }

  #onChunk(bytes: Buffer, at: number, chunk: Extract<ClientState, { at: 'chunk' }>): number {
    const end = Math.min(bytes.length, at + chunk.left);
    const left = chunk.left - (end - at);
    if (chunk.answer === undefined) this.#output.pass('backend', partOf(bytes, at, end));
    this.#client = { ...chunk, left };
    if (left === 0) this.#endChunk(chunk.last, chunk.answer);
    return end;
  }

  #endChunk(last: boolean, answer: string | undefined): void {
    this.#client = COMMAND;
    if (answer === undefined) this.#awaited.push({ from: 'backend', to: last ? 'last-chunk' : 'chunk' });
    else this.#answer(answer, false);
  }

  #onContent(bytes: Buffer, at: number, tail: ContentTail): number | undefined {
    const found = findContentEnd(bytes, at, tail);
    switch (found.kind) {
      case 'more':
        this.#output.pass('backend', partOf(bytes, at, bytes.length));
        this.#client = { at: 'content', tail: found.tail };
        return undefined;
      case 'end':
        this.#output.pass('backend', partOf(bytes, at, found.at));
        this.#client = COMMAND;
        this.#awaited.push({ from: 'backend', to: 'content' });
        return found.at;
      case 'ambiguous':
        if (found.at > at) this.#output.pass('backend', partOf(bytes, at, found.at));
        this.#break('ambiguous-end-of-content');
        return undefined;
      default:
        return unreachable(found);
    }
  }

  #onReply(reply: Reply, bytes: Buffer): void {
    const next = this.#awaited[0];
    // The server closes behind it, and hears nothing more.
    if (reply.code === '421') {
      this.#output.pass('client', bytes);
      return this.#end();
    }
    const content = next?.from === 'backend' && next.to === 'DATA' && reply.code === '354';
    if (next?.from !== 'backend' || (reply.code.startsWith('3') && !content)) {
      this.#break('backend-reply');
      return;
    }
    this.#awaited.shift();
    this.#output.pass('client', (next.to === 'EHLO' ? withoutLogins(reply) : undefined) ?? bytes);
    this.#learn(next.to, reply);
    this.#sayOwn();
    this.#resume();
  }

  // What a reply means for what the client may send next.
  #learn(asked: Asked, reply: Reply): void {
    this.#chunks.learn(asked, reply);
    if (asked === 'DATA' && reply.code === '354' && this.#client.at === 'command') this.#client = CONTENT;
    if (asked === 'QUIT' && reply.code.startsWith('2')) this.#client = OVER;
  }

  #resume(): void {
    if (!this.#holding) return;
    this.#holding = false;
    this.#advance(this.#held.take());
  }

  #wait(bytes: Buffer): undefined {
    this.#holding = true;
    this.#hold(bytes);
  }

  #hold(bytes: Buffer): void {
    this.#held.add(bytes);
    if (this.#held.octets > MAX_HELD_BYTES) this.#close('too-much-ahead');
  }

  // In its place: behind the replies to all that came before.
  #answer(line: string, ends: boolean): void {
    this.#awaited.push({ from: 'us', line, ends });
    this.#sayOwn();
  }

  #sayOwn(): void {
    for (let next = this.#awaited[0]; next?.from === 'us' && this.#client.at !== 'ended'; next = this.#awaited[0]) {
      this.#awaited.shift();
      this.#output.pass('client', bytesOf(next.line));
      if (next.ends) this.#end();
    }
  }

  /** Nothing of the client goes on from here; it hears so behind the replies that are due to it. */
  #close(why: GateRefusal): undefined {
    this.#output.refused(why);
    this.#client = OVER;
    this.#held.drop();
    this.#holding = false;
    this.#answer(gateEndLine(this.#sessionId), true);
  }

  /** Ends at once: no reply can be waited for. */
  #break(why: GateRefusal): void {
    this.#output.refused(why);
    this.#output.pass('client', bytesOf(gateEndLine(this.#sessionId)));
    this.#end();
  }

  #end(): void {
    this.#client = ENDED;
    this.#awaited = [];
    this.#held.drop();
    this.#holding = false;
    this.#output.end();
  }
}
