/** The portal over HTTP in this process, and browsers that visit it: each has cookies and fills in the form it sees. */

import type { LightMyRequestResponse } from 'fastify';
import { makeApp } from '#portal/app.ts';
import type {
  CodeMail,
  InstructionsMail,
  MailServer,
  PortalParts,
  PortalSettings,
} from '#portal/ports/portal-services.ts';
import type { Route } from '#portal/http/page.ts';
import { makePasskeyVerifier } from '#adapters/webauthn-verifier.ts';
import { memoryLog, type MemoryLog } from '#ops/log.ts';
import type { Attempt } from '#core/verdict.ts';
import type { ConfiguredAdmin } from '#policy/admins/admins.ts';
import type { PolicyContext } from '#policy/changes/account-changes.ts';
import { codeAt, START_MS, testTools, type Clock } from './policy.ts';
import type { Account } from '#core/identity.ts';
import type { Secret } from '#core/secret.ts';
import type { PasswordHasher } from '#policy/ports/password-hasher.ts';

export const PORTAL_URL = 'https://mail.example.org';
export const MAIL_SERVERS: readonly MailServer[] = [
  { protocol: 'imap', host: 'imap.example.org', port: 993, tls: 'implicit' },
  { protocol: 'pop3', host: 'mail.example.org', port: 110, tls: 'starttls' },
  { protocol: 'submission', host: 'smtp.example.org', port: 465, tls: 'implicit' },
];
export const ORDINARY_PASSWORD = 'correct horse';

export interface Seen {
  readonly clock: Clock;
  readonly context: PolicyContext;
  readonly log: MemoryLog;
  /** What the backend was asked. */
  readonly asked: Attempt[];
  /** What the backend answers; by default right for ORDINARY_PASSWORD. */
  backend: (attempt: Attempt) => 'right' | 'wrong' | 'unavailable';
  /** The notices of admins that were mailed. */
  readonly instructions: InstructionsMail[];
  /** The codes that were mailed. */
  readonly mails: CodeMail[];
  /** What comes of a mail. */
  relay: 'sent' | 'on-its-way' | 'failed';
}

export interface TestPortal extends Seen {
  browser(options?: BrowserOptions): Browser;
  close(): Promise<void>;
}

interface BrowserOptions {
  readonly address?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface PortalOptions {
  readonly settings?: Partial<PortalSettings>;
  readonly routes?: readonly Route[];
  readonly context?: PolicyContext;
  readonly clock?: Clock;
  /** Admins of the configuration. */
  readonly admins?: readonly ConfiguredAdmin[];
  /** Mail can be sent; absent: it cannot. */
  readonly mail?: true;
}

/** bcrypt takes a third of a second; here the words matter, not the hash. */
export const QUICK_HASHER: PasswordHasher = {
  hash: async (password) => `hashed ${password}`,
  verify: async (password, hash) => hash === `hashed ${password}`,
};

/** What a portal is handed in a test; what it does with it can be looked at. */
export function testParts(options: PortalOptions = {}): {
  readonly parts: PortalParts;
  readonly seen: Seen;
} {
  const clock = options.clock ?? { now: START_MS };
  const seen: Seen = {
    clock,
    context: options.context ?? testTools(clock),
    log: memoryLog(),
    asked: [],
    instructions: [],
    mails: [],
    relay: 'sent',
    backend: ({ offered }) =>
      offered.kind === 'password' && offered.password.expose() === ORDINARY_PASSWORD ? 'right' : 'wrong',
  };
  const mail = {
    sendCode: async (code: CodeMail) => {
      if (seen.relay === 'sent') seen.mails.push(code);
      return seen.relay;
    },
    sendInstructions: async (instructions: InstructionsMail) => {
      seen.instructions.push(instructions);
      return seen.relay;
    },
    defaultInstructions: (_language: string, dated: boolean) => ({
      subject: dated ? 'Before {date}' : 'Please set it up',
      body: 'What to do for {account}: {portal}',
    }),
  };
  const parts: PortalParts = {
    settings: { url: PORTAL_URL, listen: [], trustedProxies: [], mailServers: MAIL_SERVERS, ...options.settings },
    context: seen.context,
    identity: { localPart: 'lowercase', subaddressDelimiter: '+', masterUserSeparator: '*' },
    limits: {
      accountFailures: 20,
      accountNetworkFailures: 10,
      failureWindowSeconds: 900,
      networkVerdicts: 1000,
      networkWindowSeconds: 20,
    },
    passkeys: makePasskeyVerifier(),
    checkOrdinaryPassword: async (attempt) => {
      seen.asked.push(attempt);
      return seen.backend(attempt);
    },
    admins: { configured: options.admins ?? [], domains: [], hasher: QUICK_HASHER },
    ending: new AbortController().signal,
    mail: options.mail && mail,
    log: seen.log,
  };
  return { parts, seen };
}

/** Starts a portal over a store in memory. */
export async function startTestPortal(options: PortalOptions = {}): Promise<TestPortal> {
  const { parts, seen } = testParts(options);
  const app = await makeApp(parts, options.routes);
  const url = new URL(parts.settings.url);
  return Object.assign(seen, {
    browser: ({ address = '192.0.2.7', headers = {} }: BrowserOptions = {}) =>
      new Browser((request) => app.inject({ ...request, remoteAddress: address }), { url, headers }),
    close: () => app.close(),
  });
}

export interface Page {
  readonly status: number;
  readonly headers: LightMyRequestResponse['headers'];
  readonly html: string;
  /** Its text without markup, entities resolved, spaces pulled together. */
  readonly text: string;
  /** Where a redirect leads; '' for none. */
  readonly location: string;
}

interface Sent {
  readonly method: 'GET' | 'POST';
  readonly url: string;
  readonly headers: Record<string, string>;
  readonly payload?: string;
}

export class Browser {
  readonly cookies = new Map<string, string>();
  readonly #send: (request: Sent) => Promise<LightMyRequestResponse>;
  readonly #around: { readonly url: URL; readonly headers: Readonly<Record<string, string>> };
  /** The page that is open now. */
  page: Page = { status: 0, headers: {}, html: '', text: '', location: '' };

  constructor(send: (request: Sent) => Promise<LightMyRequestResponse>, around: Browser['around']) {
    this.#send = send;
    this.#around = around;
  }

  get around(): { readonly url: URL; readonly headers: Readonly<Record<string, string>> } {
    return this.#around;
  }

  /** Opens a page and follows redirects. */
  async open(path: string): Promise<Page> {
    return this.#follow(await this.get(path));
  }

  /** One GET, redirects not followed. */
  async get(path: string, headers: Readonly<Record<string, string>> = {}): Promise<Page> {
    return this.#exchange({ method: 'GET', url: path, headers });
  }

  /** Sends the form of the open page that leads to `action`, filled in with `fields`, and follows redirects. */
  async submit(action: string, fields: Readonly<Record<string, string | readonly string[]>> = {}): Promise<Page> {
    const hidden = formIn(this.page.html, action);
    if (hidden === undefined) throw new Error(`no form to ${action} in: ${this.page.text}`);
    return this.#follow(await this.post(action, { ...hidden, ...fields }));
  }

  /** One POST, redirects not followed; without a token unless `fields` has one. */
  async post(
    path: string,
    fields: Readonly<Record<string, string | readonly string[]>>,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Page> {
    const pairs = Object.entries(fields).flatMap(([name, value]) =>
      (typeof value === 'string' ? [value] : value).map((one): [string, string] => [name, one]),
    );
    return this.postBody(path, new URLSearchParams(pairs).toString(), headers);
  }

  /** One POST of a form's body as it is written here. */
  async postBody(path: string, payload: string, headers: Readonly<Record<string, string>> = {}): Promise<Page> {
    return this.#exchange({
      method: 'POST',
      url: path,
      headers: {
        origin: this.#around.url.origin,
        'sec-fetch-site': 'same-origin',
        'content-type': 'application/x-www-form-urlencoded',
        ...headers,
      },
      payload,
    });
  }

  /** One POST of this text, as a mail program sends it: no form, no token. */
  async postRaw(path: string, payload: string, headers: Readonly<Record<string, string>>): Promise<Page> {
    return this.#exchange({ method: 'POST', url: path, headers, payload });
  }

  /** The token of the open page's forms. */
  get token(): string {
    return /name="token" value="([^"]+)"/.exec(this.page.html)?.[1] ?? '';
  }

  async #follow(page: Page): Promise<Page> {
    let current = page;
    for (let hops = 0; current.location !== ''; hops++) {
      if (hops === 10) throw new Error('redirected in circles');
      current = await this.get(current.location);
    }
    return current;
  }

  async #exchange(request: Sent): Promise<Page> {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const sent = {
      host: this.#around.url.host,
      ...(cookie === '' ? {} : { cookie }),
      ...this.#around.headers,
      ...request.headers,
    };
    const response = await this.#send({ ...request, headers: sent });
    for (const { name, value, maxAge, expires } of response.cookies) {
      const ended = value === '' || maxAge === 0 || (expires !== undefined && expires.getTime() <= 0);
      if (ended) this.cookies.delete(name);
      else this.cookies.set(name, value);
    }
    const html = response.body;
    const location = response.headers.location ?? '';
    this.page = { status: response.statusCode, headers: response.headers, html, text: textOf(html), location };
    return this.page;
  }
}

function textOf(html: string): string {
  return unescaped(html.replace(/<(head|script|style)[\s\S]*?<\/\1>/g, ' ').replace(/<[^>]+>/g, ' '))
    .replace(/\s+/g, ' ')
    .trim();
}

function unescaped(text: string): string {
  return text
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&amp;', '&');
}

/** The hidden fields of the form with this action; undefined when there is none. */
function formIn(html: string, action: string): Record<string, string> | undefined {
  for (const [, attributes = '', content = ''] of html.matchAll(/<form ([^>]*)>([\s\S]*?)<\/form>/g)) {
    if (!attributes.includes(`action="${action}"`)) continue;
    const hidden = [...content.matchAll(/<input type="hidden" name="([^"]+)" value="([^"]*)"/g)];
    return Object.fromEntries(hidden.map(([, name = '', value = '']) => [name, unescaped(value)]));
  }
  return undefined;
}

/** Opens the sign-in page, gives the ordinary password and follows where that leads. */
export async function givePassword(browser: Browser, account: Account, password = ORDINARY_PASSWORD): Promise<Page> {
  await browser.open('/sign-in');
  return browser.submit('/sign-in', { user: account.name, password });
}

/** Signs somebody in who has an authenticator app, with a code that was not used before. */
export async function signInFully(portal: TestPortal, account: Account, totp: Secret): Promise<Browser> {
  const browser = portal.browser();
  await givePassword(browser, account);
  portal.clock.now += 60_000;
  const page = await browser.submit('/sign-in/code', { code: codeAt(totp, portal.clock.now).expose() });
  if (page.status !== 200) throw new Error(`not signed in: ${page.text}`);
  return browser;
}
