/** Logging in by hand over a Wire, once for each protocol: what tests do that care about the connection itself. */

import type { Protocol } from '#core/protocols.ts';
import type { Mailbox } from './dovecot.ts';
import type { Gateway } from './gateway.ts';
import { Wire, type WireOptions } from './wire.ts';

/** The first answer to the login, whichever it is: `ok`, or what was said instead (all of it, to the final line). */
export interface Answer {
  readonly ok: boolean;
  readonly said: string;
}

interface Dialogue {
  /** The greeting, or the refusal to greet. */
  readonly greeting: RegExp;
  readonly welcome: RegExp;
  readonly login: (wire: Wire, who: Mailbox) => Promise<string>;
  readonly accepted: RegExp;
  /** Something harmless that only a live session answers. */
  readonly ping: readonly [line: string, answer: RegExp];
}

const DIALOGUES: Readonly<Record<Protocol, Dialogue>> = {
  imap: {
    greeting: /^\* (OK|BYE).*\r\n/,
    welcome: /^\* OK/,
    login: (wire, who) => wire.say(`in AUTHENTICATE PLAIN ${plain(who)}`, /^(in|\* BYE) .*\r\n/m),
    accepted: /^in OK/m,
    ping: ['ping NOOP', /^ping OK.*\r\n/m],
  },
  pop3: {
    greeting: /^(\+OK|-ERR).*\r\n/,
    welcome: /^\+OK/,
    login: async (wire, who) => {
      await wire.say('AUTH PLAIN', /^\+ .*\r\n/);
      return wire.say(plain(who), /^(\+OK|-ERR).*\r\n/);
    },
    accepted: /^\+OK/,
    ping: ['NOOP', /^\+OK.*\r\n/],
  },
  submission: {
    greeting: /^\d{3} .*\r\n/,
    welcome: /^220/,
    login: async (wire, who) => {
      await wire.say('EHLO client.test', /^\d{3} .*\r\n/m);
      return wire.say(`AUTH PLAIN ${plain(who)}`, /^\d{3} .*\r\n/m);
    },
    accepted: /^235/,
    ping: ['NOOP', /^250 .*\r\n/m],
  },
  sieve: {
    greeting: /^(OK|BYE|NO).*\r\n/m,
    welcome: /^OK/m,
    login: (wire, who) => wire.say(`AUTHENTICATE "PLAIN" "${plain(who)}"`, /^(OK|BYE|NO).*\r\n/m),
    accepted: /^OK/m,
    ping: ['NOOP', /^OK.*\r\n/m],
  },
};

/** How each protocol says "later": the password may be right, but nobody can tell just now. */
export const TEMPORARY: Readonly<Record<Protocol, RegExp>> = {
  imap: /^(in NO|\* BYE) \[UNAVAILABLE\] /m,
  pop3: /^-ERR \[SYS\/TEMP\] /,
  submission: /^4(54|21) 4\.\d\.\d /,
  sieve: /^(NO|BYE) \(TRYLATER\) /m,
};

/** A connection to the gateway's listener with implicit TLS for this protocol, and what it was greeted with. */
export async function connected(
  gateway: Gateway,
  protocol: Protocol,
  options: WireOptions = {},
): Promise<{ wire: Wire; welcome: boolean; greeting: string }> {
  const place = gateway.place(protocol, 'implicit');
  const wire = await Wire.open(place.port, { caFile: place.caFile, ...options });
  const greeting = await wire.until(DIALOGUES[protocol].greeting);
  return { wire, greeting, welcome: DIALOGUES[protocol].welcome.test(greeting) };
}

/** A session that is logged in; rejects when it is refused. */
export async function session(
  gateway: Gateway,
  protocol: Protocol,
  who: Mailbox,
  options: WireOptions = {},
): Promise<Wire> {
  const { wire, ok, said } = await begin(gateway, protocol, who, options);
  if (!ok) throw new Error(`${who.name} was refused: ${said}`);
  return wire;
}

/** One login and out again. */
export async function tryLogin(
  gateway: Gateway,
  protocol: Protocol,
  who: Mailbox,
  options: WireOptions = {},
): Promise<Answer> {
  const { wire, ok, said } = await begin(gateway, protocol, who, options);
  wire.close();
  return { ok, said };
}

async function begin(
  gateway: Gateway,
  protocol: Protocol,
  who: Mailbox,
  options: WireOptions,
): Promise<Answer & { wire: Wire }> {
  const { wire, welcome, greeting } = await connected(gateway, protocol, options);
  if (!welcome) return { wire, ok: false, said: greeting };
  const said = await DIALOGUES[protocol].login(wire, who);
  return { wire, ok: DIALOGUES[protocol].accepted.test(said), said };
}

/** Asks the mail server something over a session; rejects when the session is dead. */
export async function ping(wire: Wire, protocol: Protocol): Promise<void> {
  const [line, answer] = DIALOGUES[protocol].ping;
  await wire.say(line, answer);
}

function plain({ name, password }: Mailbox): string {
  return Buffer.from(`\0${name}\0${password}`).toString('base64');
}
