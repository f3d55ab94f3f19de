/**
 * Settings from the environment: `POSTERN_` and the path in capitals with `__` between its steps, so that
 * POSTERN_STORE__URL is store.url and POSTERN_LISTENERS__0__PORT is listeners[0].port. They replace what the file says.
 */

import { parse } from 'yaml';
import type { ConfigFault } from './faults.ts';
import { nearestWord } from './nearest.ts';
import { entryOf, fieldsOf, isRecord, itemOf, valueAt, type SettingNode, type SettingPath } from './tree.ts';

const PREFIX = 'POSTERN_';
// Read by the launcher, by the command line, and by a worker that wants to know its number.
const NOT_SETTINGS = new Set(['POSTERN_BUN', 'POSTERN_NODE', 'POSTERN_CONFIG', 'POSTERN_WORKER']);
// Kubernetes gives every pod variables like these for a service named postern.
const SERVICE_LINK = /^POSTERN_(?:SERVICE_(?:HOST|PORT)|PORT(?:_\d+_|$))/;

export interface Overridden {
  readonly value: unknown;
  readonly faults: readonly ConfigFault[];
  /** The variable that gave the setting at this path, or one around or below it. */
  variableFor(path: SettingPath): string | undefined;
}

/** The settings of a file with those of the environment laid over them. The value given is left as it is. */
export function overrideFromEnvironment(
  value: unknown,
  root: SettingNode,
  environment: Readonly<Record<string, string | undefined>>,
): Overridden {
  const merged = isRecord(value) ? structuredClone(value) : {};
  const faults: ConfigFault[] = [];
  const origins: { readonly path: SettingPath; readonly variable: string }[] = [];
  for (const variable of Object.keys(environment).filter(mayBeSetting).toSorted()) {
    const text = environment[variable];
    if (text === undefined) continue;
    const target = targetOf(variable, root, merged);
    if ('path' in target) {
      origins.push({ path: target.path, variable });
      assign(merged, target.path, parseText(text, target.node));
    } else if (target.nearest !== undefined || variable.includes('__')) {
      faults.push({ path: [], message: `names no setting${didYouMean(target.nearest)}`, place: { variable } });
    }
  }
  const variableFor = (path: SettingPath): string | undefined =>
    origins.find((origin) => startsWith(path, origin.path) || startsWith(origin.path, path))?.variable;
  return { value: isRecord(value) || origins.length > 0 ? merged : value, faults, variableFor };
}

function mayBeSetting(variable: string): boolean {
  return variable.startsWith(PREFIX) && !NOT_SETTINGS.has(variable) && !SERVICE_LINK.test(variable);
}

type Target =
  | { readonly path: SettingPath; readonly node: SettingNode }
  /** The whole variable that was probably meant. */
  | { readonly nearest: string | undefined };

function targetOf(variable: string, root: SettingNode, value: unknown): Target {
  const path: (string | number)[] = [];
  const steps = variable.slice(PREFIX.length).split('__');
  let node = root;
  for (const [index, step] of steps.entries()) {
    const found = stepInto(node, step, valueAt(value, path));
    if (found === undefined) {
      const nearest = nearestWord(step, Object.keys(fieldsOf(node)).map(inCapitals));
      return { nearest: nearest && PREFIX + steps.with(index, nearest).join('__') };
    }
    path.push(found.key);
    node = found.node;
  }
  return { path, node };
}

function stepInto(
  node: SettingNode,
  step: string,
  value: unknown,
): { readonly key: string | number; readonly node: SettingNode } | undefined {
  const item = itemOf(node);
  if (item !== undefined) return /^\d{1,3}$/.test(step) ? { key: Number(step), node: item } : undefined;
  for (const [key, field] of Object.entries(fieldsOf(node))) {
    if (sameName(key, step)) return { key, node: field };
  }
  const entry = entryOf(node);
  if (entry === undefined || step === '') return undefined;
  const existing = Object.keys(isRecord(value) ? value : {}).find((key) => inCapitals(key) === inCapitals(step));
  return { key: existing ?? step.toLowerCase(), node: entry };
}

// minVersion may be written MINVERSION or MIN_VERSION.
function sameName(key: string, step: string): boolean {
  return inCapitals(key).replaceAll('_', '') === inCapitals(step).replaceAll('_', '');
}

// A name as far as a variable can carry it: example.org is EXAMPLE_ORG.
function inCapitals(key: string): string {
  return key.toUpperCase().replace(/[^A-Z0-9]/g, '_');
}

// Text is taken as it is, so that a password of digits stays one; all else is read as YAML.
function parseText(text: string, node: SettingNode): unknown {
  if (node.type === 'string') return text;
  try {
    return parse(text, { logLevel: 'error' }); // a mere warning would be printed past the log
  } catch {
    return text; // which the schema will refuse, with the words for this setting
  }
}

function assign(target: Record<string, unknown>, path: SettingPath, value: unknown): void {
  let container: Record<string | number, unknown> | unknown[] = target;
  for (const [index, step] of path.entries()) {
    const last = index === path.length - 1;
    const inside: unknown = Reflect.get(container, step);
    const fitting = typeof path[index + 1] === 'number' ? Array.isArray(inside) : isRecord(inside);
    const next: Record<string, unknown> | unknown[] = typeof path[index + 1] === 'number' ? [] : {};
    if (last) Reflect.set(container, step, value);
    else if (!fitting) Reflect.set(container, step, next);
    const entered: unknown = Reflect.get(container, step);
    if (isRecord(entered) || Array.isArray(entered)) container = entered;
  }
}

function startsWith(path: SettingPath, beginning: SettingPath): boolean {
  return beginning.every((step, index) => path[index] === step);
}

function didYouMean(nearest: string | undefined): string {
  return nearest === undefined ? '' : `; did you mean ${nearest}?`;
}
