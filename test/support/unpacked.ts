/** Real servers that cannot be installed beside the others: their packages lie unpacked, see scripts/packages.mjs. */

import { existsSync } from 'node:fs';
import { join } from 'node:path';

const FOLDER = join(import.meta.dirname, '../../node_modules/.cache/debian');

/** Where a file of an unpacked package lies; `path` is the one that it would have when installed. */
export function unpackedFile(name: string, path: string): string {
  const file = join(FOLDER, name, path);
  if (existsSync(file)) return file;
  throw new Error(`${file} is missing: npm test unpacks it before the first test`);
}
