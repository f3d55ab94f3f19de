/**
 * One client, from its first byte to its last: a conversation until its login, then a session of which only the relay
 * runs. There are thousands of these for days, so a session is one object and keeps nothing of its login.
 */

import type { Account } from '#core/identity.ts';
import type { Epochs } from '#core/verdict.ts';
import type { Log } from '#ops/log.ts';
import type { EndReason, GateRefusal } from '#protocol/machine.ts';
import type { ConnectionSlot } from '#connection/connection-limits.ts';
import type { HostLease } from '#backends/hosts.ts';
import { PreauthSession, type Accepted, type LoggedIn, type SessionServices } from './preauth-session.ts';
import { openerOf } from './login.ts';
import type { Admission, LiveSessions } from '#gateway/live/live-sessions.ts';
import type { Traces } from '#gateway/live/traces.ts';
import { Relay, type RelayOwner, type RelayResult, type RelaySides } from './relay.ts';
import type { ActiveClient } from './active-client.ts';
import type { SessionRecord } from '#core/session.ts';

/**
 * Serves a client, which is among `served` until its connection is over. Resolves once it has logged in or gone. Never
 * rejects: what goes wrong is logged.
 */
export async function serve(accepted: Accepted, services: SessionServices, served: Set<ActiveClient>): Promise<void> {
  try {
    const loggedIn = await conversed(new PreauthSession(accepted, services), served);
    if (loggedIn === undefined) accepted.slot.leave();
    else begin(accepted, loggedIn, { services, served });
  } catch (error) {
    accepted.log.error('fault', { error });
    accepted.slot.leave();
  }
}

async function conversed(preauthSession: PreauthSession, served: Set<ActiveClient>): Promise<LoggedIn | undefined> {
  served.add(preauthSession);
  try {
    return await preauthSession.run();
  } finally {
    served.delete(preauthSession);
  }
}

// Whoever cannot be put on the live list could not be cut off: better no session than that one.
function begin(accepted: Accepted, loggedIn: LoggedIn, around: Around): void {
  try {
    new Session(accepted, loggedIn, around).begin(loggedIn);
  } catch (error) {
    loggedIn.judged.session.lease.release();
    for (const { connection } of [loggedIn.client, loggedIn.backend]) connection.destroy();
    throw error;
  }
}

interface Around {
  readonly services: SessionServices;
  readonly served: Set<ActiveClient>;
}

class Session implements ActiveClient, Admission, RelayOwner {
  readonly record: SessionRecord;
  readonly account: Account;
  readonly epochs: Epochs;
  readonly reviewAt: number | undefined;
  readonly #relay: Relay;
  readonly #live: LiveSessions;
  readonly #served: Set<ActiveClient>;
  readonly #slot: ConnectionSlot;
  readonly #lease: HostLease;
  readonly #log: Log;
  readonly #listener: string;
  readonly #startedAt = performance.now();

  constructor(accepted: Accepted, loggedIn: LoggedIn, { services, served }: Around) {
    const { id, module, slot, listener } = accepted;
    const { limits, live, metrics, log } = services;
    const { attempt, verdict, session } = loggedIn.judged;
    this.record = recordOf(accepted, loggedIn.judged, services);
    this.account = attempt.account;
    this.epochs = verdict.epochs;
    this.reviewAt = verdict.cutOffAt;
    [this.#live, this.#served, this.#slot, this.#lease] = [live, served, slot, session.lease];
    // Not the log of the connection, whose fields would be kept as text for as long as the session runs.
    [this.#log, this.#listener] = [log, listener.name];
    const idleMs = limits.relayIdleMs[module.protocol];
    const { capabilities = [] } = session.outcome;
    this.#relay = new Relay(loggedIn, {
      owner: this,
      idleMs,
      commandTracker: module.commandTracker?.(id),
      gate: module.gate?.({ sessionId: id, capabilities }),
      sums: metrics.relayed,
    });
  }

  /** Runs from now on, or throws when it cannot be listed. */
  begin(sides: RelaySides): void {
    this.#slot.keep();
    this.#served.add(this);
    try {
      this.#live.admit(this);
    } catch (error) {
      this.#leave();
      throw error;
    }
    this.#relay.start(sides);
  }

  get quietMs(): number {
    return this.#relay.quietMs;
  }

  end(why: EndReason): void {
    this.#relay.stop(why);
  }

  endIfIdle(): void {
    this.#relay.endIfIdle();
  }

  tellTraffic(traces: Traces): void {
    const { id: session, address, protocol } = this.record;
    if (!traces.covers({ session, address, account: this.account.name })) return;
    const { bytesFromClient, bytesFromBackend } = this.#relay.passed;
    if (!traces.isNews(this, bytesFromClient + bytesFromBackend)) return;
    this.#log.info('session.traced', {
      session,
      listener: this.#listener,
      protocol,
      bytesIn: bytesFromClient,
      bytesOut: bytesFromBackend,
    });
  }

  cutOff(): void {
    this.end('cut-off');
  }

  onRefused(why: GateRefusal): void {
    this.#log.warn('session.command-refused', {
      session: this.record.id,
      listener: this.#listener,
      protocol: this.record.protocol,
      user: this.account.name,
      address: this.record.address,
      reason: why,
    });
  }

  onFinished({ bytesFromClient, bytesFromBackend, ended }: RelayResult): void {
    this.#leave();
    this.#log.info('session.closed', {
      session: this.record.id,
      listener: this.#listener,
      protocol: this.record.protocol,
      user: this.account.name,
      address: this.record.address,
      reason: ended,
      bytesIn: bytesFromClient,
      bytesOut: bytesFromBackend,
      durationMs: Math.round(performance.now() - this.#startedAt),
    });
  }

  #leave(): void {
    this.#live.leave(this);
    this.#lease.release();
    this.#slot.leave();
    this.#served.delete(this);
  }
}

function recordOf(
  { id }: Accepted,
  { attempt: { account, protocol, client }, verdict }: LoggedIn['judged'],
  { gatewayName, now }: SessionServices,
): SessionRecord {
  return {
    id,
    account: account.name,
    domain: account.domain,
    protocol,
    opener: openerOf(verdict),
    address: client.address,
    gateway: gatewayName,
    openedAt: now(),
  };
}
