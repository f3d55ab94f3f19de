/** Writes config/postern.example.yaml: every setting with its comment, those that may stay away commented out. */

import { stringify } from 'yaml';
import { entryOf, fieldsOf, itemOf, type SettingNode } from '#config/tree.ts';
import { wrap } from './wrap.ts';

const HEAD = `# yaml-language-server: $schema=postern.schema.json
#
# Every setting of Postern. A line that begins with # and a word is a setting with its default, or with an example where
# there is no default; take the # away to change it. What stands without # is needed.
#
# A setting that ends in _file names a file whose content is used; relative names start at the folder of this file.
# A variable like POSTERN_STORE__PATH overrides the setting store.path. See docs/configuration.md.
`;

/** Not required by themselves, but without them the example would not be a whole configuration. */
const SHOWN = new Set([
  'tls',
  'tls.certificates',
  'backends.*.impersonation',
  'backends.*.impersonation.password_file',
  'backends.*.imap',
  'backends.*.imap.port',
  'domains',
]);

interface Place {
  readonly path: string;
  readonly indent: string;
  /** Inside a section that is itself commented out. */
  readonly commented: boolean;
}

/** The text of the example. */
export function exampleYaml(root: SettingNode): string {
  const lines = section(root, { path: '', indent: '', commented: false });
  return `${HEAD}\n${lines.join('\n').trim()}\n`;
}

function section(node: SettingNode, place: Place): readonly string[] {
  const printed = new Map<string, string>();
  return Object.entries(fieldsOf(node)).flatMap(([name, field]) => {
    const path = place.path === '' ? name : `${place.path}.${name}`;
    const required = node.required?.includes(name) === true || SHOWN.has(path);
    const commented = place.commented || !required;
    const gap = place.indent === '' ? [''] : [];
    const shape = JSON.stringify({ ...field, description: undefined });
    const twin = printed.get(shape);
    const words = twin === undefined ? field.description : `${field.description ?? ''} Settings as under ${twin}.`;
    if (fieldsOf(field)['port'] !== undefined) printed.set(shape, twin ?? name);
    return [
      ...gap,
      ...comment(words ?? '', place.indent),
      ...(twin === undefined ? setting(name, field, { ...place, path, commented }) : [short(name, '{}', place.indent)]),
    ];
  });
}

function setting(name: string, node: SettingNode, place: Place): readonly string[] {
  const { indent, commented } = place;
  const open = `${indent}${commented ? '#' : ''}${name}:`;
  const deeper = { ...place, indent: `${indent}  ` };
  const item = itemOf(node);
  const entry = entryOf(node);
  if (node.oneOf !== undefined) return variants(name, node.oneOf, place);
  if (item?.properties !== undefined) {
    return [
      open,
      `${deeper.indent}${commented ? '#' : ''}-`,
      ...section(item, { ...place, path: `${place.path}.*`, indent: `${indent}    ` }),
    ];
  }
  if (entry !== undefined) {
    const key = exampleKey(node);
    return [
      open,
      `${deeper.indent}${commented ? '#' : ''}${key}:`,
      ...section(entry, { ...place, path: `${place.path}.*`, indent: `${indent}    ` }),
    ];
  }
  if (node.properties !== undefined) return [open, ...section(node, deeper)];
  return [`${open} ${flow(valueOf(node))}`];
}

// The first variant as it is; the others below it, commented out, to be put in its place.
function variants(name: string, options: readonly SettingNode[], place: Place): readonly string[] {
  // An impersonation of a single service differs from its backend's, or need not be written.
  if (place.path.split('.').length > 3) return [short(name, `{ kind: ${kindOf(options.at(-1))} }`, place.indent)];
  return options.flatMap((option, index) => {
    const commented = place.commented || index > 0;
    const { indent } = place;
    return [
      ...(index > 0 ? [`${indent}# or:`] : []),
      `${indent}${commented ? '#' : ''}${name}:`,
      ...section(option, { ...place, indent: `${indent}  `, commented }),
    ];
  });
}

function short(name: string, value: string, indent: string): string {
  return `${indent}#${name}: ${value}`;
}

function valueOf(node: SettingNode): unknown {
  return node.default ?? node.const ?? node.examples?.[0];
}

function kindOf(node: SettingNode | undefined): string {
  return String(node === undefined ? '' : fieldsOf(node)['kind']?.const);
}

function exampleKey(node: SettingNode): string {
  const names = node.propertyNames;
  return String(typeof names === 'object' ? names.examples?.[0] : 'name');
}

function flow(value: unknown): string {
  return stringify(value, {
    collectionStyle: 'flow',
    flowCollectionPadding: false,
    lineWidth: 0,
    singleQuote: true,
  }).trim();
}

function comment(words: string, indent: string): readonly string[] {
  return words === '' ? [] : wrap(words, 100 - indent.length).map((line) => `${indent}# ${line}`);
}
