/**
 * Bun's tracing channels do not say whether anybody listens, as Node's do. ioredis and pino ask before they prepare each
 * command and each line for a listener, and without an answer they always do: copies of all arguments and a second
 * promise for each command.
 */

import { tracingChannel } from 'node:diagnostics_channel';

const EVENTS = ['start', 'end', 'asyncStart', 'asyncEnd', 'error'] as const;
type Channel = ReturnType<typeof tracingChannel>;

/**
 * Gives tracing channels the property `hasSubscribers` where the runtime lacks it.
 * https://nodejs.org/api/diagnostics_channel.html#tracingchannelhassubscribers
 */
export function tellOfSubscribers(): void {
  const channels: object = Object.getPrototypeOf(tracingChannel('postern'));
  if ('hasSubscribers' in channels) return;
  Object.defineProperty(channels, 'hasSubscribers', {
    configurable: true,
    get(this: Channel): boolean {
      return EVENTS.some((event) => this[event].hasSubscribers);
    },
  });
}
