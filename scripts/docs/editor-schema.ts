/** Writes config/postern.schema.json, by which editors check and complete a configuration file. */

import type { SettingNode } from '#config/tree.ts';

/** The text of the schema. */
export function editorSchema(root: SettingNode): string {
  const { $schema, ...rest } = root;
  const titled = { $schema, title: 'Configuration of Postern', ...rest };
  return `${JSON.stringify(titled, plainBounds, 2)}\n`;
}

// The largest whole number that JavaScript can hold is no limit that an operator should read.
function plainBounds(key: string, value: unknown): unknown {
  return key === 'maximum' && value === Number.MAX_SAFE_INTEGER ? undefined : value;
}
