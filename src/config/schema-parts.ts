/**
 * The kinds of value that settings are made of, each with its limits and the words for a wrong one. Every message
 * continues the sentence "this setting …".
 */

import { isIP } from 'node:net';
import { z } from 'zod';
import { canonicalDomain } from '#core/identity.ts';
import { parseNetwork } from '#core/network.ts';

/** One line of printable text. */
export const text = z.string().regex(/^[^\p{C}]+$/u, 'must be one line of text and not empty');

/** A file name; relative ones start at the folder of the configuration file. */
export const fileName = z.string().regex(/^[^\p{C}]+$/u, 'must be a file name');

export const port = z.int().min(1).max(65_535);

export const hostname = z
  .string()
  .refine((name) => canonicalDomain(name) === name, 'must be a host name in lowercase, like mail.example.org');

export const domain = z
  .string()
  .refine(
    (name) => canonicalDomain(name) === name,
    'must be a mail domain in lowercase and A-label form, like example.org or xn--bcher-kva.example',
  );

export const listenAddress = z
  .string()
  .refine((address) => isIP(address) !== 0, 'must be an IPv4 or IPv6 address, like 127.0.0.1 or ::');

export const backendHost = z
  .string()
  .refine((host) => isIP(host) !== 0 || canonicalDomain(host) === host.toLowerCase(), 'must be a host name or address');

export const cidr = z
  .string()
  .refine((block) => parseNetwork(block) !== undefined, 'must be an address or a CIDR block, like 10.0.0.0/8');

/** A name that an operator gives to a listener or backend, and finds again in the log. */
export const label = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$/, 'must be a short name of letters, digits, dots and hyphens');

/** A time in seconds; fractions are allowed. */
export function seconds(min: number, max: number): z.ZodNumber {
  return z.number().min(min).max(max);
}

export const httpUrl = z
  .string()
  .max(200)
  .refine(
    (url) => /^https?:\/\/[\x21-\x7e]+$/.test(url) && URL.canParse(url),
    'must be a web address in ASCII, like https://mail.example.org/account',
  );

/** A secret written into the file itself, beside its `…_file` twin. */
export const secretText = z
  .string()
  .min(1)
  .max(1024)
  .regex(/^[^\r\n\0]+$/, 'must be one line');

/** True when exactly one of a secret and its `…_file` twin is given. */
export function givenOnce(inline: string | undefined, file: string | undefined): boolean {
  return (inline === undefined) !== (file === undefined);
}
