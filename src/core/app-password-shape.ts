/**
 * What an app password looks like, whoever typed it. Says nothing about whether it exists: policy/ makes and checks
 * them, ops/ keeps them out of the log when somebody types one as the user name.
 */

/** 32 lowercase letters and digits that cannot be mistaken for one another: no 0 and o, no 1 and l. */
export const APP_PASSWORD_ALPHABET = 'abcdefghijkmnpqrstuvwxyz23456789';

/** 16 characters of 5 bits: 80 bits. */
export const APP_PASSWORD_LENGTH = 16;

// What people and programs put between the groups, or around the whole when pasting: spaces of any kind and hyphens.
const BETWEEN_GROUPS = /[\s\u00a0\u2010-\u2015-]+/gu;
const SHAPE = new RegExp(`^[${APP_PASSWORD_ALPHABET}]{${APP_PASSWORD_LENGTH}}$`);

/**
 * The 16 characters of an app password as typed, in any case, with or without spaces or hyphens; undefined when the
 * text cannot be one. The longest text that is looked at is 64 characters, so that a huge one costs nothing.
 */
export function appPasswordCharacters(typed: string): string | undefined {
  if (typed.length < APP_PASSWORD_LENGTH || typed.length > 64) return undefined;
  const characters = typed.replace(BETWEEN_GROUPS, '').toLowerCase();
  return SHAPE.test(characters) ? characters : undefined;
}

/** True when the text has the shape of an app password. */
export function looksLikeAppPassword(typed: string): boolean {
  return appPasswordCharacters(typed) !== undefined;
}
