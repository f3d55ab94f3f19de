/**
 * Random forms, queries and bodies on every page of the portal, by a stranger and by somebody who is signed in: answered
 * as a page or led on, never an internal error, and nothing that was typed becomes markup.
 */

import assert from 'node:assert/strict';
import fc from 'fast-check';
import { z } from 'zod';
import { ROUTES } from '#portal/routes.ts';
import { enrolled, testAccount } from '../support/policy.ts';
import { signInFully, startTestPortal, type Browser, type Page } from '../support/portal.ts';
import { fuzzTarget, type FuzzTarget } from './target.ts';

const FormSchema = z.strictObject({
  route: z.string(),
  visitor: z.enum(['stranger', 'user']),
  fields: z.array(z.tuple([z.string(), z.string()])),
  /** Sent instead of the fields. */
  body: z.string().optional(),
});
type Form = z.output<typeof FormSchema>;

/** Names of the fields in the portal's own forms. */
const NAMES = ['user', 'password', 'code', 'token', 'name', 'method', 'address', 'scope', 'expiry', 'trust'];
const HOSTILE = '<i id="typed">&"\'';
const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.constantFrom('', '0', '-1', '123456', 'alice@example.org', '__proto__', '\0', 'x'.repeat(5000), '%', '😀'),
  fc.string({ maxLength: 10 }).map((around) => around + HOSTILE),
);
const form: fc.Arbitrary<Form> = fc.record(
  {
    route: fc.constantFrom(...ROUTES.map(({ method, path }) => `${method} ${path}`)),
    visitor: fc.constantFrom('stranger', 'user'),
    fields: fc.array(fc.tuple(fc.oneof(fc.constantFrom(...NAMES), text), text), { maxLength: 6 }),
    body: fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('token=%zz', '&&&=', 'a[b]=c&a=d', '%00=%ff')),
  },
  { requiredKeys: ['route', 'visitor', 'fields'] },
);

async function checkForm({ route, visitor, fields, body }: Form): Promise<void> {
  const portal = await startTestPortal({ mail: true });
  try {
    const account = testAccount();
    const { totp } = await enrolled(portal.context, account);
    const browser = visitor === 'stranger' ? portal.browser() : await signInFully(portal, account, totp);
    if (visitor === 'stranger') await browser.open('/sign-in');
    const page = await sent(browser, route, { fields, body });
    assert.ok(page.status < 500, `${page.status}: ${page.text}`);
    assert.ok(!page.html.includes(HOSTILE.slice(0, 6)), 'typed text has become markup');
    assert.deepEqual(
      portal.log.entries.filter(({ event }) => event === 'fault'),
      [],
    );
  } finally {
    await portal.close();
  }
}

function sent(browser: Browser, route: string, given: Pick<Form, 'fields' | 'body'>): Promise<Page> {
  const [method, path = ''] = route.split(' ');
  const { token } = browser;
  const query = new URLSearchParams(given.fields.map(([name, value]): [string, string] => [name, wellFormed(value)]));
  const concrete = path.replace(/:\w+/g, () => encodeURIComponent(wellFormed(given.fields[0]?.[1] ?? 'x1')));
  if (method === 'GET') return browser.get(`${concrete}?${query.toString()}`);
  if (given.body !== undefined) return browser.postBody(concrete, `token=${token}&${given.body}`);
  const fields = Object.fromEntries(given.fields);
  return browser.post(concrete, { token, ...fields });
}

// URLs hold no half of a pair.
function wellFormed(value: string): string {
  return value.toWellFormed();
}

export const FORM_TARGETS: readonly FuzzTarget[] = [
  fuzzTarget('portal-forms', { schema: FormSchema, inputs: form, check: checkForm, cost: 'slow' }),
];
