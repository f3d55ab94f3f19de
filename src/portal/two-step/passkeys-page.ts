/** Passkeys in Settings › Account › 2-Step Authentication: adding one with a name, and taking one away. */

import { Fault, isFault } from '#core/fault.ts';
import { beginPasskey, confirmPasskey, removePasskey, type PasskeyAdded } from '#policy/factors/passkeys.ts';
import { sessionCookie } from '#portal/http/cookies.ts';
import { field, notice } from '#portal/markup/form-fields.ts';
import { html } from '#portal/markup/html.ts';
import { form } from '#portal/layout/layout.ts';
import {
  MAX_PASSKEY_ANSWER,
  PASSKEY_FIELD,
  passkeyAnswer,
  passkeyField,
  passkeyPart,
} from '#portal/sign-in/passkey-form.ts';
import { offersPasskeys, passkeyTools } from '#portal/sign-in/passkey-context.ts';
import { PATHS, withId, type OwnPath } from '#portal/http/paths.ts';
import { redirect, type PageResponse, type Route, type SignedInRequest } from '#portal/http/page.ts';
import { cancelLink, paneHead } from '#portal/layout/pane.ts';
import { restartSession } from './renew-session.ts';
import { goOn } from './set-up-done-page.ts';
import type { PasskeyRecord } from '#policy/ports/records.ts';

const { setUpPasskey, removePasskey: removePath } = PATHS;

export const passkeyRoutes: readonly Route[] = [
  { method: 'GET', path: setUpPasskey, level: 'set-up', handle: (request) => ask(request) },
  { method: 'POST', path: setUpPasskey, level: 'set-up', returnTo: setUpPasskey, handle: add },
  { method: 'GET', path: removePath, level: 'recent', handle: askToRemove },
  { method: 'POST', path: removePath, level: 'recent', returnTo: removePath, handle: remove },
];

interface Trouble {
  readonly name?: string;
  readonly notProven?: true;
}

async function ask(request: SignedInRequest, trouble: Trouble = {}): Promise<PageResponse> {
  const { parts, who, texts } = request;
  const { passkeys: words } = texts;
  if (!offersPasskeys(parts)) throw new Fault('NOT_ALLOWED', 'the portal has no host name to bind passkeys to');
  const options = await beginPasskey(passkeyTools(parts), { session: who.session.id, account: who.account });
  const content = html`${field({
      name: 'name',
      label: words.name,
      hint: words.nameHint,
      fault: trouble.name,
      value: request.form.text('name') || request.browser,
      autocomplete: 'off',
      maxLength: 64,
    })}
    ${passkeyField()}
    <div class="answers">
      <button class="main" data-go hidden>${words.create}</button>
      ${who.pendingStep === 'nothing' && cancelLink(request)}
    </div>`;
  const body = html`${paneHead(request, words.addTitle)}
    <section class="card">
      ${trouble.notProven && notice('fault', words.notProven)}
      <p>${words.addLead}</p>
      ${passkeyPart(request, { kind: 'create', options }, form(request, setUpPasskey, content))}
      ${who.pendingStep === 'set-up' && html`<p><a href="${request.link(PATHS.setUp)}">${texts.twoStep.otherMethod}</a></p>`}
    </section>`;
  const wrong = trouble.name !== undefined || trouble.notProven === true;
  return { kind: 'page', status: wrong ? 422 : 200, title: words.addTitle, body };
}

async function add(request: SignedInRequest): Promise<PageResponse> {
  const added = await confirmed(request);
  if (added === 'no-name') return ask(request, { name: request.texts.appPasswords.nameMissing });
  if (added.kind === 'not-proven') return ask(request, { notProven: true });
  if (added.kind === 'enrolled' || added.kind === 'restored') return goOn(request, added);
  const { cookie } = await restartSession(request);
  return redirect(PATHS.twoStep, { cookies: [sessionCookie(cookie)] });
}

async function confirmed({ parts, who, form: sent }: SignedInRequest): Promise<PasskeyAdded | 'no-name'> {
  const { account, session } = who;
  const answer = { name: sent.text('name'), response: passkeyAnswer(sent.text(PASSKEY_FIELD, MAX_PASSKEY_ANSWER)) };
  try {
    return await confirmPasskey(passkeyTools(parts), account.name, { session: session.id, account }, answer);
  } catch (error) {
    if (isFault(error, 'USAGE')) return 'no-name';
    throw error;
  }
}

async function askToRemove(request: SignedInRequest): Promise<PageResponse> {
  const { passkeys: words, twoStep } = request.texts;
  const passkey = found(request);
  const title = words.removeTitle(passkey.name);
  const answers = html`<div class="answers">
    <button class="main danger">${twoStep.remove}</button> ${cancelLink(request)}
  </div>`;
  const body = html`${paneHead(request, title)}
    <section class="card">
      <p>${words.removeLead}</p>
      ${form(request, removalOf(request, passkey), answers)}
    </section>`;
  return { kind: 'page', title, body };
}

async function remove(request: SignedInRequest): Promise<PageResponse> {
  const { parts, who } = request;
  await removePasskey(parts.context, who.account.name, who.account, found(request).id);
  const { cookie } = await restartSession(request);
  return redirect(PATHS.twoStep, { cookies: [sessionCookie(cookie)] });
}

/** Where a passkey is taken away. A credential's own id may be longer than a path should be: a digest stands for it. */
export function removalOf({ parts, who }: SignedInRequest, { id }: PasskeyRecord): OwnPath {
  return withId(removePath, parts.context.keyring.digest('passkey', ['path', who.account.name, id]));
}

function found(request: SignedInRequest): PasskeyRecord {
  const { passkeys = [] } = request.who.record;
  const passkey = passkeys.find((one) => removalOf(request, one) === withId(removePath, request.id));
  if (passkey === undefined) throw new Fault('NOT_FOUND', 'the account has no such passkey');
  return passkey;
}
