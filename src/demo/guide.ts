/** What there is to know about the running demo: for a mail app, for a terminal, and for scripts (`--json`). */

import type { DemoFiles } from './files.ts';
import type { DemoListener } from './ports.ts';
import type { SeededAccount } from './seed.ts';

export interface Guide {
  /** The web address where users manage two-step authentication. */
  readonly portal: string;
  readonly servers: readonly GuideServer[];
  readonly accounts: readonly SeededAccount[];
  /** Give this to clients as the authority to trust. */
  readonly authority: string;
  readonly commands: readonly GuideCommand[];
  readonly configuration: string;
  readonly log: string;
}

export interface GuideServer {
  readonly protocol: DemoListener['protocol'];
  readonly host: 'localhost';
  readonly port: number;
  readonly security: 'SSL/TLS' | 'STARTTLS';
}

/** A line to paste into a shell, and what is to be seen. */
export interface GuideCommand {
  readonly name: 'imap' | 'imap-ordinary' | 'pop3' | 'send-and-read';
  readonly shows: string;
  readonly line: string;
}

/** Puts together what the other parts know. `listeners` are those of ports.ts. */
export function makeGuide(
  files: DemoFiles,
  about: {
    readonly listeners: readonly DemoListener[];
    readonly portal: string;
    readonly accounts: readonly SeededAccount[];
  },
): Guide {
  const { listeners, portal, accounts } = about;
  const servers = listeners.map(({ protocol, port, tls }): GuideServer => {
    return { protocol, host: 'localhost', port, security: tls === 'implicit' ? 'SSL/TLS' : 'STARTTLS' };
  });
  const { authority } = files.certificates;
  const enrolled = accounts.find((account) => account.appPassword !== undefined);
  const commands = enrolled === undefined ? [] : makeCommands({ authority, listeners, account: enrolled });
  return { portal, servers, accounts, authority, commands, configuration: files.configuration, log: files.log };
}

interface Terms {
  readonly authority: string;
  readonly listeners: readonly DemoListener[];
  readonly account: SeededAccount;
}

function makeCommands({ authority, listeners, account }: Terms): readonly GuideCommand[] {
  const { address, ordinaryPassword } = account;
  const appPassword = (account.appPassword ?? '').replaceAll(' ', '');
  const port = (name: string): number => listeners.find((listener) => listener.name === name)?.port ?? 0;
  const curl = (password: string, rest: string): string =>
    `curl -sS --cacert ${quoted(authority)} -u ${quoted(`${address}:${password}`)} ${rest}`;
  const imap = `imaps://localhost:${port('imaps')}`;
  const mail = `From: ${address}\\r\\nTo: ${address}\\r\\nSubject: Hello\\r\\n\\r\\nHello, myself.\\r\\n`;
  const send = `--mail-from ${address} --mail-rcpt ${address} -T - smtps://localhost:${port('submissions')}`;
  return [
    {
      name: 'imap',
      shows: 'IMAP with the app password: in, and the folders are listed',
      line: curl(appPassword, quoted(`${imap}/`)),
    },
    {
      name: 'imap-ordinary',
      shows: 'IMAP with the ordinary password: refused, and told why',
      line: `${curl(ordinaryPassword, `-v ${quoted(`${imap}/`)}`)} 2>&1 | grep '^< .* NO '`,
    },
    {
      name: 'pop3',
      shows: 'POP3: the first message',
      line: curl(appPassword, quoted(`pop3s://localhost:${port('pop3s')}/1`)),
    },
    {
      name: 'send-and-read',
      shows: 'Send a mail, and read it back',
      line: `printf '${mail}' | ${curl(appPassword, send)} && ${curl(appPassword, quoted(`${imap}/INBOX;MAILINDEX=*`))}`,
    },
  ];
}

/** One word of a POSIX shell, whatever is in it. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
