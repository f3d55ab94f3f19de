/**
 * Takes pictures of every page of the portal, light, dark and on a phone: real Chromium in front of the real pages, over
 * a store in memory. All go to var/screenshots/, for whoever designs a page; those that a document shows are copied to
 * docs/screenshots/. `npm run screenshots -- <word>` takes only those journeys whose name holds the word. A page is
 * added by a stop in one of the journeys.
 */

import { copyFile, mkdir, readdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { launchChromium } from '../test/support/chromium.ts';
import { adminJourneys } from './screenshots/admin-pages.ts';
import { makeCamera } from './screenshots/camera.ts';
import { deviceJourneys } from './screenshots/device-pages.ts';
import { userJourneys } from './screenshots/user-pages.ts';
import { startWorld } from './screenshots/world.ts';

const TAKEN = fileURLToPath(new URL('../var/screenshots/', import.meta.url));
const SHOWN = fileURLToPath(new URL('../docs/screenshots/', import.meta.url));
const [wanted = ''] = process.argv.slice(2);

await mkdir(TAKEN, { recursive: true });
const chromium = await launchChromium();
try {
  for (const { name, go } of [...userJourneys, ...deviceJourneys, ...adminJourneys]) {
    if (!name.includes(wanted)) continue;
    const world = await startWorld();
    try {
      await go(world, await makeCamera(chromium, world.url, TAKEN));
    } finally {
      await world.stop();
    }
    console.log(`took ${name}`);
  }
} finally {
  await chromium.close();
}

const taken = new Set(await readdir(TAKEN));
for (const name of await readdir(SHOWN)) {
  if (taken.has(name)) await copyFile(`${TAKEN}${name}`, `${SHOWN}${name}`);
}
