/** Cuts text from the other end of a wire down to what may be logged or repeated to somebody else. */

const MAX_CHARACTERS = 200;

/** ASCII without controls, at most 200 characters unless told otherwise: everything else becomes `?`. */
export function printable(text: string, maxCharacters = MAX_CHARACTERS): string {
  return text.slice(0, maxCharacters).replace(/[^\x20-\x7e]/g, '?');
}
