/** `postern check-config`: all that is wrong with the configuration, or a summary of what it says. */

import type { Command } from 'commander';
import { readConfiguration } from '#config/load.ts';
import type { Settings } from '#config/settings.ts';
import { addCommand, configFile, reporter, wantsJson, type Cli } from './cli.ts';
import { EXIT_CODES } from './exit-codes.ts';
import { counted, facts, painter, table, type Paint } from './layout.ts';

/** Adds the command to the program. `setExitCode` is told when the configuration is faulty. */
export function addCheckConfigCommand(program: Command, cli: Cli, setExitCode: (code: number) => void): void {
  addCommand(program, 'check-config', {
    description: 'Check the configuration and the files that it names: all that is wrong, at once.',
    examples: ['check-config', 'check-config --config new.yaml && systemctl reload postern'],
  }).action((_options, command: Command) => {
    const file = configFile(cli, command);
    const read = readConfiguration({ file, environment: cli.environment, now: cli.clock() });
    if (read.kind === 'usable') reportUsable(cli, command, { file, ...read });
    else {
      setExitCode(EXIT_CODES.configuration);
      reportFaults(cli, command, file, read.faults);
    }
  });
}

function reportFaults(cli: Cli, command: Command, file: string, faults: readonly string[]): void {
  if (wantsJson(command)) {
    cli.terminal.out(JSON.stringify({ ok: false, file, faults }));
    return;
  }
  for (const line of faults) cli.terminal.err(line);
  cli.terminal.err(`${counted(faults.length, 'fault')}: Postern would not start with this`);
}

function reportUsable(
  cli: Cli,
  command: Command,
  found: { file: string; settings: Settings; remarks: readonly string[] },
): void {
  const { file, settings, remarks } = found;
  const { listeners, backends, domainBackends, defaultBackend } = settings.gateway;
  const summary = {
    ok: true,
    file,
    remarks,
    listeners: listeners.map(({ name, protocol, address, port, tls }) => ({ name, protocol, address, port, tls })),
    backends: backends.map(({ name, hosts, services }) => ({ name, hosts, services: Object.keys(services) })),
    domains: domainBackends,
    defaultBackend: defaultBackend === '' ? null : defaultBackend,
    store: settings.store.kind,
  };
  reporter(cli, command)(summary, () => summaryText(found, painter(cli.terminal.colour)));
}

function summaryText({ file, settings, remarks }: Parameters<typeof reportUsable>[2], paint: Paint): string {
  const { gateway, store, keysFile, workers } = settings;
  const listeners = gateway.listeners.map(({ name, protocol, address, port, tls }) => [
    name,
    protocol,
    address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`,
    tls,
  ]);
  const backends = gateway.backends.map(({ name, hosts, services }) => [
    name,
    Object.keys(services).join(', '),
    hosts.join(', '),
  ]);
  const overview = facts(
    [
      ['domains', domainWords(settings)],
      ['store', store.kind === 'embedded' ? store.path : `redis, ${store.topology.kind}`],
      ['keys', keysFile],
      ['workers', workers === 'auto' ? 'one for each core' : String(workers)],
    ],
    paint,
  );
  return [
    `${paint('green', 'config ok')}: ${file}`,
    table(['LISTENER', 'PROTOCOL', 'ADDRESS', 'TLS'], listeners, paint),
    table(['BACKEND', 'SERVES', 'HOSTS'], backends, paint),
    overview,
    ...(remarks.length === 0 ? [] : [remarks.map((remark) => paint('yellow', remark)).join('\n')]),
  ].join('\n\n');
}

function domainWords({ gateway }: Settings): string {
  const named = Object.keys(gateway.domainBackends);
  const others = gateway.defaultBackend === '' ? [] : ['all others'];
  return [...named, ...others].join(', ');
}
