/**
 * HTML by tagged template: every value is escaped, for text and for quoted attributes alike (HTML §13.1.2). There is no
 * way to write an unquoted attribute, a script or a style with a value in it: pages hold neither scripts nor styles.
 */

/** A piece of a page. Only this file can make one, so that no text from outside passes for markup. */
export class Html {
  readonly #markup: string;

  constructor(key: typeof KEY, markup: string) {
    if (key !== KEY) throw new Error('Html is made by html`…` only');
    this.#markup = markup;
  }

  /** The markup. */
  toString(): string {
    return this.#markup;
  }
}

/** What may stand in a template. `undefined`, `false` and an empty list leave nothing. */
export type HtmlValue = Html | string | number | false | undefined | readonly HtmlValue[];

const KEY = Symbol('html');
const ENTITIES = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' } as const;

/** Makes a piece of a page of a template whose values are escaped. */
export function html(parts: TemplateStringsArray, ...values: readonly HtmlValue[]): Html {
  const text = parts.map((part, index) => part + textOf(values[index])).join('');
  return new Html(KEY, text);
}

/** A drawing that this program made: shapes and numbers, no text from outside. */
export function drawing(svg: string): Html {
  return new Html(KEY, svg);
}

function textOf(value: HtmlValue): string {
  if (value === undefined || value === false) return '';
  if (value instanceof Html) return value.toString();
  if (typeof value === 'object') return value.map((one) => textOf(one)).join('');
  return String(value).replace(/[&<>"']/g, (sign) => entityOf(sign));
}

function entityOf(sign: string): string {
  return Object.entries(ENTITIES).find(([plain]) => plain === sign)?.[1] ?? '';
}
