/**
 * An IMAP server that a test writes itself: it takes every login, keeps all it hears, and can misbehave on purpose.
 * For what a real server never does; everything else is tested with real ones.
 */

import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';

export interface ScriptedImap {
  readonly port: number;
  /** Everything heard so far, of all connections in the order they came. */
  readonly heard: readonly string[];
  /** LOGIN commands so far. */
  logins(): number;
  /** Connections open now. */
  open(): number;
  /** What was heard behind the login of the last connection. */
  afterLogin(): string;
  stop(): Promise<void>;
}

export interface Script {
  readonly greeting?: string;
  readonly capabilities?: string;
  /** Says this in answer to STARTTLS, and whatever else a hostile network would slip in behind it. */
  readonly startTls?: string;
  /** What follows the tag in answer to LOGIN. */
  readonly login?: string;
  /** Answers each LOGIN command by itself, in place of `login`; 'reset' breaks the connection, 'stall' says nothing. */
  readonly judge?: (command: string) => string;
  /** Accepts and says nothing. */
  readonly stallsGreeting?: () => boolean;
  /** Echoes what comes after the login, so that a client sees what arrived. */
  readonly echo?: boolean;
}

const GREETING = '* OK ready\r\n';
const CAPABILITIES = 'IMAP4rev1 ID IDLE LITERAL+';

/** Starts it on a free port of 127.0.0.1, or at this place. */
export async function startScriptedImap(
  script: Script = {},
  at: { readonly address: string; readonly port: number } = { address: '127.0.0.1', port: 0 },
): Promise<ScriptedImap> {
  const heard: string[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    const at = heard.push('') - 1;
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
    converse(socket, script, (text) => (heard[at] += text));
  });
  server.listen(at.port, at.address);
  await once(server, 'listening');
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('no port');
  return {
    port: address.port,
    heard,
    open: () => sockets.size,
    logins: () => heard.filter((text) => / LOGIN /.test(text)).length,
    afterLogin: () => {
      const last = heard.findLast((text) => text.includes(' LOGIN ')) ?? '';
      return last.slice(last.indexOf('\r\n', last.indexOf(' LOGIN ')) + 2);
    },
    stop: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

function converse(socket: Socket, script: Script, hear: (text: string) => void): void {
  const capabilities = script.capabilities ?? CAPABILITIES;
  let loggedIn = false;
  let pending = '';
  if (script.stallsGreeting?.() !== true) socket.write(script.greeting ?? GREETING);
  const onCommand = (line: string): void => {
    const [tag = '*', verb = ''] = line.split(' ');
    const login = verb === 'LOGIN' ? (script.judge?.(line) ?? script.login ?? 'OK Logged in') : undefined;
    loggedIn = login?.startsWith('OK') === true;
    if (login === 'reset') return void socket.resetAndDestroy();
    if (login === 'stall') return;
    socket.write(login === undefined ? answer(tag, verb, { ...script, capabilities }) : `${tag} ${login}\r\n`);
    if (verb === 'LOGOUT') socket.end();
  };
  socket.on('data', (chunk: Buffer) => {
    const text = chunk.toString('latin1');
    hear(text);
    pending += text;
    while (!loggedIn && pending.includes('\r\n')) {
      const [line, rest] = nextCommand(pending);
      pending = rest;
      onCommand(line);
    }
    if (loggedIn && script.echo === true) socket.write(pending);
    if (loggedIn) pending = '';
  });
}

// A command of lines and non-synchronising literals, its literals put in place. Whole commands come in one write here.
function nextCommand(text: string): readonly [command: string, rest: string] {
  const end = text.indexOf('\r\n');
  const [line, rest] = [text.slice(0, end), text.slice(end + 2)];
  if (!line.endsWith('+}')) return [line, rest];
  const [command, behind] = nextCommand(rest);
  return [line.replace(/\{\d+\+\}$/, '') + command, behind];
}

function answer(tag: string, verb: string, script: Script): string {
  switch (verb) {
    case 'CAPABILITY':
      return `* CAPABILITY ${script.capabilities}\r\n${tag} OK done\r\n`;
    case 'STARTTLS':
      return (script.startTls ?? '%t BAD no\r\n').replaceAll('%t', tag);
    case 'ID':
      return `* ID NIL\r\n${tag} OK done\r\n`;
    default:
      return `${tag} OK done\r\n`;
  }
}
