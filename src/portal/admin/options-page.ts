/** What a domain permits besides its mode: methods, showing app passwords, hints, trusted browsers, limits. */

import { DOMAIN_BOUNDS, DOMAIN_NUMBERS, setDomain, showDomain } from '#policy/domains/domains.ts';
import type { DomainChange, DomainView } from '#policy/domains/domains.ts';
import { choices, field } from '#portal/markup/form-fields.ts';
import { html, type Html } from '#portal/markup/html.ts';
import { form } from '#portal/layout/layout.ts';
import { PATHS, withParameters } from '#portal/http/paths.ts';
import type { PageResponse, Form, Route, SignedInRequest } from '#portal/http/page.ts';
import { adminHead, saying } from './admin-pane.ts';
import { FACTOR_KINDS, type FactorKind } from '#policy/ports/records.ts';

const path = PATHS.adminOptions;
const needs = { path, level: 'admin-recent', right: 'set-policy' } as const;

export const adminOptionsRoutes: readonly Route[] = [
  { ...needs, method: 'GET', handle: show },
  { ...needs, method: 'POST', returnTo: path, handle: save },
];

/** In the order of the form. */
const PLACES = { email: 1, totp: 2, passkey: 3 } as const satisfies Record<FactorKind, number>;
const METHODS = FACTOR_KINDS.toSorted((a, b) => PLACES[a] - PLACES[b]);
type NumberName = (typeof DOMAIN_NUMBERS)[number];

/** What an empty field means. */
const EMPTY = {
  trustedBrowserDays: 0,
  maxAppPasswords: undefined,
  appPasswordDays: undefined,
} as const satisfies Record<NumberName, number | undefined>;

/** The fields as they stand in the form. */
interface Filled {
  readonly epoch: string;
  readonly methods: readonly string[];
  readonly reveal: string;
  readonly hints: string;
  readonly numbers: Readonly<Record<NumberName, string>>;
}

type Faults = ReadonlySet<NumberName | 'methods'>;

async function show(request: SignedInRequest): Promise<PageResponse> {
  return page(request, filledFrom(await showDomain(request.parts.context, request.domain)), new Set());
}

async function page(request: SignedInRequest, filled: Filled, faults: Faults): Promise<PageResponse> {
  const { texts, domain } = request;
  const { options: words } = texts.admin;
  const content = html`<input type="hidden" name="epoch" value="${filled.epoch}" />
    ${choiceFields(request, filled, faults)} ${numberFields(request, filled, faults)}
    <button class="main">${words.save}</button>`;
  const body = html`${await adminHead(request, 'options')}
    <section class="card">${form(request, withParameters(path, { domain }), content)}</section>`;
  return { kind: 'page', status: faults.size === 0 ? 200 : 422, title: words.title, body };
}

function choiceFields({ texts }: SignedInRequest, filled: Filled, faults: Faults): Html {
  const { options: words } = texts.admin;
  const methods = METHODS.map((value) => ({ value, label: words[value], chosen: filled.methods.includes(value) }));
  const option = (chosen: string, value: string, label: string, hint: string) => ({
    value,
    label,
    hint,
    chosen: chosen === value,
  });
  const fault = faults.has('methods') ? words.methodsNone : undefined;
  const about = { name: 'methods', type: 'checkbox', label: words.methods, hint: words.methodsHint, fault } as const;
  return html`${choices(about, methods)}
  ${choices({ name: 'reveal', type: 'radio', label: words.reveal }, [
    option(filled.reveal, 'always', words.always, words.alwaysHint),
    option(filled.reveal, 'once', words.once, words.onceHint),
  ])}
  ${choices({ name: 'hints', type: 'radio', label: words.hints }, [
    option(filled.hints, 'always', words.hintsOn, words.hintsOnHint),
    option(filled.hints, 'never', words.hintsOff, words.hintsOffHint),
  ])}`;
}

function numberFields({ texts }: SignedInRequest, { numbers }: Filled, faults: Faults): Html {
  const { options: words } = texts.admin;
  const labels = {
    trustedBrowserDays: [words.trust, words.trustHint],
    maxAppPasswords: [words.max, words.maxHint],
    appPasswordDays: [words.expiry, words.expiryHint],
  } as const satisfies Record<NumberName, unknown>;
  return html`${DOMAIN_NUMBERS.map((name) => {
    const [label, hint] = labels[name];
    const { min, max } = DOMAIN_BOUNDS[name];
    const fault = faults.has(name) ? words.wholeNumber(min, max) : undefined;
    const common = { name, label, hint, fault, value: numbers[name] };
    return field({ ...common, autocomplete: 'off', kind: 'digits', maxLength: 4, optional: true });
  })}`;
}

async function save(request: SignedInRequest): Promise<PageResponse> {
  const { parts, who, texts, domain } = request;
  const filled = filledIn(request.form);
  const methods = METHODS.filter((method) => filled.methods.includes(method));
  const wrong = DOMAIN_NUMBERS.filter((name) => numberIn(filled, name) === 'wrong');
  const faults: Faults = new Set([...wrong, ...(methods.length === 0 ? (['methods'] as const) : [])]);
  if (faults.size > 0) return page(request, filled, faults);
  const change: DomainChange = {
    methods,
    reveal: filled.reveal === 'once' ? 'once' : 'always',
    hints: filled.hints === 'never' ? 'never' : 'always',
    trustedBrowserDays: limitIn(filled, 'trustedBrowserDays'),
    maxAppPasswords: limitIn(filled, 'maxAppPasswords'),
    appPasswordDays: limitIn(filled, 'appPasswordDays'),
    expectedEpoch: Number(filled.epoch),
  };
  await setDomain(parts.context, who.account.name, domain, change);
  return saying(request, texts.admin.options.saved, withParameters(path, { domain }));
}

function filledFrom({ record, epoch }: DomainView): Filled {
  const text = (value: number | undefined): string => (value === undefined ? '' : String(value));
  return {
    epoch: String(epoch),
    methods: record.methods,
    reveal: record.reveal,
    hints: record.hints,
    numbers: {
      trustedBrowserDays: text(record.trustedBrowserDays ?? 0),
      maxAppPasswords: text(record.maxAppPasswords),
      appPasswordDays: text(record.appPasswordDays),
    },
  };
}

function filledIn(form: Form): Filled {
  return {
    epoch: form.text('epoch'),
    methods: form.all('methods'),
    reveal: form.text('reveal'),
    hints: form.text('hints'),
    numbers: {
      trustedBrowserDays: form.text('trustedBrowserDays').trim(),
      maxAppPasswords: form.text('maxAppPasswords').trim(),
      appPasswordDays: form.text('appPasswordDays').trim(),
    },
  };
}

function limitIn(filled: Filled, name: NumberName): number | undefined {
  const number = numberIn(filled, name);
  return number === 'wrong' ? undefined : number;
}

function numberIn({ numbers }: Filled, name: NumberName): number | undefined | 'wrong' {
  const { min, max } = DOMAIN_BOUNDS[name];
  const text = numbers[name];
  if (text === '') return EMPTY[name];
  const number = /^\d{1,4}$/.test(text) ? Number(text) : Number.NaN;
  return number >= min && number <= max ? number : 'wrong';
}
