/** What a language has to have. English decides; another language does not compile until it has every text. */

import type { en } from './en.ts';

/** The same texts in another language: a sentence for a sentence, a function for a function. */
type SameTexts<T> = T extends string
  ? string
  : T extends (...args: infer A) => string
    ? (...args: A) => string
    : { readonly [K in keyof T]: SameTexts<T[K]> };

export type Texts = SameTexts<typeof en>;
