/** What the list of rooms says to the lint and to a reader. */

import { ROOMS, type Room } from './rooms.ts';

const RULE = 'no-restricted-imports';
const WIDTH = 120;

/** The lint's configuration with the directions of the list in it; all else as it stands. */
export function lintConfiguration(current: string): string {
  const configuration: { overrides: readonly Override[] } = JSON.parse(current);
  const others = configuration.overrides.filter(({ rules }) => !Object.hasOwn(rules, RULE));
  const overrides = [...ROOMS.map(directions), OUTSIDE, ...others];
  return `${toJson({ ...configuration, overrides }, '')}\n`;
}

/** The document with the table of the list between its two marks. */
export function withDirectionTable(document: string): string {
  const rows = ROOMS.map(
    ({ name, holds, may, libraries }) => `| \`${name}\` | ${holds} | ${named(may)} | ${code(libraries)} |`,
  );
  const table = ['| room | holds | may import | and of others |', '| --- | --- | --- | --- |', ...rows].join('\n');
  return document.replace(
    /(<!-- directions -->\n)[\s\S]*?(\n<!-- end of directions -->)/,
    (_, start, end) => `${start}${table}${end}`,
  );
}

interface Override {
  readonly files: readonly string[];
  readonly rules: Readonly<Record<string, unknown>>;
}

/** Tests, benches and scripts name the code by its room as well. */
const OUTSIDE = override(['test/**/*.ts', 'bench/**/*.ts', 'scripts/**/*.ts'], {
  group: ['**/src/**'],
  message: 'name files of src by their room: #room/file.ts',
});

// A folder's own files are `./`: nothing climbs with `../`.
function directions(room: Room): Override {
  const own = room.name.endsWith('.ts') ? [] : [room.name];
  const rooms = [...own, ...room.may].map((name) => (name.endsWith('.ts') ? `!#${name}` : `!#${name}/${depth(name)}`));
  return override([room.name.endsWith('.ts') ? `src/${room.name}` : `src/${room.name}/${depth(room.name)}.ts`], {
    group: [
      '*',
      '**/*',
      '!./*',
      ...rooms,
      ...room.libraries.flatMap((name) => (name === 'node:*' ? ['!node:*', '!node:*/*'] : [`!${name}`])),
    ],
    message: `not among what ${room.name} may import: see Directions in docs/architecture.md`,
  });
}

function override(files: readonly string[], pattern: { group: readonly string[]; message: string }): Override {
  return { files, rules: { [RULE]: ['error', { patterns: [pattern] }] } };
}

// A room with rooms below it is its own files only.
function depth(name: string): string {
  return ROOMS.some((other) => other.name.startsWith(`${name}/`)) ? '*' : '**/*';
}

/** `policy/*` for all rooms of policy, else each by its name. */
function named(rooms: readonly string[]): string {
  if (rooms.length === 0) return '';
  const whole = ['policy'].filter((folder) =>
    inFolder(
      ROOMS.map(({ name }) => name),
      folder,
    ).every((name) => rooms.includes(name)),
  );
  const rest = rooms.filter((name) => !whole.some((folder) => name.startsWith(`${folder}/`)));
  return code([...rest, ...whole.map((folder) => `${folder}/*`)]);
}

function inFolder(names: readonly string[], folder: string): readonly string[] {
  return names.filter((name) => name.startsWith(`${folder}/`));
}

function code(names: readonly string[]): string {
  return names.map((name) => `\`${name}\``).join(', ');
}

/** JSON as the formatter writes it: a list of plain values stands on one line where it fits. */
function toJson(value: unknown, indent: string): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const inner = `${indent}  `;
  if (Array.isArray(value)) {
    const items = value.map((item) => toJson(item, inner));
    const line = `[${items.join(', ')}]`;
    const plain = value.every((item) => typeof item !== 'object');
    if (plain && inner.length + line.length < WIDTH) return line;
    return `[\n${items.map((item) => `${inner}${item}`).join(',\n')}\n${indent}]`;
  }
  const members = Object.entries(value).map(([key, item]) => `${inner}${JSON.stringify(key)}: ${toJson(item, inner)}`);
  return `{\n${members.join(',\n')}\n${indent}}`;
}
