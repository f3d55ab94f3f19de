/** The portal's listeners, with the application of app.ts behind them. */

import { openHttpListeners } from '../web/http-listeners.ts';
import { makeApp } from './app.ts';
import type { BeginTls, PortalParts } from './settings.ts';

export interface Portal {
  /** Stops accepting, closes what is idle, and waits for requests that are being answered. */
  stop(): Promise<void>;
}

/** Starts the portal. CONFIG_INVALID when an address or port cannot be had. */
export async function startPortal(parts: PortalParts, beginTls: BeginTls): Promise<Portal> {
  const app = await makeApp(parts);
  await app.ready();
  const listeners = await openHttpListeners({
    listen: parts.settings.listen,
    handler: (request, response) => app.routing(request, response),
    beginTls: (socket) => ({ socket: beginTls(socket) }),
    opened: ({ address, port }) => parts.log.info('portal.opened', { address, port }),
    who: 'the portal',
  });
  return {
    async stop() {
      await listeners.close();
      await app.close();
    },
  };
}
