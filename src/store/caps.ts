/** How much a store keeps and for how long. One list for both adapters; every figure can be changed by the settings. */

export interface StoreCaps {
  /** A session that is not touched for this long is no longer on record. */
  readonly sessionTtlSeconds: number;
  /** Networks remembered per account as ones where it has logged in before; the longest unused go first. */
  readonly knownNetworks: number;
  readonly knownNetworkSeconds: number;
  /** A last use older than this is forgotten. */
  readonly lastUseSeconds: number;
  readonly auditEntriesPerAccount: number;
  readonly auditEntriesPerDomain: number;
  /** Entries of the audit that are older are forgotten, at the latest when the next one is written. */
  readonly auditSeconds: number;
  /** Expiring records of one kind that one owner may have; beyond it the one that expires next makes room. */
  readonly ephemeralPerOwner: number;
}

const DAY_SECONDS = 86_400;

/** Heartbeats come every 30 s, so a session survives two lost ones; the rest follows what people look back at. */
export const DEFAULT_CAPS: StoreCaps = {
  sessionTtlSeconds: 90,
  knownNetworks: 64,
  knownNetworkSeconds: 90 * DAY_SECONDS,
  lastUseSeconds: 400 * DAY_SECONDS,
  auditEntriesPerAccount: 500,
  auditEntriesPerDomain: 10_000,
  auditSeconds: 400 * DAY_SECONDS,
  ephemeralPerOwner: 100,
};
