/** The double that tests of policy use answers as the real stores do. */

import { makeMemoryStore } from '../support/memory-store.ts';
import { storeContract } from './contract.ts';

storeContract('memory', async (caps) => {
  const store = makeMemoryStore({ clock: Date.now, ...caps });
  return { store, another: async () => store, close: () => store.close() };
});
