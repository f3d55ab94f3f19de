/** The pages that show a QR code for a device: a one-time link for Apple's, the settings themselves for Thunderbird's. */

import { Fault, isFault } from '#core/fault.ts';
import { Secret } from '#core/secret.ts';
import { checkedName } from '#policy/app-passwords/app-passwords.ts';
import {
  deviceAppPassword,
  hasRoom,
  usesAppPasswords,
  wholeServers,
  type WholeServers,
} from './device-app-password.ts';
import { field, notice } from '#portal/markup/form-fields.ts';
import { html, type Html } from '#portal/markup/html.ts';
import { form } from '#portal/layout/layout.ts';
import { PATHS, withId, type OwnPath } from '#portal/http/paths.ts';
import { qrCode } from '#portal/markup/qr-code.ts';
import { lookUpLink, makeSetUpLink } from './set-up-links.ts';
import { putFlash, shownAppPassword, shownLink } from '#portal/session/flash.ts';
import { thunderbirdCode } from './thunderbird-qr.ts';
import { redirect, type PageResponse, type Route, type SignedInRequest } from '#portal/http/page.ts';
import { deviceHead } from './devices-page.ts';

const { deviceApple: apple, deviceThunderbird: thunderbird, deviceThunderbirdCode: code } = PATHS;

export const deviceCodeRoutes: readonly Route[] = [
  { method: 'GET', path: apple, level: 'recent', handle: showApple },
  { method: 'POST', path: apple, level: 'recent', returnTo: apple, handle: makeApple },
  {
    method: 'GET',
    path: thunderbird,
    level: 'recent',
    handle: async (request) => ask(request, asked(request, 'android'), {}),
  },
  { method: 'POST', path: thunderbird, level: 'recent', returnTo: thunderbird, handle: makeThunderbird },
  { method: 'GET', path: code, level: 'recent', handle: showThunderbird },
];

interface Asked {
  readonly title: string;
  readonly lead: string;
  readonly path: OwnPath;
  /** What the device is called unless its owner says otherwise. */
  readonly usual: string;
}

function asked({ texts }: SignedInRequest, device: 'apple' | 'android'): Asked {
  const { devices: words } = texts;
  return device === 'apple'
    ? { title: words.appleButton, lead: words.appleLead, path: apple, usual: 'iPhone' }
    : {
        title: words.thunderbirdAndroidButton,
        lead: words.thunderbirdAndroidLead,
        path: thunderbird,
        usual: 'Android',
      };
}

function ask(
  request: SignedInRequest,
  { title, lead, path, usual }: Asked,
  said: { readonly warning?: string; readonly fault?: string },
): PageResponse {
  const { devices: words, cancel } = request.texts;
  servers(request);
  const content = html`${field({
      name: 'name',
      label: words.deviceName,
      hint: words.deviceNameHint,
      fault: said.fault,
      value: request.form.text('name') || usual,
      autocomplete: 'off',
      maxLength: 60,
      first: true,
    })}
    <div class="answers">
      <button class="main">${words.showCode}</button>
      <a class="button plain" href="${request.link(PATHS.devices)}">${cancel}</a>
    </div>`;
  const body = html`${deviceHead(request, title)}
    <section class="card">
      ${said.warning !== undefined && notice('warning', said.warning)}
      <p>${lead} ${words.takesPassword}</p>
      ${form(request, path, content)}
    </section>`;
  return { kind: 'page', status: said.fault === undefined ? 200 : 422, title, body };
}

async function showApple(request: SignedInRequest): Promise<PageResponse> {
  const { parts, who, texts } = request;
  const { devices: words } = texts;
  const shown = await shownLink(parts, who.session);
  if (shown === undefined) return ask(request, asked(request, 'apple'), {});
  const link = await lookUpLink(parts.context, shown.secret.expose());
  if (link === undefined) return ask(request, asked(request, 'apple'), { warning: words.appleDone });
  const path = withId(PATHS.fetchSettings, shown.secret.expose());
  const picture = await qrCode(new Secret(new URL(request.link(path), parts.settings.url).href), words.appleQr);
  return codePage(
    request,
    shown.id,
    html`<p>${words.appleScan}</p>
      ${picture}
      <p>${words.appleAfter}</p>
      <p><a class="button" href="${request.link(path)}">${words.appleHere}</a></p>`,
  );
}

async function makeApple(request: SignedInRequest): Promise<PageResponse> {
  const { parts, who, texts } = request;
  const name = nameIn(request);
  if (name === undefined) return ask(request, asked(request, 'apple'), { fault: texts.appPasswords.nameMissing });
  if (!hasRoom(parts.context, who)) return ask(request, asked(request, 'apple'), { fault: texts.devices.full });
  servers(request);
  const secret = await makeSetUpLink(parts.context, who.account, { name, record: who.record });
  await putFlash(parts, who.session, 'set-up-link', { id: name, secret });
  return redirect(apple);
}

async function makeThunderbird(request: SignedInRequest): Promise<PageResponse> {
  const { parts, who, texts } = request;
  const name = nameIn(request);
  if (name === undefined) return ask(request, asked(request, 'android'), { fault: texts.appPasswords.nameMissing });
  if (!hasRoom(parts.context, who)) return ask(request, asked(request, 'android'), { fault: texts.devices.full });
  servers(request);
  const { appPassword, secret } = await deviceAppPassword(parts.context, who.account, name);
  await putFlash(parts, who.session, 'app-password', { id: appPassword.id, secret });
  return redirect(withId(code, appPassword.id));
}

async function showThunderbird(request: SignedInRequest): Promise<PageResponse> {
  const { parts, who, id, texts } = request;
  const { devices: words } = texts;
  const shown = await shownAppPassword(parts, who.session);
  if (shown?.id !== id) return redirect(PATHS.devices);
  const { name = '' } = who.record.appPasswords.find((one) => one.id === id) ?? {};
  const picture = await qrCode(thunderbirdCode(who.account.name, shown.secret, servers(request)), words.androidQr);
  return codePage(
    request,
    name,
    html`<p>${words.androidScan}</p>
      ${picture}
      <p class="hint">${words.androidWarning}</p>`,
  );
}

function codePage(request: SignedInRequest, name: string, content: Html): PageResponse {
  const { devices: words } = request.texts;
  const body = html`${deviceHead(request, name)}
    <section class="card">
      ${content}
      <p><a class="button main" href="${request.link(PATHS.devices)}">${words.finished}</a></p>
    </section>`;
  return { kind: 'page', title: name, body };
}

function nameIn({ form: sent }: SignedInRequest): string | undefined {
  try {
    return checkedName(sent.text('name'));
  } catch (error) {
    if (isFault(error, 'USAGE')) return undefined;
    throw error;
  }
}

function servers({ parts, who }: SignedInRequest): WholeServers {
  const whole = wholeServers(parts.settings.mailServers);
  if (whole !== undefined && usesAppPasswords(who)) return whole;
  throw new Fault('NOT_ALLOWED', 'no device can be set up by a code here');
}
