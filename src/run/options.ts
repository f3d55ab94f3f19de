/** What `serve` and its workers are started with. */

import { loadSettings } from '#config/load.ts';

export interface ServeOptions {
  readonly configFile: string;
  /** Run this part alone. */
  readonly only?: 'service' | undefined;
}

export function load(file: string): ReturnType<typeof loadSettings> {
  return loadSettings({ file, environment: process.env, now: Date.now() });
}
