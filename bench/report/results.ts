/** All that was measured in one run. */

import type { SideName } from '../sides/side.ts';
import type { Outcome, Reading, Work } from '../works/work.ts';

/** One figure of one work, of all sides. */
export interface Row extends Omit<Reading, 'value'> {
  readonly group: string;
  readonly work: string;
  /** One value for each round. */
  readonly values: Map<SideName, number[]>;
}

export class Results {
  readonly rows: Row[] = [];
  /** What each side is that took part. */
  readonly abouts = new Map<SideName, string>();
  /** Failures of a side in a work, over all rounds. */
  readonly errors = new Map<string, Map<SideName, number>>();
  loadCpuSeconds = 0;

  /** Adds what one side did in one round. */
  add({ group, name: work }: Work, side: SideName, { readings, errors, loadCpuSeconds }: Outcome): void {
    this.loadCpuSeconds += loadCpuSeconds;
    const ofWork = this.errors.get(work) ?? new Map<SideName, number>();
    this.errors.set(work, ofWork.set(side, (ofWork.get(side) ?? 0) + errors));
    for (const { figure, unit, value, wallClock } of readings) {
      const row = this.#row({ group, work, figure, unit, wallClock });
      row.values.set(side, [...(row.values.get(side) ?? []), value]);
    }
  }

  #row(wanted: Omit<Row, 'values'>): Row {
    const known = this.rows.find(({ work, figure }) => work === wanted.work && figure === wanted.figure);
    if (known !== undefined) return known;
    const row = { ...wanted, values: new Map<SideName, number[]>() };
    this.rows.push(row);
    return row;
  }
}
