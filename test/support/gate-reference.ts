/**
 * A reader of what a gate has passed to a server: as strict as the standard and as careless as servers are. Written
 * without a look at the gate: it goes over all octets at once and knows which replies the server has given.
 */

import assert from 'node:assert/strict';

const ALLOWED = /^(?:EHLO|HELO|MAIL|RCPT|DATA|BDAT|RSET|NOOP|VRFY|EXPN|HELP|QUIT)(?: .*)?$/i;

/** A server that reads what it is sent and answers by what it draws from `choices`. */
export class ReferenceServer {
  readonly contents: string[] = [];
  readonly #choices: () => boolean;
  #received = '';
  #content = false;
  #chunk = 0;

  constructor(choices: () => boolean) {
    this.#choices = choices;
  }

  /** Takes octets; returns what it answers. Throws when it was sent a command that nobody may send behind a login. */
  receive(text: string): string {
    this.#received += text;
    let replies = '';
    for (let reply = this.#step(); reply !== undefined; reply = this.#step()) replies += reply;
    return replies;
  }

  // Undefined: it waits for more.
  #step(): string | undefined {
    if (this.#chunk > 0) return this.#onChunk();
    if (this.#content) return this.#onContent();
    const end = this.#received.indexOf('\n');
    if (end < 0) return undefined;
    const line = this.#received.slice(0, end + 1);
    this.#received = this.#received.slice(end + 1);
    return this.#onCommand(line);
  }

  #onCommand(line: string): string {
    assert.ok(line.endsWith('\r\n') && line.length <= 2048, `no whole line: ${JSON.stringify(line)}`);
    const command = line.slice(0, -2);
    assert.ok(
      ALLOWED.test(command) && !/\p{Cc}/u.test(command.replace(/[\x80-\x9f]/g, '')),
      `not to be passed: ${JSON.stringify(command)}`,
    );
    const octets = /^BDAT (\d+)/i.exec(command)?.[1];
    if (octets !== undefined && Number(octets) > 0) {
      this.#chunk = Number(octets);
      return '';
    }
    return this.#answer(command.slice(0, 4).toUpperCase(), command.length);
  }

  #answer(verb: string, length: number): string {
    const granted = this.#choices();
    if (verb === 'DATA') this.#content = granted && length === 'DATA'.length;
    if (verb === 'DATA') return this.#content ? '354 go on\r\n' : '503 no\r\n';
    if (verb === 'EHLO' && granted) return '250-x\r\n250-STARTTLS\r\n250 CHUNKING\r\n';
    if (verb === 'QUIT') return granted ? '221 bye\r\n' : '501 no\r\n';
    return granted ? '250 ok\r\n' : '550-no\r\n550 no\r\n';
  }

  #onChunk(): string | undefined {
    const taken = this.#received.slice(0, this.#chunk);
    this.#chunk -= taken.length;
    this.#received = this.#received.slice(taken.length);
    if (this.#chunk > 0) return undefined;
    return this.#choices() ? '250 ok\r\n' : '452 full\r\n';
  }

  // An end that any server may see must be one for all.
  #onContent(): string | undefined {
    const seen = /(?:^|[\r\n])\.[\r\n\0]/.exec(this.#received);
    if (seen === null) return undefined;
    const end = /^\.\r\n|\r\n\.\r\n/.exec(this.#received);
    // The octet behind a lone CR, or a lone LF, is still to come or never will.
    if (end === null || end.index > seen.index) {
      assert.match(this.#received, /(?:^|\r\n)\.\r$/, 'an end for some servers has passed');
      return undefined;
    }
    const behind = end.index + end[0].length;
    this.contents.push(this.#received.slice(0, behind));
    this.#received = this.#received.slice(behind);
    this.#content = false;
    return this.#choices() ? '250 queued\r\n' : '554 no\r\n';
  }
}
