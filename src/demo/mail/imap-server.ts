/**
 * The demo's IMAP server: wildduck's imap-core over our mailboxes, in clear on a loopback port behind the gateway.
 * RFC 3501, RFC 2177 (IDLE), RFC 4315 (UIDPLUS), RFC 6851 (MOVE), RFC 7162 (CONDSTORE).
 */

import type { IMAPServer as Server, ImapHandlers } from 'wildduck/imap-core/index.js';
import { authenticate } from './accounts.ts';
import type { MailAccounts } from './accounts.ts';
import type { Mailroom } from './folders.ts';
import { folderHandlers } from './imap-folders.ts';
import { messageHandlers } from './imap-messages.ts';
import { IMAPServer } from './wildduck.ts';

/** What imap-core calls largest: 50 MiB. */
const MAX_MESSAGE_BYTES = 50 * 1024 * 1024;

/** An IMAP server that is not listening yet. */
export function createImapServer(room: Mailroom, accounts: MailAccounts): Server {
  const server = new IMAPServer({
    id: { name: 'Postern demo mail server' },
    logger: false,
    skipFetchLog: true,
    disableSTARTTLS: true,
    maxMessage: MAX_MESSAGE_BYTES,
  });
  server.notifier = room.changes;
  return Object.assign(server, { onAuth: authHandler(accounts), ...folderHandlers(room), ...messageHandlers(room) });
}

function authHandler(accounts: MailAccounts): ImapHandlers['onAuth'] {
  return ({ username, password, connection }, _session, done) => {
    const account = authenticate(accounts, username, password);
    if (account === undefined) {
      done(null);
      return;
    }
    hideMaster(connection, username, account);
    done(null, { user: { id: account, username: account } });
  };
}

// imap-core's tagged OK repeats the name that was logged in with. Whoever is served by a master login should not read
// the master's name in it.
function hideMaster(connection: Parameters<ImapHandlers['onAuth']>[0]['connection'], from: string, to: string): void {
  const { writeStream } = connection;
  const write = writeStream.write.bind(writeStream);
  writeStream.write = (response, done) => {
    writeStream.write = write;
    return write(JSON.parse(JSON.stringify(response).replaceAll(from, to)), done);
  };
}
