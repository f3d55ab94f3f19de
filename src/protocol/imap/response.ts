/**
 * Reads the lines of an IMAP server as far as a login needs them: greeting, tagged and untagged responses, codes.
 * RFC 9051 §7. Literals in responses before login (some ID replies) are not understood and read as unknown lines.
 */

export type Response =
  | { readonly kind: 'tagged'; readonly tag: string; readonly status: Status }
  /** `* OK`, `* BYE` and the like; also the greeting. */
  | { readonly kind: 'condition'; readonly status: Status }
  /** `* CAPABILITY …`, names as they came: some clients know only `IMAP4rev1`, not `IMAP4REV1`. */
  | { readonly kind: 'capability'; readonly names: readonly string[] }
  /** `+ …`: the server waits for more of the command. */
  | { readonly kind: 'continue' }
  | { readonly kind: 'other' };

export interface Status {
  /** OK, NO, BAD, BYE or PREAUTH. */
  readonly word: string;
  /** The response code's name in upper case, '' when there is none. */
  readonly code: string;
  /** What follows the name inside the brackets. */
  readonly codeArguments: string;
  /** The human text behind it. */
  readonly text: string;
  /** All of it as it came, from the word on. */
  readonly line: string;
}

// Printable ASCII without "]": the names are repeated to clients inside a response code.
const CAPABILITY_NAME = /^[!-\\^-~]+$/;

/** One line without CRLF, one character per byte. */
export function parseResponse(line: string): Response {
  if (line.startsWith('+')) return { kind: 'continue' };
  const capability = /^\* CAPABILITY (.*)$/i.exec(line)?.[1];
  if (capability !== undefined) return { kind: 'capability', names: capabilityNames(capability) };
  const [, tag, rest] = /^(\S+) ((?:OK|NO|BAD|BYE|PREAUTH)(?: .*)?)$/i.exec(line) ?? [];
  if (tag === undefined || rest === undefined) return { kind: 'other' };
  const status = parseStatus(rest);
  return tag === '*' ? { kind: 'condition', status } : { kind: 'tagged', tag, status };
}

/** The capabilities that a status carries in its code, or undefined when it carries none. */
export function capabilitiesIn(status: Status): readonly string[] | undefined {
  return status.code === 'CAPABILITY' ? capabilityNames(status.codeArguments) : undefined;
}

/** Whether a capability (in upper case) is in a list. RFC 9051 §9: names are compared without case. */
export function offers(capabilities: readonly string[], name: string): boolean {
  return capabilities.some((offered) => offered.toUpperCase() === name);
}

function parseStatus(line: string): Status {
  const [, word = '', code = '', codeArguments = '', text = ''] =
    /^(\w+) ?(?:\[([^\] ]+) ?([^\]]*)\] ?)?(.*)$/.exec(line) ?? [];
  return { word: word.toUpperCase(), code: code.toUpperCase(), codeArguments, text, line };
}

function capabilityNames(list: string): readonly string[] {
  return list.split(' ').filter((name) => CAPABILITY_NAME.test(name));
}
