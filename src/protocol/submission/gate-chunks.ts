/** Whether the server would take a chunk (RFC 3030), as far as its replies have said so. */

import { keywordsOf } from './keywords.ts';
import type { Reply } from './reply.ts';
import type { Verb } from './gate-commands.ts';

/** What a reply of the server answers. */
export type Asked = Exclude<Verb, 'BDAT'> | 'content' | 'chunk' | 'last-chunk';

export class ChunkPermit {
  /** The last EHLO of this session listed CHUNKING. */
  listed: boolean;
  /** The server has accepted a sender and a recipient, and no chunk since has failed. */
  deliverable = false;

  /** `capabilities` are what the server listed when the login was made. */
  constructor(capabilities: readonly string[]) {
    this.listed = listsChunking(capabilities);
  }

  /** Takes a reply of the server into account. */
  learn(asked: Asked, reply: Reply): void {
    const granted = reply.code.startsWith('2');
    if (asked === 'EHLO' || asked === 'HELO')
      this.listed = asked === 'EHLO' && granted && listsChunking(keywordsOf(reply));
    if (asked === 'RCPT') this.deliverable ||= granted;
    else if (asked === 'chunk') this.deliverable &&= granted;
    else if (ENDS_TRANSACTION.has(asked)) this.deliverable = false;
  }
}

const ENDS_TRANSACTION: ReadonlySet<Asked> = new Set(['EHLO', 'HELO', 'MAIL', 'RSET', 'content', 'last-chunk']);

function listsChunking(keywords: readonly string[]): boolean {
  return keywords.some((line) => /^CHUNKING *$/i.test(line));
}
