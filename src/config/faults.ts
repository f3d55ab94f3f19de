/** What is wrong with a configuration, and where: collected, never thrown one by one. */

import { formatPath, type SettingPath } from './tree.ts';

/** One fault. The message continues the sentence "this setting …" and says what to do. */
export interface ConfigFault {
  /** Empty for what concerns the file as a whole. */
  readonly path: SettingPath;
  readonly message: string;
  /** Where it is, for a fault that concerns no setting. */
  readonly place?: Place | undefined;
}

/** Counted from 1. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** Where a setting was written: in the file, or in a variable of the environment. */
export type Place = Position | { readonly variable: string };

/** One line for each fault: `postern.yaml:12:5: listeners[0].port: must be …`, in the order of the file. */
export function formatFaults(
  file: string,
  faults: readonly ConfigFault[],
  locate: (path: SettingPath) => Place,
): readonly string[] {
  const placed = faults.map((fault) => ({ fault, place: fault.place ?? locate(fault.path) }));
  return placed
    .toSorted((a, b) => order(a.place) - order(b.place))
    .map(({ fault, place }) => {
      const where =
        'variable' in place ? `environment variable ${place.variable}` : `${file}:${place.line}:${place.column}`;
      return [where, formatPath(fault.path), fault.message].filter((part) => part !== '').join(': ');
    });
}

// No line of a configuration has a million columns.
function order(place: Place): number {
  return 'variable' in place ? Infinity : place.line * 1_000_000 + place.column;
}
