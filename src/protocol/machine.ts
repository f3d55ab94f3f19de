/**
 * The shapes that all dialogues share. A dialogue is bytes in, actions out: it owns no socket, clock or store.
 * The gateway feeds it and performs what it asks for, in order.
 */

import type { Protocol } from '#core/protocols.ts';
import type { DenyReason } from '#core/verdict.ts';
import type { Secret } from '#core/secret.ts';
import type { Credentials } from '#sasl/exchange.ts';

/** What a front dialogue (the client's side, before login) asks of the gateway. */
export type FrontAction =
  | { readonly do: 'send'; readonly bytes: Buffer }
  /** Handshake now, then call tlsStarted(). Whatever the client had already sent in clear has been dropped. */
  | { readonly do: 'start-tls' }
  /** Judge these, then call answer(). Input stays unread until then. */
  | { readonly do: 'authenticate'; readonly credentials: Credentials }
  /** A password crossed the wire in clear on a listener that asks for TLS: warn its owner, judge nothing. */
  | { readonly do: 'exposed'; readonly authcid: string }
  /** The login is done: unread() goes to the backend first, then bytes flow untouched both ways. */
  | { readonly do: 'relay' }
  | { readonly do: 'close'; readonly why: CloseReason };

export type CloseReason = 'logout' | 'misbehaved' | 'refused' | 'unavailable' | 'deadline' | 'drain';

/** Why the gateway itself ends a dialogue before login. */
export type StopReason = 'unavailable' | 'deadline' | 'drain';

/** Why the gateway itself ends a session after login. */
export type EndReason = 'cut-off' | 'drain' | 'idle';

/** What the gateway says when credentials have been judged and, where allowed, used at the backend. */
export type LoginAnswer =
  | { readonly kind: 'accepted'; readonly reply: LoginReply }
  | { readonly kind: 'deny'; readonly reason: DenyReason }
  | { readonly kind: 'throttle'; readonly retryAfterSeconds: number }
  | { readonly kind: 'unavailable' }
  /** A forwarded login that the backend refused for a reason of its own (mailbox expired, over quota of connections). */
  | { readonly kind: 'backend-refused'; readonly code: string; readonly text: string };

/** The backend's own words on a successful login, to be repeated to the client in its own accent. */
export interface LoginReply {
  /** IMAP: all after the tag, `OK [CAPABILITY …] Logged in`. POP3, submission, ManageSieve: the whole line. No CRLF. */
  readonly line: string;
  /** Untagged lines that came before it and concern the client (`* CAPABILITY …`), each without CRLF. */
  readonly untagged: readonly string[];
}

/** What a front dialogue knows when it starts. */
export interface FrontOptions {
  /** Our host name, for greetings. */
  readonly hostname: string;
  /** Quoted in every refusal, so that a user can read it to support. */
  readonly sessionId: string;
  /** 'active': implicit TLS; 'available': STARTTLS or STLS is offered; 'none': a loopback listener without TLS. */
  readonly tls: 'active' | 'available' | 'none';
  /** Whether credentials are taken without TLS. True only on a loopback listener that says so. */
  readonly plaintextLogin: boolean;
  /** The backend's own capabilities before login, as probed; the dialogue leaves out what it cannot honour. */
  readonly capabilities: readonly string[];
  /** SASL mechanisms to offer, upper case, from MECHANISMS. */
  readonly mechanisms: readonly string[];
  /** The portal's address, for hints; '' when there is none. */
  readonly portalUrl: string;
  /** Is told of every step, without anything that a client sent. */
  readonly observe?: ((step: RedactedStep) => void) | undefined;
}

/** One step of a dialogue in words that cannot hold what a client sent (redaction.ts). */
export interface RedactedStep {
  /** A verb with placeholders for its arguments, e.g. `AUTH PLAIN [secret]`, or what else came: `answer accepted`, `tls`. */
  readonly input: string;
  /** The state after it. */
  readonly state: string;
  /** Status words and codes of our replies, e.g. `NO AUTHENTICATIONFAILED`. A backend's own reply is left out. */
  readonly replies: readonly string[];
}

/** The client's side of a login. Every method returns actions to perform in order. */
export interface FrontDialogue {
  /** The client is connected (implicit TLS is up, a PROXY header has been read): greet it. */
  connect(): readonly FrontAction[];
  /** Bytes from the client. While an authenticate or start-tls is pending they are only kept. */
  receive(bytes: Buffer): readonly FrontAction[];
  /** The handshake asked for by start-tls is done. */
  tlsStarted(): readonly FrontAction[];
  /** The credentials asked about by authenticate have been judged. Ends with relay, close, or more dialogue. */
  answer(answer: LoginAnswer): readonly FrontAction[];
  /** The gateway ends the dialogue: says so in the protocol's words where a reply is possible, then closes. */
  stop(why: StopReason): readonly FrontAction[];
  /** Takes the bytes that were received and not consumed; after relay they belong to the backend. */
  unread(): Buffer;
  /** Bytes held back while waiting, for the gateway's limit. */
  readonly heldBytes: number;
}

/** What a backend dialogue (our side as a client of the mail server) asks of the gateway. */
export type BackendAction =
  | { readonly do: 'send'; readonly bytes: Buffer }
  /** Handshake now (verifying the certificate), then call tlsStarted(). What came before TLS has been dropped. */
  | { readonly do: 'start-tls' }
  | { readonly do: 'done'; readonly outcome: BackendOutcome };

export type BackendOutcome =
  | {
      readonly kind: 'accepted';
      readonly reply: LoginReply;
      /** Submission: the keywords of the last reply to EHLO. */
      readonly capabilities?: readonly string[];
    }
  /** The backend does not accept these credentials. */
  | { readonly kind: 'refused' }
  /** A permanent refusal for another reason, in the backend's words (response code without brackets, sanitised text). */
  | { readonly kind: 'refused-otherwise'; readonly code: string; readonly text: string }
  /** A temporary refusal: 4yz, [UNAVAILABLE], [SYS/TEMP], [INUSE]. */
  | { readonly kind: 'temporary'; readonly text: string }
  /** The backend is not usable as configured: an operator's fault, another host may do. */
  | { readonly kind: 'unusable'; readonly why: BackendFault; readonly text: string }
  /** The answer to `as: 'probe'`. */
  | { readonly kind: 'capabilities'; readonly capabilities: readonly string[] };

export type BackendFault =
  | 'greeting'
  | 'preauth'
  | 'starttls-missing'
  | 'starttls-refused'
  /** TLS was begun only because it was offered, and failed. */
  | 'tls-failed'
  | 'login-disabled'
  | 'mechanism-missing'
  | 'xclient-missing'
  | 'xclient-refused'
  /** A client could log out and in again as somebody else while we only relay, past every check (RFC 5804 §2.14.1). */
  | 'unauthenticate'
  | 'malformed'
  | 'closed';

/** How to log in at the backend. Names are already templated; passwords go out as literals, quoted or base64. */
export type BackendLogin =
  /** An ordinary login: a forwarded password, or `user*master` with the master's password. */
  | { readonly as: 'user'; readonly name: string; readonly password: Secret }
  /** SASL PLAIN with authzid: the proxy account acts for the user (RFC 4616 §2). */
  | { readonly as: 'authzid'; readonly name: string; readonly authcid: string; readonly password: Secret }
  /** Postfix XCLIENT LOGIN= from a trusted host; submission only. */
  | { readonly as: 'xclient'; readonly name: string }
  /** No login: read the capabilities (after TLS) and leave politely. */
  | { readonly as: 'probe' };

export interface BackendOptions {
  /** Our host name, for EHLO. */
  readonly hostname: string;
  /** `if-offered`: submission begins TLS where the server offers it, so that it has no login left to forget by it. */
  readonly tls: 'active' | 'starttls' | 'if-offered' | 'none';
  readonly login: BackendLogin;
  /** Tells the backend who the client is: IMAP ID (x-originating-ip …), XCLIENT for POP3 and submission. */
  readonly forward?: ForwardedClient | undefined;
  /** Submission: the client's own EHLO or HELO line argument, repeated to the backend after login. */
  readonly helo?: { readonly verb: 'EHLO' | 'HELO'; readonly name: string } | undefined;
}

export interface ForwardedClient {
  readonly address: string;
  readonly port: number;
  readonly localAddress: string;
  readonly localPort: number;
  readonly tls: boolean;
  readonly sessionId: string;
  /** Gateways that may still be passed; a loop ends at 0. */
  readonly ttl: number;
}

/** Our side of a backend login. */
export interface BackendDialogue {
  /** The socket (and implicit TLS) is up. Most protocols wait for the greeting and return nothing. */
  connect(): readonly BackendAction[];
  receive(bytes: Buffer): readonly BackendAction[];
  tlsStarted(): readonly BackendAction[];
  /** Takes what the backend sent behind its last answer; after relay it belongs to the client. */
  unread(): Buffer;
}

/**
 * Follows the bytes of a session after login, which pass unchanged, and knows where a word of ours would be understood
 * as one. What it cannot follow with certainty it gives up for good: then nothing is said any more.
 */
export interface CommandTracker {
  /** Bytes that go to the backend, in order. Looked at, never kept. */
  fromClient(bytes: Buffer): void;
  /** Bytes that go to the client, in order. */
  fromBackend(bytes: Buffer): void;
  /** True when something is under way that the end of the session would interrupt. */
  readonly busy: boolean;
  /** The last words to the client, or undefined where it would take them for something else. */
  goodbye(why: EndReason): Buffer | undefined;
}

/**
 * Stands before a server that would let a client log in again, and lets through only what cannot do that. Bytes in,
 * actions out: nothing goes to either side but what it says, and what it cannot follow it ends.
 */
export interface Gate {
  /** Bytes from the client; those that are not passed on yet are kept. */
  fromClient(bytes: Buffer): readonly GateAction[];
  /** Bytes from the backend, which may also set free what was kept. */
  fromBackend(bytes: Buffer): readonly GateAction[];
  /** The client has sent its last, and nothing of it is held: what it has begun will not be finished. */
  clientEnded(): void;
  /** Bytes of the client wait for the backend to answer: read no more of them. */
  readonly holding: boolean;
  /**
   * Something is kept, half said or not answered: a word of ours would land in the wrong place. Once the client has ended,
   * only what the backend has still to answer.
   */
  readonly busy: boolean;
}

/** What a gate asks of the relay, to be done in order. */
export type GateAction =
  | { readonly do: 'pass'; readonly to: 'client' | 'backend'; readonly bytes: Buffer }
  /** Something of the client did not go on; for the log. */
  | { readonly do: 'refused'; readonly why: GateRefusal }
  /** What there is to say has been passed: close both sides. Nothing follows. */
  | { readonly do: 'end' };

/** What a gate did not let through, never in the client's own words: they may hold a password. */
export type GateRefusal =
  /** A command that logs in, or takes the login back. */
  | 'auth'
  | 'starttls'
  | 'xclient'
  | 'unknown-command'
  | 'control-character'
  /** From here on the session was ended. */
  | 'bare-line-feed'
  | 'nul'
  | 'line-too-long'
  | 'bad-chunk'
  | 'ambiguous-end-of-content'
  | 'too-many-refused'
  | 'too-much-ahead'
  | 'backend-reply';

export interface GateOptions {
  /** Quoted in the last words. */
  readonly sessionId: string;
  /** What the backend listed when the login was made. */
  readonly capabilities: readonly string[];
}

/** Everything the gateway needs to speak one protocol. */
export interface ProtocolModule {
  readonly protocol: Protocol;
  front(options: FrontOptions): FrontDialogue & { readonly helo?: BackendOptions['helo'] };
  backend(options: BackendOptions): BackendDialogue;
  /** How long to let a backend rest after what it says over TLS, where one is known to lose what comes too soon. */
  readonly restOverTlsMs?: number;
  /** Absent where a server never says anything unasked (RFC 1939 §3). The session id is quoted in the last words. */
  readonly commandTracker?: (sessionId: string) => CommandTracker;
  /** Where servers would take another login behind the first. */
  readonly gate?: (options: GateOptions) => Gate;
}
