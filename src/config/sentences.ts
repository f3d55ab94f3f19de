/** Says what zod found in an operator's words. Values are not repeated, but for numbers and choices: one may be a secret. */

import type { z } from 'zod';
import type { ConfigFault } from './faults.ts';
import { nearestWord } from './nearest.ts';
import { fieldsOf, isRecord, nodeAt, orList, typeWords, valueAt, variantFor, type SettingNode } from './tree.ts';

type Issue = z.core.$ZodIssue;

/** The faults that one issue stands for: one for each unknown setting, else one. `raw` is the value that was parsed. */
export function faultsOf(issue: Issue, root: SettingNode, raw: unknown): readonly ConfigFault[] {
  const path = issue.path.map((step) => (typeof step === 'symbol' ? String(step) : step));
  if (issue.code === 'unrecognized_keys') {
    const section = nodeAt(root, path, raw);
    const known = section === undefined ? [] : Object.keys(fieldsOf(variantFor(section, valueAt(raw, path))));
    return issue.keys.map((key) => ({ path: [...path, key], message: unknownSetting(key, known) }));
  }
  const value = valueAt(raw, path);
  const node = nodeAt(root, path, raw);
  if (value === undefined && issue.code !== 'custom') return [{ path, message: missing(node) }];
  if (value === null) return [{ path, message: empty(node) }];
  return [{ path, message: sentence(issue, value, node) }];
}

function sentence(issue: Issue, value: unknown, node: SettingNode | undefined): string {
  if (issue.code === 'invalid_value') return wrongChoice(issue.values.map(String), value);
  if (issue.code === 'invalid_union' && 'options' in issue)
    return wrongChoice((issue.options ?? []).map(String), value);
  if (issue.code === 'too_small' || issue.code === 'too_big') return outOfRange(issue, value);
  if (issue.code === 'invalid_key') return issue.issues[0]?.message ?? 'is no usable name';
  // These are written in the schema.
  if (issue.code === 'invalid_format' || issue.code === 'custom') return issue.message;
  return wrongType(node);
}

function missing(node: SettingNode | undefined): string {
  const words = node?.description?.split(/(?<=\.) /)[0];
  return words === undefined ? 'is missing' : `is missing. ${words}`;
}

function empty(node: SettingNode | undefined): string {
  const section = node?.properties !== undefined && node.required === undefined;
  return section ? 'is empty: write {} for its defaults, or remove it' : 'is empty: give it a value or remove it';
}

function wrongType(node: SettingNode | undefined): string {
  return node === undefined ? 'is of the wrong type' : `must be ${typeWords(node)}`;
}

function wrongChoice(choices: readonly string[], value: unknown): string {
  const nearest = typeof value === 'string' ? nearestWord(value, choices) : undefined;
  return `must be ${orList(choices)}${nearest === undefined ? '' : `; did you mean ${nearest}?`}`;
}

function outOfRange(issue: Extract<Issue, { code: 'too_small' | 'too_big' }>, value: unknown): string {
  const [bound, words] = issue.code === 'too_small' ? [issue.minimum, 'at least'] : [issue.maximum, 'at most'];
  if (typeof value === 'number') return `must be ${words} ${bound}, not ${value}`;
  if (typeof value === 'string') return value === '' ? 'must not be empty' : `must have ${words} ${bound} characters`;
  return `must have ${words} ${bound} ${Number(bound) === 1 ? 'entry' : 'entries'}`;
}

function unknownSetting(key: string, known: readonly string[]): string {
  const nearest = nearestWord(key, known);
  if (nearest !== undefined) return `is no setting; did you mean ${nearest}?`;
  return known.length === 0 ? 'is no setting' : `is no setting; known here: ${known.join(', ')}`;
}

/** A fault for a file that does not hold settings at all; undefined when it does. */
export function notSettings(raw: unknown): ConfigFault | undefined {
  if (isRecord(raw)) return undefined;
  const message = raw === null ? 'is empty: see config/postern.example.yaml' : 'must be a section of settings';
  return { path: [], message };
}
