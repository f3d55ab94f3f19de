/**
 * A store whose audit is also told to the log, so that what a worker does to an account is found where an operator
 * collects logs. It changes nothing else.
 */

import type { Log } from '#ops/log.ts';
import type { AuditEntry } from '#policy/ports/audit.ts';
import type { Store } from '#policy/ports/store.ts';

/**
 * Puts the log over a store's audit. An entry that could not be written is logged whole before the fault is thrown on:
 * the change that it tells of may have been made already.
 */
export function loggedAudit(store: Store, log: Log): Store {
  return {
    ...store,
    appendAudit: async (entry) => {
      try {
        await store.appendAudit(entry);
      } catch (error) {
        log.error('audit.failed', { ...auditFields(entry), error });
        throw error;
      }
      log.info('audit.written', auditFields(entry));
    },
  };
}

function auditFields({ actor, action, domain, account, detail }: AuditEntry) {
  const details = Object.entries(detail).map(([name, value]) => `${name}=${value}`);
  return { actor, action, domain, user: account, ...(details.length > 0 && { details }) };
}
