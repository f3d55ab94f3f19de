/** A store that says how long each of its operations took and by which fault it failed. It changes nothing else. */

import { Fault } from '#core/fault.ts';
import type { Store } from '#policy/ports/store.ts';

/** Told of each operation: its name, its seconds, and the fault's code where it failed. */
export type StoreObserver = (operation: string, seconds: number, code?: string) => void;

/** Puts an observer over a store. Watching and closing have no duration and are not told. */
export function timedStore(store: Store, observe: StoreObserver): Store {
  const timed = timing(observe);
  return {
    lookupLogin: (query) => timed('lookupLogin', () => store.lookupLogin(query)),
    recordSuccess: (success) => timed('recordSuccess', () => store.recordSuccess(success)),
    forgiveFailures: (account) => timed('forgiveFailures', () => store.forgiveFailures(account)),
    lookupDomain: (domain) => timed('lookupDomain', () => store.lookupDomain(domain)),
    saveDomain: (domain, record, expected) => timed('saveDomain', () => store.saveDomain(domain, record, expected)),
    listDomains: (cursor, limit) => timed('listDomains', () => store.listDomains(cursor, limit)),
    lookupAccount: (account) => timed('lookupAccount', () => store.lookupAccount(account)),
    updateAccount: (account, change) => timed('updateAccount', () => store.updateAccount(account, change)),
    listAccounts: (domain, cursor, limit) => timed('listAccounts', () => store.listAccounts(domain, cursor, limit)),
    listAccountDomains: (cursor, limit) => timed('listAccountDomains', () => store.listAccountDomains(cursor, limit)),
    lookupLastUses: (account) => timed('lookupLastUses', () => store.lookupLastUses(account)),
    touchSessions: (sessions) => timed('touchSessions', () => store.touchSessions(sessions)),
    closeSessions: (sessions) => timed('closeSessions', () => store.closeSessions(sessions)),
    listSessions: (filter) => timed('listSessions', () => store.listSessions(filter)),
    announceTrace: (request) => timed('announceTrace', () => store.announceTrace(request)),
    cutOffSession: (id) => timed('cutOffSession', () => store.cutOffSession(id)),
    appendAudit: (entry) => timed('appendAudit', () => store.appendAudit(entry)),
    listAudit: (filter) => timed('listAudit', () => store.listAudit(filter)),
    lookupAdmins: () => timed('lookupAdmins', () => store.lookupAdmins()),
    updateAdmins: (change) => timed('updateAdmins', () => store.updateAdmins(change)),
    lookupTokens: () => timed('lookupTokens', () => store.lookupTokens()),
    updateTokens: (change) => timed('updateTokens', () => store.updateTokens(change)),
    listUsers: (query) => timed('listUsers', () => store.listUsers(query)),
    ephemeral: {
      put: (ref, content) => timed('ephemeral', () => store.ephemeral.put(ref, content)),
      load: (ref) => timed('ephemeral', () => store.ephemeral.load(ref)),
      update: (ref, update) => timed('ephemeral', () => store.ephemeral.update(ref, update)),
      consume: (ref) => timed('ephemeral', () => store.ephemeral.consume(ref)),
      listOf: (owner, kind) => timed('ephemeral', () => store.ephemeral.listOf(owner, kind)),
      endAll: (owner, kinds) => timed('ephemeral', () => store.ephemeral.endAll(owner, kinds)),
    },
    epochs: (accounts, domains) => timed('epochs', () => store.epochs(accounts, domains)),
    check: () => timed('check', () => store.check()),
    watch: (watcher) => store.watch(watcher),
    close: () => store.close(),
  };
}

/** Runs an operation and tells how long it took. */
function timing(observe: StoreObserver) {
  return async <T>(operation: keyof Store, work: () => Promise<T>): Promise<T> => {
    const startedAt = performance.now();
    const tell = (code?: string): void => observe(operation, (performance.now() - startedAt) / 1000, code);
    try {
      const result = await work();
      tell();
      return result;
    } catch (error) {
      tell(error instanceof Fault ? error.code : 'UNFORESEEN');
      throw error;
    }
  };
}
