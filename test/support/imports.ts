/** What the files of src import, read from their text: values, types alone, and imports made later. */

import { readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';

const SRC = join(import.meta.dirname, '../../src');

/** Of each file, named from src: the specifiers in it. */
export function importsOfSrc(): ReadonlyMap<string, readonly string[]> {
  const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
  return new Map(files.map((file) => [file, specifiers(readFileSync(join(SRC, file), 'utf8'))]));
}

/** The specifiers of static imports and exports, of types or values, and of `import('…')`. */
export function specifiers(text: string): readonly string[] {
  const found = text.matchAll(
    /^(?:import|export)\b[^;'"]*?\bfrom ['"]([^'"]+)['"]|^import ['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]/gm,
  );
  return [...found].map(([, from, bare, later]) => from ?? bare ?? later ?? '');
}

/** The file of src that a specifier means in this file, both named from src; undefined for what is not ours. */
export function target(file: string, specifier: string): string | undefined {
  if (specifier.startsWith('#')) return specifier.slice(1);
  return specifier.startsWith('.') ? posix.join(posix.dirname(file), specifier) : undefined;
}

/** Files that import one another in a circle; the first circle found, empty where there is none. */
export function circle(graph: ReadonlyMap<string, readonly string[]>): readonly string[] {
  const done = new Set<string>();
  const path: string[] = [];
  const visit = (file: string): readonly string[] => {
    if (path.includes(file)) return [...path.slice(path.indexOf(file)), file];
    if (done.has(file)) return [];
    path.push(file);
    for (const next of graph.get(file) ?? []) {
      const found = visit(next);
      if (found.length > 0) return found;
    }
    path.pop();
    done.add(file);
    return [];
  };
  for (const file of graph.keys()) {
    const found = visit(file);
    if (found.length > 0) return found;
  }
  return [];
}
