/** One more app password: name, protocols, expiry. */

import { Fault, isFault } from '#core/fault.ts';
import { APP_PASSWORD_SCOPES } from '#core/protocols.ts';
import { addAppPassword } from '#policy/app-passwords/app-passwords.ts';
import { choices, field, notice } from '#portal/markup/form-fields.ts';
import { html } from '#portal/markup/html.ts';
import { form } from '#portal/layout/layout.ts';
import { PATHS, withId } from '#portal/http/paths.ts';
import { putFlash } from '#portal/session/flash.ts';
import { redirect, type PageResponse, type Route, type SignedInRequest } from '#portal/http/page.ts';
import { cancelLink, paneHead } from '#portal/layout/pane.ts';

export const newAppPasswordRoutes: readonly Route[] = [
  { method: 'GET', path: PATHS.newAppPassword, level: 'recent', handle: async (request) => ask(request, undefined) },
  { method: 'POST', path: PATHS.newAppPassword, level: 'recent', returnTo: PATHS.newAppPassword, handle: add },
];

const DAY_MS = 86_400_000;
const EXPIRIES = { never: undefined, month: 30, quarter: 90, year: 365 } as const;
type Expiry = keyof typeof EXPIRIES;
const EXPIRY_NAMES: readonly Expiry[] = ['never', 'month', 'quarter', 'year'];

type Trouble = 'name-missing' | 'name-taken' | 'no-protocol' | 'full';

function ask(request: SignedInRequest, trouble: Trouble | undefined): PageResponse {
  const { texts, form: sent } = request;
  const { appPasswords: words } = texts;
  const first = trouble === undefined;
  const scopes = sent.all('scope');
  const protocols = APP_PASSWORD_SCOPES.map((value) => {
    return { value, label: texts.protocols[value], chosen: first || scopes.includes(value) };
  });
  const chosenExpiry = sent.text('expiry');
  const permitted = permittedExpiries(request);
  const expiries = permitted.map((value, index) => {
    const chosen = permitted.some((one) => one === chosenExpiry) ? value === chosenExpiry : index === 0;
    return { value, label: words.expiries[value], chosen };
  });
  const nameFault = { 'name-missing': words.nameMissing, 'name-taken': words.nameTaken } as const;
  const fault = trouble === 'name-missing' || trouble === 'name-taken' ? nameFault[trouble] : undefined;
  const fields = html` ${field({
      name: 'name',
      label: words.name,
      hint: words.nameHint,
      fault,
      value: sent.text('name'),
      autocomplete: 'off',
      maxLength: 64,
      first,
    })}
    ${choices(
      {
        name: 'scope',
        type: 'checkbox',
        label: words.worksFor,
        hint: words.protocolsHint,
        fault: trouble === 'no-protocol' ? words.noProtocol : undefined,
      },
      protocols,
    )}
    ${expiries.length > 1 && choices({ name: 'expiry', type: 'radio', label: words.expiry }, expiries)}
    <div class="answers"><button class="main">${words.addSubmit}</button> ${cancelLink(request)}</div>`;
  const body = html`${paneHead(request, words.addTitle)}
    <section class="card">
      ${trouble === 'full' && notice('fault', words.full)}
      <p>${words.addLead}</p>
      ${form(request, PATHS.newAppPassword, fields)}
    </section>`;
  return { kind: 'page', status: first ? 200 : 422, title: words.addTitle, body };
}

async function add(request: SignedInRequest): Promise<PageResponse> {
  const { parts, who, form: sent, now } = request;
  const name = sent.text('name').normalize('NFC').trim();
  const scopes = APP_PASSWORD_SCOPES.filter((scope) => sent.all('scope').includes(scope));
  const { appPasswords } = who.record;
  if (scopes.length === 0) return ask(request, 'no-protocol');
  if (appPasswords.some((one) => one.name === name)) return ask(request, 'name-taken');
  const days = EXPIRIES[permittedExpiries(request).find((one) => one === sent.text('expiry')) ?? 'never'];
  const expiresAt = days === undefined ? undefined : now + days * DAY_MS;
  try {
    const wanted = { name, scopes, expiresAt };
    const { appPassword, secret } = await addAppPassword(parts.context, who.account.name, who.account, wanted);
    await putFlash(parts, who.session, 'app-password', { id: appPassword.id, secret });
    return redirect(withId(PATHS.appPassword, appPassword.id));
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    if (isFault(error, 'USAGE')) return ask(request, 'name-missing');
    if (isFault(error, 'NOT_ALLOWED') && appPasswords.length > 0) return ask(request, 'full');
    throw error;
  }
}

// Where the domain limits the life of app passwords, `never` means that limit, and longer ones are not offered.
function permittedExpiries({ who }: SignedInRequest): readonly Expiry[] {
  const { appPasswordDays: longest } = who.policy;
  return EXPIRY_NAMES.filter((name) => longest === undefined || (EXPIRIES[name] ?? 0) <= longest);
}
