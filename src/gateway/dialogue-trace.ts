/**
 * The steps of one dialogue on their way to the log: at level debug all, and those that a trace asks for. Whose login it is
 * shows late, so what came before is held until then. Steps hold nothing that a client sent (protocol/redaction.ts).
 */

import { canonicalAccount, type IdentityRules } from '#core/identity.ts';
import type { Traces } from '#gateway/live/traces.ts';
import type { RedactedStep } from '#protocol/machine.ts';
import type { Log } from '#ops/log.ts';

const MAX_HELD_STEPS = 100;

interface DialogueTrace {
  readonly observe: (step: RedactedStep) => void;
  /** A login is tried under this name, as it was typed. */
  readonly claim: (authcid: string, rules: IdentityRules) => void;
}

/** What is known of a connection from its beginning. */
interface TracedClient {
  readonly id: string;
  readonly client: { readonly address: string };
  readonly log: Log;
}

/** Follows a dialogue; undefined where nobody wants to see it, so that nothing is spent on it. */
export function dialogueTrace({ id, client, log }: TracedClient, traces: Traces): DialogueTrace | undefined {
  if (!log.debugEnabled && !traces.active) return undefined;
  let account: string | undefined;
  let held: RedactedStep[] = [];
  const flush = (): void => {
    if (!traces.covers({ session: id, address: client.address, account })) return;
    for (const step of held) log.info('session.traced', { ...step });
    held = [];
  };
  return {
    observe: (step) => {
      if (log.debugEnabled) log.debug('dialogue.advanced', { ...step });
      if (held.length < MAX_HELD_STEPS) held.push(step);
      flush();
    },
    claim: (authcid, rules) => {
      const found = canonicalAccount(authcid, rules);
      account = found.kind === 'account' ? found.account.name : undefined;
      flush();
    },
  };
}
