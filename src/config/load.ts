/**
 * Reads the configuration: one YAML file, the environment over it, the files it names. Every fault is found in one go,
 * with its place and what to do; an operator should not have to start us five times.
 */

import { readFileSync } from 'node:fs';
import { Fault } from '#core/fault.ts';
import { checkBackends } from './check-backends.ts';
import { checkCommandFiles, checkFiles } from './check-files.ts';
import { checkListeners } from './check-listeners.ts';
import { checkPortal } from './check-portal.ts';
import { checkService } from './check-service.ts';
import { readDocument } from './document.ts';
import { overrideFromEnvironment } from './environment.ts';
import { formatFaults, type ConfigFault, type Place } from './faults.ts';
import { ConfigFiles } from './files.ts';
import { partsOf } from './parts.ts';
import { remarksOn } from './remarks.ts';
import { ConfigSchema } from './schema.ts';
import { faultsOf, notSettings } from './sentences.ts';
import { settingsOf, type Settings } from './settings.ts';
import { settingTree, type SettingPath } from './tree.ts';

export interface ConfigSource {
  /** The configuration file. */
  readonly file: string;
  /** Variables that may override settings: POSTERN_… */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Milliseconds since 1970, to judge certificates. */
  readonly now: number;
  /** The files to read of those that it names. Default: all. What is not read is an empty secret in the settings. */
  readonly files?: 'all' | 'store and mail' | 'none';
}

/** A configuration that can be used, with remarks on what is unwise; or all that is wrong, a line each. */
export type Configuration =
  | { readonly kind: 'usable'; readonly settings: Settings; readonly remarks: readonly string[] }
  | { readonly kind: 'faulty'; readonly faults: readonly string[] };

/** Reads and checks a configuration. Never throws for what an operator wrote; a file that cannot be read is a fault. */
export function readConfiguration(source: ConfigSource): Configuration {
  try {
    return checkConfiguration(source, readFileSync(source.file, 'utf8'));
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (typeof code !== 'string') throw error;
    const why = code === 'ENOENT' ? 'there is no such file' : `it cannot be read (${code})`;
    return { kind: 'faulty', faults: [`${source.file}: ${why}: name the configuration with --config`] };
  }
}

/** The settings. Throws CONFIG_INVALID with all faults, a line each, when there are any. */
export function loadSettings(source: ConfigSource): { settings: Settings; remarks: readonly string[] } {
  const configuration = readConfiguration(source);
  if (configuration.kind === 'usable') return configuration;
  throw new Fault('CONFIG_INVALID', configuration.faults.join('\n'), { fields: { file: source.file } });
}

function checkConfiguration(source: ConfigSource, text: string): Configuration {
  const tree = settingTree();
  const document = readDocument(text);
  const readable = document.value !== undefined;
  const overridden = overrideFromEnvironment(document.value, tree, readable ? source.environment : {});
  const locate = (path: SettingPath): Place => {
    const variable = overridden.variableFor(path);
    return variable === undefined ? document.locate(path) : { variable };
  };
  const raw = overridden.value;
  const unusable = readable ? notSettings(raw) : undefined;
  const parsed = ConfigSchema.safeParse(raw);
  const files = new ConfigFiles(source.file, source.now);
  const found: ConfigFault[] = [...document.faults, ...overridden.faults];
  if (unusable !== undefined) found.push(unusable);
  else if (readable) {
    const parts = partsOf(raw);
    if (source.files === 'store and mail') checkCommandFiles(parts, files);
    else if (source.files !== 'none') checkFiles(parts, files);
    found.push(...(parsed.error?.issues ?? []).flatMap((issue) => faultsOf(issue, tree, raw)));
    found.push(...checkListeners(parts), ...checkPortal(parts), ...checkService(parts), ...checkBackends(parts));
    found.push(...files.faults);
    files.remarks.push(...remarksOn(parts));
  }
  if (found.length > 0 || !parsed.success) return { kind: 'faulty', faults: formatFaults(source.file, found, locate) };
  const remarks = formatFaults(source.file, files.remarks, locate);
  return { kind: 'usable', settings: settingsOf(parsed.data, files), remarks };
}
