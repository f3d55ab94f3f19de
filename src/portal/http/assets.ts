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
const FILES = ['style.css', 'script.js', 'icon.svg'] as const;
type AssetFile = (typeof FILES)[number];

let embedded: Readonly<Partial<Record<string, string>>> | undefined;

/** Serves these contents, by file name, instead of the files. Throws when one is missing. For the single executable. */
export function embedAssets(contents: Readonly<Partial<Record<string, string>>>): void {
  const missing = FILES.filter((file) => contents[file] === undefined);
  if (missing.length > 0) throw new Error(`the executable is without ${missing.join(', ')}`);
  embedded = contents;
}

/** Reads all of them. Throws when one is missing. */
export function loadAssets(): Assets {
  return {
    style: load('style.css', 'text/css; charset=utf-8'),
    script: load('script.js', 'text/javascript; charset=utf-8'),
    icon: load('icon.svg', 'image/svg+xml'),
  };
}

function load(file: AssetFile, type: string): Asset {
  const text = embedded?.[file];
  const body = text === undefined ? readFileSync(join(FOLDER, file)) : Buffer.from(text);
  const digest = createHash('sha256').update(body).digest('hex').slice(0, 16);
  const [name, ending] = file.split('.');
  return { path: `/assets/${name}.${digest}.${ending}`, type, body };
}
