/**
 * The part of wildduck that the demo stands on, which comes without types: imap-core, the POP3 server and the MIME
 * parser. What is declared here was read from its source; nothing more of it is used.
 */

type WildduckCallback<T> = (error: Error | null, result?: T) => void;
/** `true`, or an IMAP response code such as `NONEXISTENT` for a tagged NO. */
type ImapResult = true | string;

declare module 'wildduck/imap-core/index.js' {
  import type { EventEmitter } from 'node:events';
  import type { Server } from 'node:net';
  import type { Readable } from 'node:stream';

  export interface ImapUser {
    readonly id: string;
    readonly username: string;
  }

  /** An untagged response before it is written. */
  export type ImapResponse = Readonly<Record<string, unknown>> | false;

  export interface ImapWriter {
    write(response: ImapResponse | Readable, done?: () => void): boolean;
  }

  export interface ImapQueryItem {
    readonly item: string;
    /** `content`, `header`, `text` … of `BODY[…]`. */
    readonly type?: string;
    /** The MIME part's number; '' for the whole message. */
    readonly path?: string;
    readonly partial?: { readonly startFrom: number; readonly maxLength: number };
  }

  export interface ImapMessage {
    readonly uid: number;
    readonly modseq: number;
    readonly flags: readonly string[];
    readonly idate: Date;
    readonly size: number;
    readonly raw?: Buffer;
    readonly mimeTree?: unknown;
  }

  export interface ImapSession {
    readonly id: string;
    readonly user: ImapUser;
    readonly selected: false | { readonly condstoreEnabled: boolean };
    readonly writeStream: ImapWriter;
    formatResponse(command: string, uid: number, data?: Readonly<Record<string, unknown>>): ImapResponse;
    getQueryResponse(
      query: readonly ImapQueryItem[],
      message: ImapMessage,
      options: { readonly acceptUTF8Enabled: boolean },
    ): unknown[];
    matchSearchQuery(message: ImapMessage, query: unknown, done: WildduckCallback<boolean>): void;
    isUTF8Enabled(): boolean;
  }

  export interface ImapNotifier {
    addListener(session: ImapSession, handler: (message?: unknown) => void): void;
    removeListener(session: ImapSession, handler: (message?: unknown) => void): void;
    getUpdates(mailbox: number, modifyIndex: number, done: WildduckCallback<unknown[]>): void;
  }

  export interface ImapCopied {
    readonly uidValidity: number;
    readonly sourceUid: readonly number[];
    readonly destinationUid: readonly number[];
  }

  export interface ImapHandlers {
    onAuth(
      login: { readonly username: string; readonly password: string; readonly connection: { writeStream: ImapWriter } },
      session: ImapSession,
      done: WildduckCallback<{ readonly user: ImapUser }>,
    ): void;
    onList(query: string, session: ImapSession, done: WildduckCallback<readonly object[]>): void;
    onLsub(query: string, session: ImapSession, done: WildduckCallback<readonly object[]>): void;
    onSubscribe(path: string, session: ImapSession, done: WildduckCallback<ImapResult>): void;
    onUnsubscribe(path: string, session: ImapSession, done: WildduckCallback<ImapResult>): void;
    onCreate(path: string, session: ImapSession, done: WildduckCallback<ImapResult>): void;
    onRename(path: string, to: string, session: ImapSession, done: WildduckCallback<ImapResult>): void;
    onDelete(path: string, session: ImapSession, done: WildduckCallback<ImapResult>): void;
    onOpen(path: string, session: ImapSession, done: WildduckCallback<object | string>): void;
    onStatus(path: string, session: ImapSession, done: WildduckCallback<object | string>): void;
    onAppend(
      path: string,
      flags: readonly string[],
      date: string | false,
      raw: Buffer,
      session: ImapSession,
      done: (error: Error | null, result?: ImapResult, info?: object) => void,
    ): void;
    onStore(
      mailbox: number,
      update: ImapStore,
      session: ImapSession,
      done: (error: Error | null, result?: ImapResult, modified?: readonly number[]) => void,
    ): void;
    onExpunge(mailbox: number, update: ImapExpunge, session: ImapSession, done: WildduckCallback<ImapResult>): void;
    onCopy(
      connection: object,
      mailbox: number,
      update: ImapCopy,
      session: ImapSession,
      done: (error: Error | null, result?: ImapResult, info?: ImapCopied) => void,
    ): void;
    onMove(
      mailbox: number,
      update: ImapCopy,
      session: ImapSession,
      done: (error: Error | null, result?: ImapResult, info?: ImapCopied) => void,
    ): void;
    onFetch(mailbox: number, fetch: ImapFetch, session: ImapSession, done: WildduckCallback<ImapResult>): void;
    onSearch(
      mailbox: number,
      search: { readonly query: unknown },
      session: ImapSession,
      done: WildduckCallback<{ readonly uidList: readonly number[] | string; readonly highestModseq: number }>,
    ): void;
  }

  export interface ImapStore {
    readonly isUid: boolean;
    readonly value: readonly string[];
    readonly action: 'set' | 'add' | 'remove';
    readonly silent: boolean;
    readonly messages: readonly number[];
    readonly unchangedSince: number;
  }

  export interface ImapExpunge {
    readonly isUid: boolean;
    readonly messages?: readonly number[];
    readonly silent?: boolean;
  }

  export interface ImapCopy {
    readonly destination: string;
    readonly messages: readonly number[];
  }

  export interface ImapFetch {
    readonly query: readonly ImapQueryItem[];
    readonly messages: readonly number[];
    readonly markAsSeen: boolean;
    readonly metadataOnly: boolean;
    readonly envelopeExist: boolean;
    readonly bodystructureExist: boolean;
    readonly changedSince: number;
  }

  export class IMAPServer extends EventEmitter {
    constructor(options: Readonly<Record<string, unknown>>);
    readonly server: Server;
    /** Set these and `notifier` before listening: imap-core looks its handlers up on the server itself. */
    notifier: ImapNotifier;
    close(done: () => void): void;
  }

  export const imapHandler: { compileStream(response: ImapResponse): Readable };
}

declare module 'wildduck/imap-core/lib/indexer/parse-mime-tree.js' {
  const parseMimeTree: (raw: Buffer) => unknown;
  export default parseMimeTree;
}

declare module 'wildduck/lib/pop3/server.js' {
  import type { EventEmitter } from 'node:events';
  import type { Server } from 'node:net';
  import type { Readable } from 'node:stream';

  interface Pop3Session {
    readonly user: { readonly id: string; readonly username: string };
  }

  interface Pop3Message {
    /** What UIDL shows. */
    readonly id: string;
    readonly uid: number;
    readonly mailbox: number;
    readonly size: number;
    /** Set by DELE. */
    popped: boolean;
    seen: boolean;
  }

  interface Pop3Listing {
    readonly messages: readonly Pop3Message[];
    count: number;
    size: number;
  }

  class POP3Server extends EventEmitter {
    constructor(options: Readonly<Record<string, unknown>>);
    readonly server: Server;
    loggelf: (message: unknown) => void;
    close(done: () => void): void;
  }

  namespace POP3Server {
    export { Pop3Listing, Pop3Message, Pop3Session };
  }

  export default POP3Server;
}
