/** The portal's listeners, with the application of app.ts behind them. */

import { openHttpListeners, type HttpListeners } from '#web/http-listeners.ts';
import { makeApp } from './app.ts';
import type { BeginTls, PortalParts } from '#portal/ports/portal-services.ts';

export interface Portal {
  /** Listens. CONFIG_INVALID when an address or port cannot be had. */
  open(): Promise<void>;
  /** Stops accepting, closes what is idle, and waits for requests that are being answered. */
  stop(): Promise<void>;
}

/** Makes the portal ready, without a listener yet. */
export async function makePortalServer(parts: PortalParts, beginTls: BeginTls): Promise<Portal> {
  const app = await makeApp(parts);
  await app.ready();
  let listeners: HttpListeners | undefined;
  const open = async (): Promise<void> => {
    listeners = await openHttpListeners({
      listen: parts.settings.listen,
      handler: (request, response) => app.routing(request, response),
      beginTls: (socket) => ({ socket: beginTls(socket) }),
      opened: ({ address, port }) => parts.log.info('portal.opened', { address, port }),
      who: 'the portal',
    });
  };
  return {
    open,
    async stop() {
      await listeners?.close();
      await app.close();
    },
  };
}
