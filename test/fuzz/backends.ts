/** Random mail servers during a login: in every state, whatever they say, however it is cut. */

import assert from 'node:assert/strict';
import fc from 'fast-check';
import { z } from 'zod';
import { unreachable } from '#core/fault.ts';
import { PROTOCOLS, type Protocol } from '#core/protocols.ts';
import { MODULES } from '#protocol/all.ts';
import type { BackendAction, BackendDialogue, BackendLogin, BackendOutcome } from '#protocol/machine.ts';
import { ALICE, ALICE_BY_PROXY, backendOptions, FORWARDED, LONG_LOGIN } from '../support/dialogue-options.ts';
import { bytesOf, cut, streams } from './bytes.ts';
import { SERVER_GRAMMARS } from './grammars.ts';
import { fuzzTarget, type FuzzTarget } from './target.ts';

const LOGINS = {
  ordinary: ALICE,
  'by-proxy': ALICE_BY_PROXY,
  long: LONG_LOGIN,
  xclient: { as: 'xclient', name: 'alice@example.com' },
  probe: { as: 'probe' },
} as const satisfies Record<string, BackendLogin>;
const LOGIN_NAMES = ['ordinary', 'by-proxy', 'long', 'xclient', 'probe'] as const;
const TLS = ['active', 'starttls', 'none'] as const;

const InputSchema = z.strictObject({
  tls: z.enum(TLS),
  login: z.enum(LOGIN_NAMES),
  forward: z.boolean(),
  pieces: z.array(z.string()),
});
type BackendInput = z.output<typeof InputSchema>;

/** Passwords of the logins above, as they may cross the wire. */
const SECRETS = [
  /s3cret/,
  /pr0xy/,
  /x{100}/,
  /c3NlY3JldA|czNjcmV0|MzY3JldA|zM2NyZXQ/,
  /cHIweHk|ByMHh5|wcjB4e/,
  /eHh4eHh4eHh4/,
];

/** One target for each protocol. */
export const BACKEND_TARGETS: readonly FuzzTarget[] = PROTOCOLS.map((protocol) =>
  fuzzTarget(`${protocol}-backend`, {
    schema: InputSchema,
    inputs: fc.record({
      tls: fc.constantFrom(...TLS),
      login: fc.constantFrom(...LOGIN_NAMES.filter((name) => name !== 'xclient' || protocol === 'submission')),
      forward: fc.boolean(),
      pieces: streams(SERVER_GRAMMARS[protocol]),
    }),
    check: (input) => checkBackend(protocol, input),
  }),
);

/** Answers that would be taken if what comes in clear behind the permission to start TLS were kept. */
const INJECTED: Readonly<Record<Protocol, string>> = {
  imap: '\r\n* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\nC OK\r\nL OK in\r\n',
  pop3: '\r\n+OK\r\n.\r\n+OK\r\n+OK\r\n',
  submission: '\r\n250 AUTH PLAIN\r\n235 in\r\n',
  sieve: '\r\n"SASL" "PLAIN"\r\nOK\r\nOK\r\n',
};

function checkBackend(protocol: Protocol, input: BackendInput): void {
  const { pieces } = input;
  const { securedAt, ...seen } = play(protocol, input, pieces);
  const same = (others: readonly string[], why: string): void => {
    const { securedAt: _, ...again } = play(protocol, input, others);
    assert.deepEqual(again, seen, why);
  };
  if (input.tls === 'starttls') {
    const longer = pieces.map((piece, index) => (index === securedAt ? piece + INJECTED[protocol] : piece));
    return same(longer, 'what came in clear is taken after TLS');
  }
  const whole = pieces.join('');
  same([whole], 'in one piece it means something else');
  if (whole.length < 2000) same(cut(whole, 1), 'byte by byte it means something else');
}

interface Seen {
  readonly sent: string;
  readonly outcome: BackendOutcome | undefined;
  readonly unread: string;
  /** The piece in which TLS was begun. */
  readonly securedAt: number | undefined;
}

function play(protocol: Protocol, input: BackendInput, pieces: readonly string[]): Seen {
  const player = new Player(protocol, input);
  let securedAt: number | undefined;
  player.take(player.dialogue.connect());
  for (const [index, piece] of pieces.entries()) {
    const before = player.secured;
    player.take(player.dialogue.receive(bytesOf(piece)));
    if (player.secured !== before) securedAt = index;
  }
  const { sent, outcome } = player;
  // A login that failed leaves nothing that anybody would read.
  const unread = player.dialogue.unread().toString('latin1');
  return { sent, outcome, unread: outcome?.kind === 'accepted' ? unread : '', securedAt };
}

class Player {
  readonly dialogue: BackendDialogue;
  readonly #login: BackendInput['login'];
  secured: boolean;
  sent = '';
  outcome: BackendOutcome | undefined;

  constructor(protocol: Protocol, { tls, login, forward }: BackendInput) {
    const forwarded = forward ? { forward: FORWARDED } : {};
    this.dialogue = MODULES[protocol].backend(backendOptions({ tls, login: LOGINS[login], ...forwarded }));
    this.#login = login;
    this.secured = tls !== 'starttls';
  }

  take(actions: readonly BackendAction[]): void {
    for (const [index, action] of actions.entries()) {
      assert.equal(this.outcome, undefined, `${action.do} after the end`);
      assert.ok(index === actions.length - 1 || action.do === 'send', `something follows ${action.do}`);
      this.#perform(action);
    }
  }

  #perform(action: BackendAction): void {
    switch (action.do) {
      case 'send':
        this.#send(action.bytes.toString('latin1'));
        break;
      case 'start-tls':
        assert.ok(!this.secured, 'TLS twice');
        this.secured = true;
        this.take(this.dialogue.tlsStarted());
        break;
      case 'done':
        this.outcome = action.outcome;
        assertOutcome(action.outcome, this.#login);
        assert.ok(this.secured || action.outcome.kind !== 'accepted', 'accepted before TLS');
        break;
      default:
        unreachable(action);
    }
  }

  #send(text: string): void {
    assert.ok(text.endsWith('\r\n'), 'half a line');
    assert.doesNotMatch(text, /(?<!\r)\n|\r(?!\n)|\0/, 'a stray line end or NUL');
    if (!this.secured) for (const secret of SECRETS) assert.doesNotMatch(text, secret, 'a password before TLS');
    this.sent += text;
  }
}

/** What a hostile server can make appear in our log and before our clients: printable text, and not much of it. */
function assertOutcome(outcome: BackendOutcome, login: BackendInput['login']): void {
  if (outcome.kind === 'capabilities') assert.equal(login, 'probe', 'a login ended as a probe');
  if (outcome.kind === 'accepted') assert.notEqual(login, 'probe', 'a probe ended as a login');
  if (!('text' in outcome)) return;
  assert.doesNotMatch(outcome.text, /[\p{Cc}\u2028\u2029]/u, 'text that is not printable');
  assert.ok(outcome.text.length <= 1000, 'a text without end');
}
