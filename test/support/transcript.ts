/**
 * Tests written as dialogues. A transcript is played twice, once as written and once with every chunk cut into
 * single bytes; what really happened is written down and compared with the transcript, so a failure is a diff.
 *
 *   C: text     a line from the client, sent with CRLF        B: text     the same from the backend
 *   C| text     bytes from the client, exactly as written     B| text
 *   S: text     a line of ours, sent with CRLF                S| text     bytes of ours that do not end in CRLF
 *   * event     the gateway to the dialogue: see frontEvent and backendEvent below
 *   ! action    what the dialogue asks of the gateway: see showFront and showBackend below; behind ` + ` what is left
 *               unread for the relay
 *
 * In text `\r` `\n` `\0` `\t` `\\` and `\xHH` stand for bytes, so write transcripts with String.raw, but not one that
 * holds other than ASCII: Bun 1.4.5 gives String.raw the escaped source of such characters. They are sent as UTF-8. A
 * space at the end of a line is `\x20`. A transcript that does not begin with `* connect` is connected first, unseen.
 */

import test from 'node:test';
import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { unreachable } from '#core/fault.ts';
import type { DenyReason } from '#core/verdict.ts';
import type { Credentials } from '#sasl/exchange.ts';
import type {
  BackendAction,
  BackendDialogue,
  BackendOutcome,
  FrontAction,
  FrontDialogue,
  LoginAnswer,
  LoginReply,
  StopReason,
} from '#protocol/machine.ts';

/** Registers a test that plays a client's side of a login. `open` makes a fresh dialogue. */
export function frontTranscript(name: string, open: () => FrontDialogue, script: string): void {
  test(name, () => {
    for (const cut of CUTS) assertPlays(script, playFront(open(), script, cut), cut);
  });
}

/** Registers a test that plays our side of a login at a backend. */
export function backendTranscript(name: string, open: () => BackendDialogue, script: string): void {
  test(name, () => {
    for (const cut of CUTS) assertPlays(script, playBackend(open(), script, cut), cut);
  });
}

const CUTS = ['as written', 'byte by byte'] as const;
type Cut = (typeof CUTS)[number];

function assertPlays(script: string, actual: readonly string[], cut: Cut): void {
  assert.equal(actual.map((line) => line.trimEnd()).join('\n'), linesOf(script).join('\n'), `played ${cut}`);
}

/** Plays the client and gateway lines of a script; returns the dialogue as it really went. */
export function playFront(dialogue: FrontDialogue, script: string, cut: Cut = 'as written'): string[] {
  const untagged: string[] = [];
  const show = (actions: readonly FrontAction[]): string[] => showActions(actions, showFront);
  return play(script, cut, {
    peer: 'C',
    receive: (bytes) => show(dialogue.receive(bytes)),
    event: (text) => show(frontEvent(dialogue, text, untagged)),
    unread: () => dialogue.unread(),
  });
}

/** Plays the backend and gateway lines of a script; returns the dialogue as it really went. */
export function playBackend(dialogue: BackendDialogue, script: string, cut: Cut = 'as written'): string[] {
  const show = (actions: readonly BackendAction[]): string[] => showActions(actions, showBackend);
  return play(script, cut, {
    peer: 'B',
    receive: (bytes) => show(dialogue.receive(bytes)),
    event: (text) => show(backendEvent(dialogue, text)),
    unread: () => dialogue.unread(),
  });
}

interface Player {
  readonly peer: 'C' | 'B';
  readonly receive: (bytes: Buffer) => string[];
  readonly event: (text: string) => string[];
  readonly unread: () => Buffer;
}

function play(script: string, cut: Cut, player: Player): string[] {
  const lines = linesOf(script);
  const actual: string[] = [];
  if (lines[0] !== '* connect') player.event('connect');
  for (const line of lines) {
    const text = line.slice(line.startsWith('*') ? 2 : 3);
    if (line.startsWith('* ')) actual.push(line, ...withUnread(player, player.event(text)));
    else if (line.startsWith(player.peer)) {
      const end = line.startsWith(`${player.peer}:`) ? '\r\n' : '';
      const chunks = pieces(Buffer.concat([unescape(text), Buffer.from(end)]), cut);
      actual.push(line, ...withUnread(player, chunks.flatMap(player.receive)));
    }
  }
  return actual;
}

// What is left for the relay, once the whole chunk has arrived.
function withUnread(player: Player, shown: readonly string[]): string[] {
  const last = shown.at(-1) ?? '';
  const unread = /^! (?:relay|done accepted)/.test(last) ? player.unread().toString('latin1') : '';
  return unread === '' ? [...shown] : [...shown.slice(0, -1), `${last} + ${escape(unread)}`];
}

function pieces(bytes: Buffer, cut: Cut): Buffer[] {
  return cut === 'as written' ? [bytes] : [...bytes].map((byte) => Buffer.from([byte]));
}

/** The lines of a script without its indentation and empty lines. */
function linesOf(script: string): string[] {
  const lines = script.split('\n').filter((line) => line.trim() !== '');
  const indent = Math.min(...lines.map((line) => line.search(/\S/)));
  return lines.map((line) => line.slice(indent).trimEnd());
}

// Consecutive sends are one stream to the peer, so they are shown as one.
function showActions<A extends { readonly do: string }>(
  actions: readonly (A | { readonly do: 'send'; readonly bytes: Buffer })[],
  show: (action: A) => string,
): string[] {
  const shown: string[] = [];
  let stream = '';
  const flush = (): void => {
    shown.push(...showStream(stream));
    stream = '';
  };
  for (const action of actions) {
    if ('bytes' in action) stream += action.bytes.toString('latin1');
    else {
      flush();
      shown.push(show(action));
    }
  }
  flush();
  return shown;
}

function showStream(stream: string): string[] {
  const lines = stream.split('\r\n');
  const rest = lines.pop() ?? '';
  return [...lines.map((line) => `S: ${escape(line)}`), ...(rest === '' ? [] : [`S| ${escape(rest)}`])];
}

function showFront(action: FrontAction): string {
  switch (action.do) {
    case 'authenticate':
      return `! authenticate ${showCredentials(action.credentials)}`;
    case 'exposed':
      return `! exposed ${action.authcid}`;
    case 'close':
      return `! close ${action.why}`;
    case 'relay':
    case 'send':
    case 'start-tls':
      return `! ${action.do}`;
    default:
      return unreachable(action);
  }
}

/** `PLAIN alice password "s3cret"`, with `as bob` when an authzid was given. */
function showCredentials({ mechanism, authcid, authzid, offered }: Credentials): string {
  const proof = offered.kind === 'password' ? offered.password : offered.token;
  const as = authzid === undefined ? '' : ` as ${authzid}`;
  return `${mechanism} ${authcid}${as} ${offered.kind} ${JSON.stringify(proof.expose())}`;
}

function showBackend(action: BackendAction): string {
  return action.do === 'done' ? `! done ${showOutcome(action.outcome)}` : `! ${action.do}`;
}

function showOutcome(outcome: BackendOutcome): string {
  switch (outcome.kind) {
    case 'accepted':
      return `accepted ${[...outcome.reply.untagged, outcome.reply.line].map(escape).join(' | ')}`;
    case 'refused-otherwise':
      return `refused-otherwise ${outcome.code} ${outcome.text}`;
    case 'temporary':
      return `temporary ${outcome.text}`;
    case 'unusable':
      return `unusable ${outcome.why} ${outcome.text}`.trimEnd();
    case 'capabilities':
      return `capabilities ${outcome.capabilities.join(' ')}`;
    case 'refused':
      return 'refused';
    default:
      return unreachable(outcome);
  }
}

/**
 * `connect` `tls` `accepted <line>` `deny <reason>` `throttle <seconds>` `unavailable`
 * `backend-refused <code or -> <text>` `stop <why>`; `untagged <line>` adds to the next `accepted`.
 */
function frontEvent(dialogue: FrontDialogue, text: string, untagged: string[]): readonly FrontAction[] {
  const [verb, rest] = splitOnce(text);
  switch (verb) {
    case 'connect':
      return dialogue.connect();
    case 'tls':
      return dialogue.tlsStarted();
    case 'stop':
      return dialogue.stop(known(STOPS, rest));
    case 'untagged':
      untagged.push(unescape(rest).toString('latin1'));
      return [];
    default:
      return dialogue.answer(answerOf(verb, rest, untagged.splice(0)));
  }
}

function answerOf(verb: string, rest: string, untagged: readonly string[]): LoginAnswer {
  switch (verb) {
    case 'accepted':
      return { kind: 'accepted', reply: reply(unescape(rest).toString('latin1'), untagged) };
    case 'deny':
      return { kind: 'deny', reason: known(DENY_REASONS, rest) };
    case 'throttle':
      return { kind: 'throttle', retryAfterSeconds: Number(rest) };
    case 'unavailable':
      return { kind: 'unavailable' };
    case 'backend-refused': {
      const [code, words] = splitOnce(rest);
      return { kind: 'backend-refused', code: code === '-' ? '' : code, text: words };
    }
    default:
      throw new Error(`unknown event in a transcript: ${verb}`);
  }
}

/** A login reply as a backend dialogue would hand it over. */
function reply(line: string, untagged: readonly string[] = []): LoginReply {
  return { line, untagged };
}

/** `connect` or `tls`. */
function backendEvent(dialogue: BackendDialogue, text: string): readonly BackendAction[] {
  if (text === 'connect') return dialogue.connect();
  if (text === 'tls') return dialogue.tlsStarted();
  throw new Error(`unknown event in a transcript: ${text}`);
}

const STOPS: readonly StopReason[] = ['unavailable', 'deadline', 'drain'];

const DENIED: Readonly<Record<DenyReason, true>> = {
  'app-password-required': true,
  'enrolment-required': true,
  'wrong-credentials': true,
  'out-of-scope': true,
  'app-password-expired': true,
  'network-not-permitted': true,
  suspended: true,
  'identity-refused': true,
};

/** Every reason there is, so that a test can say all of them. */
export const DENY_REASONS: readonly DenyReason[] = keysOf(DENIED);

function keysOf<K extends string>(record: Readonly<Record<K, true>>): K[] {
  const isKey = (key: string): key is K => key in record;
  return Object.keys(record).filter(isKey);
}

function known<T extends string>(values: readonly T[], text: string): T {
  const found = values.find((value) => value === text);
  if (found === undefined) throw new Error(`a transcript says ${text}, expected one of ${values.join(', ')}`);
  return found;
}

function splitOnce(text: string): [string, string] {
  const at = text.indexOf(' ');
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
}

const ESCAPES: Readonly<Record<string, string>> = { r: '\r', n: '\n', '0': '\0', t: '\t', '\\': '\\' };

/** The bytes that a transcript's text stands for. */
export function unescape(text: string): Buffer {
  const bytes = Buffer.from(text, 'utf8').toString('latin1');
  const plain = bytes.replace(/\\(?:x([0-9a-f]{2})|(.))/gi, (whole, hex?: string, letter?: string) =>
    hex === undefined ? (ESCAPES[letter ?? ''] ?? whole) : String.fromCharCode(Number.parseInt(hex, 16)),
  );
  return Buffer.from(plain, 'latin1');
}

/** Bytes (one character each) as a transcript's text: ASCII and well-formed UTF-8 as it is, the rest escaped. */
export function escape(bytes: string): string {
  const text = Buffer.from(bytes, 'latin1').toString('utf8');
  const shown = text.includes('\ufffd')
    ? bytes.replace(/[\p{Cc}\\\xa0-\xff]/gu, escaped)
    : text.replace(/[\p{Cc}\\]/gu, escaped);
  // A space at the end of a line would be lost on an editor.
  return shown.endsWith(' ') ? `${shown.slice(0, -1)}\\x20` : shown;
}

function escaped(character: string): string {
  const letter = Object.keys(ESCAPES).find((key) => ESCAPES[key] === character);
  return letter === undefined ? `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}` : `\\${letter}`;
}
