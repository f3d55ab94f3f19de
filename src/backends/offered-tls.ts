/**
 * TLS that a server offers where none was asked for. Begun, it is a gain; failed, it is no reason to refuse anybody's
 * mail: the errand is run again without, and for a while it is not tried there again.
 */

import { dial, type Destination, type DialResult, type BackendRequest } from './dial.ts';
import type { HostState } from './hosts.ts';

/** Long enough that a broken certificate costs nothing, short enough that a mended one is seen the same day. */
const PLAIN_MS = 10 * 60_000;

export interface OfferedTls {
  readonly host: HostState;
  /** Fires when the errand is given up. */
  readonly signal: AbortSignal;
  readonly onFailed: (why: string) => void;
}

/** Runs an errand as dial() does, and again in plain where TLS was begun only because it was offered, and failed. */
export async function dialWithOfferedTls(
  to: Destination,
  request: BackendRequest,
  how: OfferedTls,
): Promise<DialResult> {
  const { host, signal, onFailed } = how;
  const result = await dial({ ...to, plain: performance.now() < host.plainUntil }, request, signal);
  if (result.outcome === 'unreachable' || result.outcome.kind !== 'unusable') return result;
  if (result.outcome.why !== 'tls-failed') return result;
  host.plainUntil = performance.now() + PLAIN_MS;
  onFailed(result.outcome.text);
  return dial({ ...to, plain: true }, request, signal);
}
