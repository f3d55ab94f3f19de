/** Finds the word that was probably meant. */

/** The nearest of the known words, or undefined when none is near enough to be offered. */
export function nearestWord(typed: string, known: readonly string[]): string | undefined {
  const wanted = plain(typed);
  const measured = known.map((word) => ({ word, distance: editDistance(wanted, plain(word)) }));
  const [best] = measured.toSorted((a, b) => a.distance - b.distance);
  if (best === undefined) return undefined;
  // One slip for each three letters, so that short words do not match everything.
  return best.distance <= Math.max(1, Math.floor(wanted.length / 3)) ? best.word : undefined;
}

// certFile and cert_file differ in nothing that a person would call a letter.
function plain(word: string): string {
  return word.toLowerCase().replace(/[_-]/g, '');
}

/** How many letters must be added, dropped, changed or swapped with a neighbour to make `b` of `a`. */
function editDistance(a: string, b: string): number {
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, index) => index)];
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const changed = at(rows, i - 1, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const swapped = a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] ? at(rows, i - 2, j - 2) + 1 : Infinity;
      row.push(Math.min(at(rows, i - 1, j) + 1, (row[j - 1] ?? Infinity) + 1, changed, swapped));
    }
    rows.push(row);
  }
  return at(rows, a.length, b.length);
}

function at(rows: readonly (readonly number[])[], row: number, column: number): number {
  return rows[row]?.[column] ?? Infinity;
}
