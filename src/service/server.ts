/** The policy service's listeners, with the application of app.ts behind them. */

import { openHttpListeners } from '../web/http-listeners.ts';
import { makeService } from './app.ts';
import type { BeginTls, ServiceParts } from './settings.ts';

export interface Service {
  /** Stops accepting, closes what is idle, and waits for requests that are being answered. */
  stop(): Promise<void>;
}

/** Starts the service. CONFIG_INVALID when an address or port cannot be had. */
export async function startService(parts: ServiceParts, beginTls: BeginTls): Promise<Service> {
  const app = await makeService(parts);
  await app.ready();
  const listeners = await openHttpListeners({
    listen: parts.settings.listen,
    handler: (request, response) => app.routing(request, response),
    beginTls,
    opened: ({ address, port }) => parts.log.info('service.opened', { address, port }),
    who: 'the policy service',
  });
  return {
    async stop() {
      // Streams of changes end with the application; the listeners wait for them.
      await app.close();
      await listeners.close();
    },
  };
}
