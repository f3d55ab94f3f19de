/**
 * A process of its own for tests of the embedded store. Arguments: file, account, how many changes (0: until killed).
 * Says `ready`, then the number of each change once the store has acknowledged it.
 */

import { DEFAULT_CAPS } from '#store/caps.ts';
import { openEmbeddedStore } from '#store/embedded/embedded-store.ts';

const [path = '', name = '', changes = '0'] = process.argv.slice(2);
const [local = '', domain = ''] = name.split('@');

const store = await openEmbeddedStore({ path, busyTimeoutMs: 1000, caps: DEFAULT_CAPS });
console.log('ready');
for (let done = 1; changes === '0' || done <= Number(changes); done += 1) {
  const codes = await store.updateAccount({ name, local, domain }, (current) => {
    const recoveryCodes = [...(current?.recoveryCodes ?? []), `${process.pid}`];
    return { record: { recoveryCodes, appPasswords: [] }, result: recoveryCodes.length };
  });
  console.log(`written ${codes}`);
}
await store.close();
