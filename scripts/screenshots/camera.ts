/** A browser page, and pictures of what it shows: light, dark and as wide as a phone. */

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { newPage } from '../../test/support/chromium.ts';
import { smallPng } from './small-png.ts';
import type { World } from './world.ts';

export interface Camera {
  readonly page: Page;
  /** Takes pictures of the open page under this name. */
  readonly take: (name: string) => Promise<void>;
}

/** A way through the pages, with stops where pictures are taken. */
export interface Journey {
  readonly name: string;
  readonly go: (world: World, camera: Camera) => Promise<void>;
}

const LOOKS = [
  { look: 'light', colorScheme: 'light', width: 860 },
  { look: 'dark', colorScheme: 'dark', width: 860 },
  { look: 'phone', colorScheme: 'light', width: 390 },
] as const;

/** Opens a page of its own; pictures go to `folder`. */
export async function makeCamera(chromium: Browser, baseURL: string, folder: string): Promise<Camera> {
  const { page } = await newPage(chromium, { baseURL });
  return {
    page,
    async take(name) {
      for (const { look, colorScheme, width } of LOOKS) {
        await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
        await page.setViewportSize({ width, height: 640 });
        const path = join(folder, `${name}.${look}.png`);
        const picture = await page.screenshot({ fullPage: true, animations: 'disabled', caret: 'hide' });
        await writeFile(path, smallPng(picture));
      }
      await page.setViewportSize({ width: 1000, height: 800 });
    },
  };
}
