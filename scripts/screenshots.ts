/**
 * Takes pictures of every page of the portal, light, dark and on a phone, and keeps them in docs/screenshots/: real
 * Chromium in front of the real pages, over a store in memory. `npm run screenshots -- <word>` takes only those journeys
 * whose name holds the word. A page is added by a stop in one of the journeys.
 */

import { mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { launchChromium } from '../test/support/chromium.ts';
import { adminJourneys } from './screenshots/admin-pages.ts';
import { makeCamera } from './screenshots/camera.ts';
import { deviceJourneys } from './screenshots/device-pages.ts';
import { userJourneys } from './screenshots/user-pages.ts';
import { startWorld } from './screenshots/world.ts';

const FOLDER = fileURLToPath(new URL('../docs/screenshots/', import.meta.url));
const [wanted = ''] = process.argv.slice(2);

await mkdir(FOLDER, { recursive: true });
const chromium = await launchChromium();
try {
  for (const { name, go } of [...userJourneys, ...deviceJourneys, ...adminJourneys]) {
    if (!name.includes(wanted)) continue;
    const world = await startWorld();
    try {
      await go(world, await makeCamera(chromium, world.url, FOLDER));
    } finally {
      await world.stop();
    }
    console.log(`took ${name}`);
  }
} finally {
  await chromium.close();
}
