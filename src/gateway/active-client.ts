/** What the gateway knows of whom it serves. */

import type { Traces } from '#gateway/live/traces.ts';
import type { EndReason } from '#protocol/machine.ts';

/** A client that is being served, before its login or behind it. */
export interface ActiveClient {
  /** Milliseconds for which nothing has happened; 0 while something is under way that an end would interrupt. */
  readonly quietMs: number;
  /** Ends it now, with a goodbye where one can be said. */
  end(why: EndReason): void;
  /** To be called now and then: ends it when nothing has moved for longer than it may. */
  endIfIdle(): void;
  /** To be called now and then while traces are on: logs how much has passed, where one asks for it. Absent before a login. */
  tellTraffic?(traces: Traces): void;
}
