/**
 * The log: one JSON line per event, from a closed list of events and fields. It has no field that could carry a secret,
 * a SASL line or an ID argument, and it does not decide who reads it: it writes to standard output.
 */

import { pino } from 'pino';
import { logValues, type LogFields, type LogValues } from './log-fields.ts';
import { logOutput } from './log-output.ts';

/** Everything that is ever logged: past tense, dotted, each name used for one thing. */
export type LogEvent =
  // The processes
  | 'gateway.started'
  | 'gateway.reloaded'
  | 'gateway.reload-refused'
  | 'gateway.draining'
  | 'gateway.stopped'
  | 'worker.started'
  | 'worker.start-failed'
  | 'worker.ended'
  | 'config.remark'
  // Listeners and sessions
  | 'listener.opened'
  | 'listener.failed'
  | 'session.opened'
  | 'session.abandoned'
  | 'session.closed'
  | 'session.rejected'
  | 'session.cut-off'
  | 'session.command-refused'
  | 'dialogue.advanced'
  | 'session.traced'
  | 'proxy-header.refused'
  | 'tls.failed'
  // Logins
  | 'login.accepted'
  | 'login.refused'
  | 'login.throttled'
  | 'login.unavailable'
  | 'login.exposed'
  | 'login.will-be-cut-off'
  | 'login.forwarded'
  // Backends
  | 'backend.up'
  | 'backend.down'
  | 'backend.refused-impersonation'
  | 'backend.unusable'
  | 'backend.tls-failed'
  // The store and the keys
  | 'store.unavailable'
  | 'store.recovered'
  | 'store.remark'
  | 'changes.lost'
  | 'audit.written'
  | 'audit.failed'
  // The portal
  | 'portal.opened'
  | 'browser.signed-in'
  | 'browser.refused'
  | 'browser.request-refused'
  // The policy service
  | 'service.opened'
  | 'service.request-refused'
  // Mail
  | 'mail.sent'
  | 'mail.deferred'
  | 'mail.failed'
  // A bug or an outage nobody foresaw
  | 'fault';

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** Where every part of the gateway says what happened. `error` is for what an operator must act on. */
export interface Log {
  debug(event: LogEvent, fields?: LogFields): void;
  info(event: LogEvent, fields?: LogFields): void;
  warn(event: LogEvent, fields?: LogFields): void;
  error(event: LogEvent, fields?: LogFields): void;
  /** Whether lines at level debug are written, for those whose making would cost something. */
  readonly debugEnabled: boolean;
  /** A log whose every line also has these fields, e.g. the session id. No line may name one of them again. */
  child(fields: LogFields): Log;
}

/** The log of a process, whose level a reload may change for all its children at once. */
export interface ProcessLog extends Log {
  setLevel(level: LogLevel): void;
}

/** One line as it would be written. */
export interface LogEntry extends LogValues {
  readonly level: LogLevel;
  readonly event: LogEvent;
}

/** A log that keeps its lines, for tests. */
export interface MemoryLog extends Log {
  readonly entries: readonly LogEntry[];
}

/** Opens the log of this process at this level, on standard output unless `destination` says otherwise. */
export function openLog(level: LogLevel, destination: { write(line: string): void } = logOutput()): ProcessLog {
  const root = pino(
    {
      level: 'debug',
      base: null,
      messageKey: 'event',
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    destination,
  );
  return new PinoLog(root, { level });
}

/** A log that says nothing. */
export function silentLog(): Log {
  const log: Log = {
    debug: nothing,
    info: nothing,
    warn: nothing,
    error: nothing,
    debugEnabled: false,
    child: () => log,
  };
  return log;
}

/** A log that keeps what it is told, at all levels, cleaned as the real one cleans it. */
export function memoryLog(): MemoryLog {
  const entries: LogEntry[] = [];
  const keepingWith = (bound: LogValues): Log => {
    const withBound = (fields: LogFields | undefined): LogValues => {
      const own = logValues(fields);
      const twice = Object.keys(own).filter((name) => name in bound);
      if (twice.length > 0) throw new Error(`a line names ${twice.join(', ')} twice`);
      return { ...bound, ...own };
    };
    const keep = (level: LogLevel) => (event: LogEvent, fields?: LogFields) => {
      entries.push({ level, ...withBound(fields), event });
    };
    return {
      debug: keep('debug'),
      info: keep('info'),
      warn: keep('warn'),
      error: keep('error'),
      debugEnabled: true,
      child: (fields) => keepingWith(withBound(fields)),
    };
  };
  return { ...keepingWith({}), entries };
}

interface Threshold {
  level: LogLevel;
}

/** What we use of pino. It makes text of a child's fields once, for all of its lines. */
interface Writer extends Record<LogLevel, (fields: LogValues, event: LogEvent) => void> {
  child(fields: LogValues): Writer;
}

class PinoLog implements ProcessLog {
  readonly #writer: Writer;
  readonly #threshold: Threshold;

  constructor(writer: Writer, threshold: Threshold) {
    this.#writer = writer;
    this.#threshold = threshold;
  }

  setLevel(level: LogLevel): void {
    this.#threshold.level = level;
  }

  get debugEnabled(): boolean {
    return this.#threshold.level === 'debug';
  }

  debug(event: LogEvent, fields?: LogFields): void {
    this.#write('debug', event, fields);
  }

  info(event: LogEvent, fields?: LogFields): void {
    this.#write('info', event, fields);
  }

  warn(event: LogEvent, fields?: LogFields): void {
    this.#write('warn', event, fields);
  }

  error(event: LogEvent, fields?: LogFields): void {
    this.#write('error', event, fields);
  }

  child(fields: LogFields): Log {
    return new PinoLog(this.#writer.child(logValues(fields)), this.#threshold);
  }

  #write(level: LogLevel, event: LogEvent, fields: LogFields | undefined): void {
    if (LOG_LEVELS.indexOf(level) < LOG_LEVELS.indexOf(this.#threshold.level)) return;
    this.#writer[level](logValues(fields), event);
  }
}

function nothing(): void {}
