/**
 * Slow readers to compare the boundary trackers with: they keep everything, read one character at a time and begin
 * anew for every answer. They say what the trackers must say, not how.
 */

import type { Passing, Standing } from './command-tracker.ts';

type Reader = (character: string) => void;

/** What a reader needs to know of one direction: whole lines, and characters that are none. */
interface Lines {
  readonly read: Reader;
  readonly atStart: () => boolean;
  skip(count: number): void;
}

function lines(onLine: (line: string) => number): Lines {
  let line = '';
  let skipped = 0;
  return {
    read: (character) => {
      if (skipped > 0) skipped -= 1;
      else if (character === '\n') {
        const whole = line;
        line = '';
        skipped = onLine(whole);
      } else line += character;
    },
    atStart: () => line === '' && skipped === 0,
    skip: (count) => (skipped = count),
  };
}

function replay(passed: readonly Passing[], client: Reader, backend: Reader): void {
  for (const { from, text } of passed) for (const character of text) (from === 'client' ? client : backend)(character);
}

function bare(line: string): string {
  return line.endsWith('\r') ? line.slice(0, -1) : line;
}

function verdict(lost: boolean, sayable: boolean, busy: boolean): Standing {
  if (lost) return 'lost';
  if (sayable) return busy ? 'busy' : 'rest';
  return 'within';
}

export function imapReference(passed: readonly Passing[]): Standing {
  let lost = false;
  let inResponse = false;
  let inCommand = false;
  let tag = '';
  let wait: 'nothing' | 'literal' | 'layer' = 'nothing';
  let promised = 0;
  let open = 0;
  let idling = false;
  const lose = (): number => {
    lost = true;
    return 0;
  };
  const onContinuation = (): number => {
    if (wait !== 'literal') return 0;
    wait = 'nothing';
    inCommand = true;
    client.skip(promised);
    return 0;
  };
  const onTagged = (line: string): number => {
    const [first = '', word = ''] = line.split(' ');
    if (first === '' || first.length > 64 || !/^(OK|NO|BAD)$/i.test(word)) return lose();
    open = Math.max(0, open - 1);
    if (wait === 'nothing' || first !== tag) return 0;
    if (wait === 'layer' && /^OK$/i.test(word)) return lose();
    wait = 'nothing';
    return 0;
  };
  const onData = (line: string): number => {
    const literal = /\{(\d+)\}$/.exec(line)?.[1];
    if (/\{\d+[+-]\}$/.test(line)) return lose();
    inResponse = literal !== undefined;
    return Number(literal ?? 0);
  };
  const backend = lines((raw) => {
    const line = bare(raw);
    if (!raw.endsWith('\r')) return lose();
    const status = /^\* (OK|NO|BAD|BYE|PREAUTH)( |$)/i.test(line);
    if (inResponse || (line.startsWith('* ') && !status)) return onData(line);
    if (/\{\d+[+-]?\}$/.test(line) || /^\* BYE/i.test(line)) return lose();
    if (status) return 0;
    return line === '+' || line.startsWith('+ ') ? onContinuation() : onTagged(line);
  });
  /** Returns whether it asks for another layer; undefined for what is no command. */
  const begin = (line: string): boolean | undefined => {
    idling = false;
    if (line === '' || line.toUpperCase() === 'DONE') return undefined;
    const [, first = '', name = ''] = /^([^ ]+) +([A-Za-z0-9-]+)( .*)?$/s.exec(line) ?? [];
    if (first === '' || first.length > 64 || name.length > 32) {
      lose();
      return undefined;
    }
    tag = first;
    open += 1;
    idling = /^idle$/i.test(name);
    return /^(compress|starttls)$/i.test(name);
  };
  const client = lines((raw) => {
    const line = bare(raw);
    const [, size, sign] = /\{(\d+)([+-]?)\}$/.exec(line) ?? [];
    const layer = inCommand ? false : begin(line);
    inCommand = false;
    if (layer === undefined) return 0;
    if (layer) wait = 'layer';
    if (layer || size === undefined) return layer && size !== undefined ? lose() : 0;
    if (sign === '') {
      wait = 'literal';
      promised = Number(size);
      return 0;
    }
    inCommand = true;
    return Number(size);
  });
  const fromClient: Reader = (character) => {
    if (lost) return;
    if (wait === 'nothing') client.read(character);
    else lose();
  };
  replay(passed, fromClient, (character) => {
    if (!lost) backend.read(character);
  });
  const sayable = !inResponse && backend.atStart();
  const busy = !sayable || inCommand || wait !== 'nothing' || !client.atStart() || open > (idling ? 1 : 0);
  return verdict(lost, sayable, busy);
}

export function submissionReference(passed: readonly Passing[]): Standing {
  let lost = false;
  let half: string | undefined;
  let open = 0;
  let content: string | undefined;
  const lose = (): number => {
    lost = true;
    return 0;
  };
  const onReply = (code: string): number => {
    if (code.startsWith('3') || code === '221' || code === '421') return lose();
    if (content !== undefined && !content.endsWith('\r\n.\r\n')) return lose();
    content = undefined;
    open -= 1;
    return open < 0 ? lose() : 0;
  };
  const onWanted = (): number => {
    if (content !== undefined || open !== 1 || !client.atStart()) return lose();
    content = '\r\n';
    return 0;
  };
  const backend = lines((raw) => {
    const [, code, mark] = /^([2-5]\d\d)([ -].*)?$/s.exec(bare(raw)) ?? [];
    if (code === undefined || !raw.endsWith('\r') || (half !== undefined && half !== code)) return lose();
    half = mark?.startsWith('-') === true ? code : undefined;
    if (half !== undefined) return 0;
    return code === '354' ? onWanted() : onReply(code);
  });
  const client = lines((raw) => {
    const [verb = '', size = ''] = bare(raw)
      .replace(/^[ \t]+/, '')
      .split(/[ \t]+/);
    if (/^starttls$/i.test(verb)) return lose();
    open += 1;
    if (!/^bdat$/i.test(verb)) return 0;
    return /^\d+$/.test(size) ? Number(size) : lose();
  });
  const fromClient: Reader = (character) => {
    if (lost) return;
    if (content === undefined) client.read(character);
    else content += character;
  };
  replay(passed, fromClient, (character) => {
    if (!lost) backend.read(character);
  });
  const rest = half === undefined && backend.atStart() && client.atStart() && open === 0;
  return verdict(lost, rest, !rest);
}

export function sieveReference(passed: readonly Passing[]): Standing {
  let lost = false;
  let part: 'first' | 'further' | 'in data' | 'in last' = 'first';
  let inCommand = false;
  let open = 0;
  const lose = (): number => {
    lost = true;
    return 0;
  };
  const onAnswered = (): void => {
    part = 'first';
    open -= 1;
    if (open < 0) lose();
  };
  /** Whether a line belongs to the OK or NO. */
  const isLast = (line: string): boolean => {
    if (part === 'in data' || part === 'in last') return part === 'in last';
    if (/^(OK|NO)( |$)/i.test(line)) return true;
    if (!/^["{]/.test(line)) lose();
    return false;
  };
  const backend = lines((raw) => {
    const line = bare(raw);
    const last = isLast(line);
    const literal = /\{(\d+)\+?\}$/.exec(line)?.[1];
    if (lost || !raw.endsWith('\r') || (line.endsWith('}') && literal === undefined)) return lose();
    if (literal !== undefined) part = last ? 'in last' : 'in data';
    else if (last) onAnswered();
    else part = 'further';
    return Number(literal ?? 0);
  });
  const client = lines((raw) => {
    const line = bare(raw);
    const literal = /\{(\d+)\+\}$/.exec(line)?.[1];
    if (line.endsWith('}') && literal === undefined) return lose();
    if (!inCommand) {
      const name = /^([A-Za-z]{1,32})( |$)/.exec(line)?.[1]?.toUpperCase() ?? '';
      if (['', 'LOGOUT', 'STARTTLS', 'AUTHENTICATE', 'UNAUTHENTICATE'].includes(name)) return lose();
      open += 1;
    }
    inCommand = literal !== undefined;
    return Number(literal ?? 0);
  });
  replay(
    passed,
    (character) => {
      if (!lost) client.read(character);
    },
    (character) => {
      if (!lost) backend.read(character);
    },
  );
  const rest = part === 'first' && backend.atStart() && client.atStart() && !inCommand && open === 0;
  return verdict(lost, rest, !rest);
}
