/** The policy service's listeners, with the application of app.ts behind them. */

import { openHttpListeners, type HttpListeners } from '#web/http-listeners.ts';
import { makeService } from './app.ts';
import type { BeginTls, ServiceParts } from './settings.ts';

export interface Service {
  /** Listens. CONFIG_INVALID when an address or port cannot be had. */
  open(): Promise<void>;
  /** Stops accepting, closes what is idle, and waits for requests that are being answered. */
  stop(): Promise<void>;
}

/** Makes the service ready, without a listener yet. */
export async function makeServiceServer(parts: ServiceParts, beginTls: BeginTls): Promise<Service> {
  const app = await makeService(parts);
  await app.ready();
  let listeners: HttpListeners | undefined;
  const open = async (): Promise<void> => {
    listeners = await openHttpListeners({
      listen: parts.settings.listen,
      handler: (request, response) => app.routing(request, response),
      beginTls,
      opened: ({ address, port }) => parts.log.info('service.opened', { address, port }),
      who: 'the policy service',
    });
  };
  return {
    open,
    async stop() {
      // Streams of changes end with the application; the listeners wait for them.
      await app.close();
      await listeners?.close();
    },
  };
}
