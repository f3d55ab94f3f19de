/** One client, from its first byte to its last: a conversation until its login, then a relay. */

import type { EndReason } from '../protocol/machine.ts';
import { Conversation, type Accepted, type LoggedIn, type SessionServices } from './conversation.ts';
import { openerOf } from './judge.ts';
import { Relay } from './relay.ts';

/** A session behind its login, and no more of the login than it needs: thousands of them are kept for days. */
interface Running {
  readonly relay: Relay;
  readonly user: string;
  readonly startedAt: number;
  /** To be called at its end. */
  readonly leave: () => void;
}

export class Session {
  readonly #accepted: Accepted;
  readonly #services: SessionServices;
  /** What is going on. The conversation is let go of when the relay begins. */
  #phase: Conversation | Relay;

  constructor(accepted: Accepted, services: SessionServices) {
    this.#accepted = accepted;
    this.#services = services;
    this.#phase = new Conversation(accepted, services);
  }

  /** Serves the client until the connection is over. Never rejects: what goes wrong is logged. */
  async run(): Promise<void> {
    const { log, place } = this.#accepted;
    try {
      const running = await this.#begin();
      if (running !== undefined) await this.#attend(running);
    } catch (error) {
      log.error('fault', { error });
    } finally {
      place.leave();
    }
  }

  /** Ends the session now, before login or behind it, with a goodbye where one can be said. */
  end(why: EndReason): void {
    if (this.#phase instanceof Relay) this.#phase.stop(why);
    else this.#phase.stop(why === 'idle' ? 'deadline' : 'drain');
  }

  /** Milliseconds for which nothing has happened; 0 while something is under way that an end would interrupt. */
  get quietMs(): number {
    return this.#phase.quietMs;
  }

  // Undefined when the client has gone without a login.
  async #begin(): Promise<Running | undefined> {
    if (this.#phase instanceof Relay) return undefined;
    const loggedIn = await this.#phase.run();
    if (loggedIn === undefined) return undefined;
    try {
      return this.#join(loggedIn);
    } catch (error) {
      // Whoever is not on the live list could not be cut off: better no session than that one.
      loggedIn.judged.session.release();
      for (const { connection } of [loggedIn.client, loggedIn.backend]) connection.destroy();
      throw error;
    }
  }

  #join(loggedIn: LoggedIn): Running {
    const { id, module, place } = this.#accepted;
    const { limits, meters } = this.#services;
    place.authenticated();
    const idleMs = limits.relayIdleMs[module.protocol];
    const relay = new Relay(loggedIn, { idleMs, boundary: module.boundary?.(id), sums: meters.relayed });
    this.#phase = relay;
    const { release } = loggedIn.judged.session;
    const leaveList = this.#admit(loggedIn);
    const leave = (): void => {
      leaveList();
      release();
    };
    return { relay, user: loggedIn.judged.attempt.account.name, startedAt: performance.now(), leave };
  }

  async #attend({ relay, user, startedAt, leave }: Running): Promise<void> {
    const { bytesFromClient, bytesFromBackend, ended } = await relay.finished;
    leave();
    this.#accepted.log.info('session.closed', {
      user,
      reason: ended,
      bytesIn: bytesFromClient,
      bytesOut: bytesFromBackend,
      durationMs: Math.round(performance.now() - startedAt),
    });
  }

  #admit({ judged: { attempt, verdict } }: LoggedIn): () => void {
    const { live, gatewayName, now } = this.#services;
    const { account, protocol, client } = attempt;
    return live.admit({
      account,
      epochs: verdict.epochs,
      reviewAt: verdict.cutOffAt,
      record: {
        id: this.#accepted.id,
        account: account.name,
        domain: account.domain,
        protocol,
        opener: openerOf(verdict),
        address: client.address,
        gateway: gatewayName,
        openedAt: now(),
      },
      cutOff: () => this.end('cut-off'),
    });
  }
}
