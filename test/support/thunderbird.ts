/**
 * Debian's Thunderbird, without its windows, told by Marionette (Mozilla's remote protocol: JSON behind its length, over
 * TCP) what a user would do: it really writes and sends a mail with an attachment.
 */

import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import type { Mailbox } from './dovecot.ts';
import type { Place } from './mail-clients.ts';
import { freePorts, listening, start, temporaryDirectory } from './processes.ts';

const PROGRAM = '/usr/lib/thunderbird/thunderbird';
const ARGUMENTS = ['--headless', '--no-remote', '--marionette', '--remote-allow-system-access'];
const SEND = join(import.meta.dirname, '../interop/thunderbird/send.js');
const SCRIPT_MS = 60_000;
const PREFERENCES = {
  'app.update.enabled': false,
  'datareporting.policy.dataSubmissionEnabled': false,
  'mail.provider.suppress_dialog_on_startup': true,
  'mail.shell.checkDefaultClient': false,
  'mail.spotlight.firstRunDone': true,
  'mailnews.start_page.enabled': false,
  'network.captive-portal-service.enabled': false,
  'network.connectivity-service.enabled': false,
} as const;

/** What is typed into the compose window. */
export interface TypedMail {
  readonly from: string;
  readonly to: string;
  readonly subject: string;
  readonly body: string;
  readonly attachment: Buffer;
}

export interface Thunderbird {
  /** Writes and sends a mail. Rejects when Thunderbird says that it was not sent. */
  send(place: Place, who: Mailbox, mail: TypedMail): Promise<void>;
  stop(): Promise<void>;
}

/** Starts one with a profile of its own. */
export async function startThunderbird(): Promise<Thunderbird> {
  const directory = await temporaryDirectory('thunderbird');
  const [port = 0] = await freePorts(1);
  const preferences = Object.entries({ ...PREFERENCES, 'marionette.port': port });
  const lines = preferences.map(([name, value]) => `user_pref(${JSON.stringify(name)}, ${JSON.stringify(value)});\n`);
  await writeFile(join(directory.path, 'user.js'), lines.join(''));
  const running = start(PROGRAM, [...ARGUMENTS, '--profile', directory.path], { env: { HOME: directory.path } });
  const stop = async (): Promise<void> => {
    await running.stop();
    await directory.remove();
  };
  try {
    await listening(port, running);
    const marionette = await Marionette.open(port);
    await marionette.ask('WebDriver:NewSession', {});
    await marionette.ask('Marionette:SetContext', { value: 'chrome' });
    await marionette.ask('WebDriver:SetTimeouts', { script: SCRIPT_MS });
    const script = `${await readFile(SEND, 'utf8')}\nreturn send(...arguments);`;
    return {
      send: async ({ caFile, ...place }, who, mail) => {
        const attachment = join(directory.path, 'attached.bin');
        await writeFile(attachment, mail.attachment);
        const authority = (await readFile(caFile, 'utf8')).replaceAll(/-----.*-----|\n/g, '');
        const args = [{ ...place, authority }, who, { ...mail, attachment }];
        const status = await marionette.ask('WebDriver:ExecuteScript', { script, args });
        if (status !== 0) throw new Error(`Thunderbird did not send: ${JSON.stringify(status)}\n${running.output()}`);
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** One request at a time. */
class Marionette {
  readonly #socket: Socket;
  #received = Buffer.alloc(0);
  #id = 0;

  private constructor(socket: Socket) {
    this.#socket = socket;
  }

  static async open(port: number): Promise<Marionette> {
    const socket = connect({ port, host: '127.0.0.1' });
    await once(socket, 'connect');
    const marionette = new Marionette(socket);
    await marionette.#message(); // its greeting
    return marionette;
  }

  /** The value of its answer; rejects when that is an error. */
  async ask(command: string, parameters: object): Promise<unknown> {
    this.#id += 1;
    const request = JSON.stringify([0, this.#id, command, parameters]);
    this.#socket.write(`${Buffer.byteLength(request)}:${request}`);
    const answer = await this.#message();
    if (!Array.isArray(answer) || answer[2] !== null) throw new Error(`${command}: ${JSON.stringify(answer)}`);
    const result: unknown = answer[3];
    return typeof result === 'object' && result !== null && 'value' in result ? result.value : result;
  }

  async #message(): Promise<unknown> {
    for (;;) {
      const [length] = this.#received.toString('latin1').split(':', 1);
      const begins = `${length}:`.length;
      const ends = begins + Number(length);
      if (this.#received.length >= ends && length !== '') {
        const text = this.#received.toString('utf8', begins, ends);
        this.#received = this.#received.subarray(ends);
        return JSON.parse(text);
      }
      const [chunk] = await once(this.#socket, 'data');
      this.#received = Buffer.concat([this.#received, chunk]);
    }
  }
}
