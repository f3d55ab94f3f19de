/** Passkeys as the portal uses them: bound to the host of its own address. */

import { isIP } from 'node:net';
import type { PasskeyTools } from '#policy/factors/passkeys.ts';
import type { PortalParts } from '#portal/ports/portal-services.ts';

/** False where the portal is known by an IP address: no browser makes a passkey for one (WebAuthn §5.1.3, step 8). */
export function offersPasskeys({ settings }: PortalParts): boolean {
  return isIP(new URL(settings.url).hostname.replaceAll(/[[\]]/g, '')) === 0;
}

/** Policy's tools with what passkeys need. */
export function passkeyTools({ settings, context, passkeys }: PortalParts): PasskeyTools {
  const { hostname, origin } = new URL(settings.url);
  return { ...context, passkeys, site: { rpId: hostname, origin, name: context.issuer } };
}
