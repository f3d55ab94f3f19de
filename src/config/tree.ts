/**
 * The settings as a tree that can be walked: what is known at a path, of what type, with which words. It is the JSON
 * Schema that zod makes of the settings, read by the environment overrides, the messages and the generated documents.
 */

import { z } from 'zod';
import { ConfigSchema } from './schema.ts';

/** The way to a setting: `['listeners', 0, 'port']`. */
export type SettingPath = readonly (string | number)[];

/** One setting, section, map or list. */
export type SettingNode = z.core.JSONSchema.JSONSchema;

/** The tree of all settings. */
export function settingTree(): SettingNode {
  return z.toJSONSchema(ConfigSchema, { io: 'input' });
}

/** The settings known directly below a node, in the order of the manual; of all variants where there are several. */
export function fieldsOf(node: SettingNode): Readonly<Record<string, SettingNode>> {
  if (node.oneOf !== undefined) return Object.assign({}, ...node.oneOf.toReversed().map(fieldsOf));
  return Object.fromEntries(
    Object.entries(node.properties ?? {}).flatMap(([name, field]) =>
      typeof field === 'boolean' ? [] : [[name, field]],
    ),
  );
}

/** What every entry of a map is; undefined when the node is no map. */
export function entryOf(node: SettingNode): SettingNode | undefined {
  return typeof node.additionalProperties === 'object' ? node.additionalProperties : undefined;
}

/** What every item of a list is; undefined when the node is no list. */
export function itemOf(node: SettingNode): SettingNode | undefined {
  return typeof node.items === 'object' && !Array.isArray(node.items) ? node.items : undefined;
}

/** The one of several variants that the value's `kind` names; the node itself where there is no choice. */
export function variantFor(node: SettingNode, value: unknown): SettingNode {
  const kind = isRecord(value) ? value['kind'] : undefined;
  return node.oneOf?.find((variant) => fieldsOf(variant)['kind']?.const === kind) ?? node;
}

/** What is known at a path of this value; undefined when nothing is. */
export function nodeAt(root: SettingNode, path: SettingPath, value: unknown): SettingNode | undefined {
  let node: SettingNode | undefined = root;
  let here = value;
  for (const step of path) {
    if (node === undefined) return undefined;
    const fields = fieldsOf(variantFor(node, here));
    if (typeof step === 'number') node = itemOf(node);
    else node = Object.hasOwn(fields, step) ? fields[step] : entryOf(node);
    here = valueAt(here, [step]);
  }
  return node;
}

/** The value at a path; undefined when there is none. */
export function valueAt(value: unknown, path: SettingPath): unknown {
  let here = value;
  for (const step of path) {
    if (Array.isArray(here) && typeof step === 'number') here = here[step];
    else here = isRecord(here) && Object.hasOwn(here, step) ? here[step] : undefined;
  }
  return here;
}

/** `listeners[0].port`, as it is shown to an operator. */
export function formatPath(path: SettingPath): string {
  const steps = path.map((step) => {
    if (typeof step === 'number') return `[${step}]`;
    return /^[\w-]+$/.test(step) ? `.${step}` : `["${step}"]`;
  });
  return steps.join('').replace(/^\./, '');
}

/** The type of a setting in words: `a whole number from 1 to 65535`. */
export function typeWords(node: SettingNode): string {
  const options = [...(node.anyOf ?? []), ...(node.enum ?? []).map((choice) => ({ const: choice }))];
  if (options.length > 0) return orList(options.map((option) => typeWords(option)));
  if (node.const !== undefined) return String(node.const);
  if (node.oneOf !== undefined || node.type === 'object') return 'a section of settings';
  if (node.type === 'integer') return `a whole number${rangeWords(node)}`;
  if (node.type === 'number') return `a number${rangeWords(node)}`;
  if (node.type === 'boolean') return 'true or false';
  return node.type === 'array' ? 'a list' : 'text';
}

/** `a, b or c`. */
export function orList(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;
}

/** True for a plain object. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function rangeWords({ minimum, maximum }: SettingNode): string {
  const bounded = maximum !== undefined && maximum !== Number.MAX_SAFE_INTEGER;
  if (minimum === undefined) return bounded ? ` of at most ${maximum}` : '';
  return bounded ? ` from ${minimum} to ${maximum}` : ` of at least ${minimum}`;
}
