import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Secret } from '#core/secret.ts';
import { composeMail, defaultInstructions } from '#mail/compose.ts';
import { LANGUAGES } from '#core/languages.ts';
import type { MailContent, MailFrame, NoticeAction } from '#mail/content.ts';

const AT = Date.UTC(2026, 10, 24, 3, 4);
const FRAME: MailFrame = { service: 'Example Mail', portalUrl: 'https://mail.example.org/account', language: 'en' };
const CODE: MailContent = {
  kind: 'code',
  purpose: 'sign-in',
  account: 'alice@example.org',
  code: new Secret('012345'),
  minutes: 10,
};
const ACTIONS: readonly NoticeAction[] = [
  'account.enrolled',
  'account.unenrolled',
  'account.factor-removed',
  'account.factors-reset',
  'account.recovery-address-changed',
  'account.recovery-code-used',
  'account.recovery-codes-renewed',
  'app-password.added',
  'app-password.reset',
  'app-password.revoked',
];

function everyMail(): readonly MailContent[] {
  const account = 'alice@example.org';
  const notices = ACTIONS.flatMap((action) =>
    (['owner', 'admin'] as const).map(
      (actor) => ({ kind: 'notice', action, actor, account, at: AT, name: 'Phone' }) as const,
    ),
  );
  const codes = (['sign-in', 'step-up', 'recovery-address', 'email-factor'] as const).map((purpose) => ({
    ...CODE,
    purpose,
  }));
  return [
    ...notices,
    ...codes,
    { kind: 'recovery-codes-low', account, left: 2 },
    { kind: 'recovery-codes-low', account, left: 0 },
    { kind: 'new-browser', account, at: AT, browser: 'Firefox on Linux', network: '192.0.2.0/24' },
    { kind: 'instructions', account, date: AT, ...defaultInstructions('en', 'Example Mail', true) },
  ];
}

test('a code can be read on a lock screen: it begins subject and text', () => {
  const { subject, text } = composeMail(CODE, FRAME);
  assert.equal(subject, '012345 is your Example Mail code');
  assert.match(text, /^012345 is your code to sign in\.\n/);
  assert.match(text, /alice@example\.org, works once, and ends after 10 minutes/);
});

test('every mail has a subject that says what it is about, text and HTML of the same words, in each language', () => {
  for (const { code: language } of LANGUAGES) {
    for (const content of everyMail()) {
      const { subject, text, html } = composeMail(content, { ...FRAME, language });
      assert.match(subject, /^.{8,78}$/u, subject);
      assert.match(html, new RegExp(`<html lang="${language}">`));
      const [first = ''] = text.split('\n\n');
      assert.ok(html.replaceAll(/<[^>]+>/g, '').includes(first), first);
      assert.doesNotMatch(text, /undefined|\{\w+\}|\[secret\]/);
      assert.doesNotMatch(html, /undefined|\{\w+\}|\[secret\]/);
    }
  }
});

test('HTML loads nothing and runs nothing', () => {
  for (const content of everyMail()) {
    const { html } = composeMail(content, FRAME);
    assert.doesNotMatch(html, /<(?:img|script|link|style|iframe|form)|src=|url\(| on\w+=/i);
    for (const [, href] of html.matchAll(/href="([^"]*)"/g)) assert.equal(href, FRAME.portalUrl);
  }
});

test('no name of a user becomes markup, a link or a header', () => {
  const name = '<img src=x onerror=alert(1)>\r\nBcc: x@y.z https://evil.example/ "&';
  const { subject, html, text } = composeMail(
    { kind: 'notice', action: 'app-password.added', actor: 'owner', account: 'alice@example.org', at: AT, name },
    FRAME,
  );
  assert.ok(!/[\r\n]/.test(subject));
  assert.ok(!html.includes('<img'));
  assert.ok(html.includes('&lt;img src=x'));
  assert.ok(!html.includes('href="https://evil.example/'));
  assert.ok(text.includes('<img src=x'));
});

test('an admin’s own words are filled in for each user and escaped', () => {
  const content: MailContent = {
    kind: 'instructions',
    account: '$&@example.org',
    subject: 'For {account}',
    body: 'Dear {account},\r\n\r\nby {date} <b>please</b> go to {portal}.',
    date: AT,
  };
  const { subject, text, html } = composeMail(content, FRAME);
  assert.equal(subject, 'For $&@example.org');
  assert.match(text, /^Dear \$&@example\.org,\n\nby 24 November 2026 at 03:04 UTC <b>please<\/b> go to https:\/\/mail/);
  assert.match(html, /&lt;b&gt;please&lt;\/b&gt; go to <a href="https:\/\/mail\.example\.org\/account">/);
});

test('without a portal no sentence has a hole', () => {
  for (const content of everyMail().filter(({ kind }) => kind !== 'instructions')) {
    const { text } = composeMail(content, { ...FRAME, portalUrl: '' });
    assert.doesNotMatch(text, /: \n|:\s*$|  /m, text);
  }
});
