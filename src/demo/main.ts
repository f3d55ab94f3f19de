/**
 * The demo, behind `npm start`: prepares its folder, starts a small mail server and the gateway in front of it, prints
 * how to use them, and ends both on Ctrl-C. What cannot be is said in one line on standard error, exit code 1.
 */

import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { Fault } from '#core/fault.ts';
import { demoConfiguration, portalUrl } from './configuration.ts';
import { prepareFiles, unusableFile, writePrivate } from './files.ts';
import { makeGuide } from './guide.ts';
import { HELP, readOptions } from './options.ts';
import type { DemoOptions } from './options.ts';
import { demoListeners, demoPortalPort, loopbackAddresses, requireFreePorts } from './ports.ts';
import { startGateway, startMailServer } from './processes.ts';
import type { DemoProcess } from './processes.ts';
import { seed } from './seed.ts';
import { formatGuide } from './table.ts';

try {
  const options = readOptions(process.argv.slice(2));
  if (options === 'help') process.stdout.write(HELP);
  else process.exitCode = await runDemo(options);
} catch (cause) {
  const error = unusableFile(cause);
  if (!(error instanceof Fault)) throw error;
  process.stderr.write(`postern: ${error.message}\n`);
  process.exitCode = 1;
}
// The channel to whoever started this would keep the process alive.
if (process.connected) process.disconnect?.();

async function runDemo(options: DemoOptions): Promise<number> {
  const told = toldToEnd();
  const listeners = demoListeners(options.portBase);
  const portalPort = demoPortalPort(options.portBase);
  const addresses = loopbackAddresses();
  const files = prepareFiles(options, new Date());
  await requireFreePorts([...listeners.map(({ port }) => port), portalPort], addresses);
  const accounts = await seed(files);
  const mailServer = await startMailServer(files);
  try {
    const network = { listeners, addresses, portalPort, mailPorts: mailServer.ports };
    writePrivate(files.configuration, demoConfiguration(files, network));
    const gateway = await startGateway(files);
    const guide = makeGuide(files, { listeners, portal: portalUrl(portalPort), accounts });
    const text = options.output === 'json' ? `${JSON.stringify(guide)}\n` : formatGuide(guide, curl());
    process.stdout.write(text);
    return await untilEnd(gateway, mailServer, told);
  } finally {
    await mailServer.stop();
  }
}

async function untilEnd(gateway: DemoProcess, mailServer: DemoProcess, told: Promise<'told'>): Promise<number> {
  const reason = await Promise.race([
    told,
    gateway.ended.then(() => 'the gateway' as const),
    mailServer.ended.then(() => 'the mail server' as const),
  ]);
  await gateway.stop();
  if (reason === 'told') return 0;
  throw new Fault('NOT_ALLOWED', `${reason} has ended by itself; its log says why`);
}

/** Resolves at the first signal to end, or when whoever started this process is gone. */
function toldToEnd(): Promise<'told'> {
  return new Promise((resolve) => {
    const end = (): void => resolve('told');
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, end);
    process.once('disconnect', end);
  });
}

function curl(): 'present' | 'missing' {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  return folders.some((folder) => isExecutable(join(folder, 'curl'))) ? 'present' : 'missing';
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
