/** Reads the YAML of a configuration file and remembers where each setting stands. YAML 1.2. */

import { isMap, isScalar, isSeq, LineCounter, parseDocument, type Document, type YAMLError } from 'yaml';
import type { ConfigFault, Position } from './faults.ts';
import type { SettingPath } from './tree.ts';

export interface ConfigDocument {
  /** The settings as written; undefined when the file is not YAML. */
  readonly value: unknown;
  readonly faults: readonly ConfigFault[];
  /** Where a setting stands; for one that is missing, the section that it is missing from. */
  locate(path: SettingPath): Position;
}

/** Parses the text of a configuration file. Faults of YAML are returned, never thrown. */
export function readDocument(text: string): ConfigDocument {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, stringKeys: true });
  const positionAt = (offset: number): Position => {
    const { line, col } = lines.linePos(offset);
    return { line, column: col };
  };
  const faults = document.errors.map((error) => ({
    path: [],
    message: sentence(error),
    place: positionAt(error.pos[0]),
  }));
  const readable = document.errors.every(({ code }) => code === 'DUPLICATE_KEY');
  const value = readable ? plainValue(document) : { value: undefined, faults: [] };
  return {
    value: value.value,
    faults: [...faults, ...value.faults],
    locate: (path) => positionAt(offsetOf(document, path)),
  };
}

// Aliases can name themselves or multiply without end; yaml finds that out only here.
function plainValue(document: Document): { value: unknown; faults: readonly ConfigFault[] } {
  try {
    return { value: document.toJS(), faults: [] };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { value: undefined, faults: [{ path: [], message: `is not usable YAML: ${message}`, place: START }] };
  }
}

const START: Position = { line: 1, column: 1 };

function sentence(error: YAMLError): string {
  if (error.code === 'DUPLICATE_KEY') return 'this setting is given twice: keep one of them';
  if (error.code === 'TAB_AS_INDENT') return 'tabs cannot indent YAML: use spaces';
  return `this is not YAML: ${error.message}`;
}

function offsetOf(document: Document, path: SettingPath): number {
  let node: unknown = document.contents;
  let offset = startOf(node) ?? 0;
  for (const step of path) {
    if (isMap(node)) {
      const pair = node.items.find(({ key }) => isScalar(key) && key.value === step);
      if (pair === undefined) return offset;
      offset = startOf(pair.key) ?? offset;
      node = pair.value;
    } else if (isSeq(node) && typeof step === 'number') {
      node = node.items[step];
      offset = startOf(node) ?? offset;
    } else return offset;
  }
  return offset;
}

function startOf(node: unknown): number | undefined {
  return isScalar(node) || isMap(node) || isSeq(node) ? node.range?.[0] : undefined;
}
