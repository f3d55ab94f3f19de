/**
 * What a log line may hold, and how each value is made fit to be read: names that look like app passwords are hidden,
 * control characters shown, long texts cut. It does not write.
 */

import { looksLikeAppPassword } from '#core/app-password-shape.ts';
import { Fault } from '#core/fault.ts';
import type { Protocol } from '#core/protocols.ts';

/**
 * The closed list of fields. There is none for a password, a token, a SASL line or the arguments of IMAP ID, and the
 * type `Secret` fits in none of these.
 */
export interface LogFields {
  /** Quoted to the client in refusals, so that a user can say it and an operator can find it. */
  readonly session?: string | undefined;
  readonly gateway?: string | undefined;
  /** The worker's number. */
  readonly worker?: number | undefined;
  readonly pid?: number | undefined;
  readonly listener?: string | undefined;
  readonly protocol?: Protocol | undefined;

  /** An account, or what a client claimed to be; shown through safeUser(). */
  readonly user?: string | undefined;
  readonly domain?: string | undefined;
  /** Who made a change, what it is, and more of it: as the audit holds it. */
  readonly actor?: string | undefined;
  readonly action?: string | undefined;
  readonly details?: readonly string[] | undefined;
  /** The client's address, after any PROXY header. */
  readonly address?: string | undefined;
  readonly port?: number | undefined;
  /** The peer that sent a PROXY header. */
  readonly proxy?: string | undefined;
  readonly sni?: string | undefined;
  readonly tls?: string | undefined;
  readonly mechanism?: string | undefined;

  /** What a dialogue was told, without anything that a client sent; its state after it, and the codes of our replies. */
  readonly input?: string | undefined;
  readonly state?: string | undefined;
  readonly replies?: readonly string[] | undefined;

  /** What opened a session, e.g. `app-password`. */
  readonly opener?: string | undefined;
  /** The id of an app password, which is no secret. */
  readonly appPassword?: string | undefined;
  /** Why it was refused, closed or failed: one of our own words, e.g. a DenyReason. */
  readonly reason?: string | undefined;
  readonly retryAfterSeconds?: number | undefined;
  /** When a client will stop working: ISO 8601. */
  readonly cutOffAt?: string | undefined;

  readonly backend?: string | undefined;
  readonly host?: string | undefined;
  /** What a backend said. */
  readonly text?: string | undefined;
  readonly capabilities?: readonly string[] | undefined;

  readonly bytesIn?: number | undefined;
  readonly bytesOut?: number | undefined;
  readonly durationMs?: number | undefined;
  readonly count?: number | undefined;
  readonly signal?: string | undefined;
  readonly exitCode?: number | undefined;
  readonly version?: string | undefined;
  readonly runtime?: string | undefined;
  readonly file?: string | undefined;
  readonly setting?: string | undefined;
  readonly remark?: string | undefined;

  /** Whatever was thrown. Its code, message, fields and causes are logged; its stack only when it is no Fault. */
  readonly error?: unknown;
}

type LogValue = string | number | readonly string[];
/** Fields as they are written. */
export type LogValues = Readonly<Record<string, LogValue>>;

/** Most texts are this, and told faster than what they may not hold. */
const PRINTABLE_ASCII = /^[ -~]*$/;
const MAX_TEXT = 500;
const MAX_STACK = 4000;
const MAX_LIST = 100;
const MAX_CAUSES = 4;
const HIDDEN_USER = '[looks like an app password]';

/** The fields of a line, cleaned; what is undefined is left out. */
export function logValues(fields: LogFields = {}): LogValues {
  const values: Record<string, LogValue> = {};
  for (const [name, value] of Object.entries(fields)) {
    if (value === undefined) continue;
    if (name === 'user') values[name] = safeUser(String(value));
    else if (name === 'error') Object.assign(values, errorValues(value));
    else values[name] = safeValue(value);
  }
  return values;
}

/**
 * A user name fit for a log. People paste their app password into the wrong field, and a default domain may have been
 * added to it since: a name, or a local part, of that shape is hidden.
 */
export function safeUser(name: string): string {
  const at = name.lastIndexOf('@');
  const local = at < 0 ? name : name.slice(0, at);
  if (looksLikeAppPassword(local)) return HIDDEN_USER + safeText(at < 0 ? '' : name.slice(at));
  if (looksLikeAppPassword(name)) return HIDDEN_USER;
  return safeText(name);
}

/** A text with its control and invisible characters shown as `\u{1b}`, cut at `limit` characters. */
export function safeText(text: string, limit: number = MAX_TEXT): string {
  const cut = text.length > limit ? `${text.slice(0, limit)}…` : text;
  if (PRINTABLE_ASCII.test(cut)) return cut;
  return cut.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, (char) => `\\u{${(char.codePointAt(0) ?? 0).toString(16)}}`);
}

function safeValue(value: unknown): LogValue {
  if (typeof value === 'number') return value;
  if (Array.isArray(value)) return value.slice(0, MAX_LIST).map((item) => safeText(String(item)));
  return safeText(String(value));
}

function errorValues(error: unknown): LogValues {
  if (error instanceof Fault) {
    return { ...logValues(error.fields), code: error.code, error: safeText(error.message), ...causeValues(error) };
  }
  if (!(error instanceof Error)) return { error: safeText(String(error)) };
  const stack = error.stack === undefined ? {} : { stack: safeStack(error.stack) };
  return { error: safeText(`${error.name}: ${error.message}`), ...stack, ...causeValues(error) };
}

function causeValues(error: Error): LogValues {
  const causes: string[] = [];
  for (let cause = error.cause; cause instanceof Error && causes.length < MAX_CAUSES; cause = cause.cause) {
    causes.push(safeText(`${cause.name}: ${cause.message}`));
  }
  return causes.length === 0 ? {} : { causes };
}

// A stack keeps its lines apart, so that it can be read: JSON escapes the line ends.
function safeStack(stack: string): string {
  return stack
    .slice(0, MAX_STACK)
    .split('\n')
    .map((line) => safeText(line))
    .join('\n');
}
