/**
 * One line of CSV (RFC 4180) as cells. A line break within quotes is refused: no value of an import holds one, and with
 * it every fault would lose the number of its line.
 */

const CELL = /\s*(?:"((?:[^"]|"")*)"\s*|([^",]*))(,|$)/y;

/** The cells of a line, trimmed outside quotes; undefined when its quotes do not pair up. */
export function csvCells(text: string): readonly string[] | undefined {
  const cells: string[] = [];
  CELL.lastIndex = 0;
  for (;;) {
    const found = CELL.exec(text);
    if (found === null) return undefined;
    const [, quoted, plain = '', end] = found;
    cells.push(quoted === undefined ? plain.trim() : quoted.replaceAll('""', '"'));
    if (end === '') return cells;
  }
}
