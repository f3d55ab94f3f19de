/** The style sheet and the script, read once and served under names that change with their content. */

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Asset {
  /** Its path, with a digest of its content in it: whoever has it need never ask again. */
  readonly path: `/${string}`;
  readonly type: string;
  readonly body: Buffer;
}

export interface Assets {
  readonly style: Asset;
  readonly script: Asset;
  readonly icon: Asset;
}

const FOLDER = join(import.meta.dirname, 'assets');

export function loadAssets(): Assets {
  return {
    style: load('style', 'css', 'text/css; charset=utf-8'),
    script: load('script', 'js', 'text/javascript; charset=utf-8'),
    icon: load('icon', 'svg', 'image/svg+xml'),
  };
}

function load(name: string, ending: string, type: string): Asset {
  const body = readFileSync(join(FOLDER, `${name}.${ending}`));
  const digest = createHash('sha256').update(body).digest('hex').slice(0, 16);
  return { path: `/assets/${name}.${digest}.${ending}`, type, body };
}
