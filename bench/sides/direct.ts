/** No proxy at all: the backend itself, without TLS. Only for the round trip. */

import type { Side, Surroundings } from './side.ts';

/** Nothing to start: the backend runs. */
export function direct({ backend }: Surroundings): Side {
  const about = 'the backend itself, without TLS';
  return {
    name: 'direct',
    about,
    ports: backend.ports,
    tls: false,
    compiled: true,
    roots: [],
    stop: () => Promise.resolve(),
  };
}
