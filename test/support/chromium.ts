/** Debian's Chromium for tests, and a look at each page: accessible, nothing beyond the edge on a small phone. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { chromium, type Browser, type Page } from 'playwright-core';

const ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
const AXE = readFileSync(fileURLToPath(import.meta.resolve('axe-core/axe.min.js')), 'utf8');
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

/** Chromium without what draws windows: half the work for the same pages. */
export function launchChromium(): Promise<Browser> {
  return chromium.launch({ executablePath: '/usr/bin/chromium-headless-shell', args: ARGUMENTS });
}

/** A page that trusts the test's authority. What the browser complains of is kept in `complaints`. */
export async function newPage(
  browser: Browser,
  options: { readonly script?: 'off'; readonly baseURL: string },
): Promise<{ readonly page: Page; readonly complaints: readonly string[] }> {
  const context = await browser.newContext({
    baseURL: options.baseURL,
    ignoreHTTPSErrors: true,
    javaScriptEnabled: options.script !== 'off',
    locale: 'en-GB',
  });
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  context.setDefaultTimeout(60_000);
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('console', (message) => {
    // A page that is refused on purpose is said there as well.
    if (message.type() === 'error' && !/the server responded with a status of 4\d\d/.test(message.text())) {
      complaints.push(message.text());
    }
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  return { page, complaints };
}

/** Gives this page's browser an authenticator for passkeys (Chrome DevTools Protocol, WebAuthn domain). */
export async function plugIn(page: Page): Promise<void> {
  const devTools = await page.context().newCDPSession(page);
  await devTools.send('WebAuthn.enable');
  const options = {
    protocol: 'ctap2',
    transport: 'internal',
    hasUserVerification: true,
    isUserVerified: true,
    automaticPresenceSimulation: true,
  } as const;
  await devTools.send('WebAuthn.addVirtualAuthenticator', { options });
}

/** Looks at the page as it is, in light and dark: axe-core finds nothing, and 320 px are wide enough. */
export async function lookAt(page: Page): Promise<void> {
  const title = await page.title();
  await loadAxe(page);
  // Between the two looks nothing changes but the colours.
  const looks = [
    ['light', RULES],
    ['dark', ['color-contrast']],
  ] as const;
  for (const [colorScheme, rules] of looks) {
    await page.emulateMedia({ colorScheme });
    const found: unknown = await page.evaluate(
      `axe.run({ runOnly: ${JSON.stringify(rules)} }).then(({ violations }) =>
        violations.flatMap(({ id, nodes }) => nodes.map(({ target, failureSummary }) => [id, target, failureSummary])))`,
    );
    assert.deepEqual(found, [], `${title}, ${colorScheme}`);
  }
  const size = page.viewportSize();
  await page.setViewportSize({ width: 320, height: 640 });
  assert.equal(await page.evaluate('document.documentElement.scrollWidth'), 320, `${title} on a small phone`);
  if (size !== null) await page.setViewportSize(size);
}

/**
 * Straight to the page: page.evaluate() takes three times as long for a script of this size. The session stays, for its
 * end would take the page's authenticator away.
 */
async function loadAxe(page: Page): Promise<void> {
  const devTools = await page.context().newCDPSession(page);
  const { exceptionDetails } = await devTools.send('Runtime.evaluate', { expression: `${AXE};0` });
  assert.equal(exceptionDetails, undefined);
}
