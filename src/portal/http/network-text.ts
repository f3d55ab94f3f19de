/** A client's network as its owner is shown it, and as it is kept: coarse, so that nobody's every place is written down. */

import { formatNetwork, parseAddress, UNKNOWN_NETWORK } from '#core/network.ts';

/** The /24 or /56 of an address. */
export function networkText(address: string): string {
  const parsed = parseAddress(address);
  if (parsed === undefined) return UNKNOWN_NETWORK;
  const [hostBits, prefixBits] = parsed.family === 4 ? [8n, 24] : [72n, 56];
  return formatNetwork({ family: parsed.family, first: (parsed.value >> hostBits) << hostBits, prefixBits });
}
