/** A one-time code as people type or paste it, as the characters that it is compared by. Holds no code. */

/** Digits of any script, in their Unicode ranges, which begin with a zero and are multiples of ten long. */
const DIGIT = /\p{Nd}/u;
const LONGEST_RANGE = 60;

/**
 * The code without what stands between its characters (spaces, hyphens, marks of the direction of writing), with
 * full-width characters and digits of other scripts as those of ASCII.
 */
export function typedCode(typed: string): string {
  const bare = typed.normalize('NFKC').replaceAll(/[\s\p{Pd}\p{Cf}]/gu, '');
  return bare.replaceAll(/(?![0-9])\p{Nd}/gu, (digit) => String(valueOf(digit)));
}

function valueOf(digit: string): number {
  const codePoint = digit.codePointAt(0) ?? 0;
  let first = codePoint;
  while (codePoint - first < LONGEST_RANGE && DIGIT.test(String.fromCodePoint(first - 1))) first -= 1;
  return (codePoint - first) % 10;
}
