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
import { putOnShow, shownAppPassword, shownLink } from '#portal/session/flash.ts';
import { thunderbirdCode } from './thunderbird-qr.ts';
import { redirect, type Answer, type Route, type SignedVisit } from '#portal/http/page.ts';
import { deviceHead } from './devices-page.ts';

const { deviceApple: apple, deviceThunderbird: thunderbird, deviceThunderbirdCode: code } = PATHS;

export const deviceCodeRoutes: readonly Route[] = [
  { method: 'GET', path: apple, level: 'recent', handle: showApple },
  { method: 'POST', path: apple, level: 'recent', returnTo: apple, handle: makeApple },
  {
    method: 'GET',
    path: thunderbird,
    level: 'recent',
    handle: async (visit) => ask(visit, asked(visit, 'android'), {}),
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

function asked({ texts }: SignedVisit, device: 'apple' | 'android'): Asked {
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
  visit: SignedVisit,
  { title, lead, path, usual }: Asked,
  said: { readonly warning?: string; readonly fault?: string },
): Answer {
  const { devices: words, cancel } = visit.texts;
  servers(visit);
  const content = html`${field({
      name: 'name',
      label: words.deviceName,
      hint: words.deviceNameHint,
      fault: said.fault,
      value: visit.form.text('name') || usual,
      autocomplete: 'off',
      maxLength: 60,
      first: true,
    })}
    <div class="answers">
      <button class="main">${words.showCode}</button>
      <a class="button plain" href="${visit.link(PATHS.devices)}">${cancel}</a>
    </div>`;
  const body = html`${deviceHead(visit, title)}
    <section class="card">
      ${said.warning !== undefined && notice('warning', said.warning)}
      <p>${lead} ${words.takesPassword}</p>
      ${form(visit, path, content)}
    </section>`;
  return { kind: 'page', status: said.fault === undefined ? 200 : 422, title, body };
}

async function showApple(visit: SignedVisit): Promise<Answer> {
  const { parts, who, texts } = visit;
  const { devices: words } = texts;
  const shown = await shownLink(parts, who.session);
  if (shown === undefined) return ask(visit, asked(visit, 'apple'), {});
  const link = await lookUpLink(parts.tools, shown.secret.expose());
  if (link === undefined) return ask(visit, asked(visit, 'apple'), { warning: words.appleDone });
  const path = withId(PATHS.fetchSettings, shown.secret.expose());
  const picture = await qrCode(new Secret(new URL(visit.link(path), parts.settings.url).href), words.appleQr);
  return codePage(
    visit,
    shown.id,
    html`<p>${words.appleScan}</p>
      ${picture}
      <p>${words.appleAfter}</p>
      <p><a class="button" href="${visit.link(path)}">${words.appleHere}</a></p>`,
  );
}

async function makeApple(visit: SignedVisit): Promise<Answer> {
  const { parts, who, texts } = visit;
  const name = nameIn(visit);
  if (name === undefined) return ask(visit, asked(visit, 'apple'), { fault: texts.appPasswords.nameMissing });
  if (!hasRoom(parts.tools, who)) return ask(visit, asked(visit, 'apple'), { fault: texts.devices.full });
  servers(visit);
  const secret = await makeSetUpLink(parts.tools, who.account, { name, record: who.record });
  await putOnShow(parts, who.session, 'set-up-link', { id: name, secret });
  return redirect(apple);
}

async function makeThunderbird(visit: SignedVisit): Promise<Answer> {
  const { parts, who, texts } = visit;
  const name = nameIn(visit);
  if (name === undefined) return ask(visit, asked(visit, 'android'), { fault: texts.appPasswords.nameMissing });
  if (!hasRoom(parts.tools, who)) return ask(visit, asked(visit, 'android'), { fault: texts.devices.full });
  servers(visit);
  const { appPassword, secret } = await deviceAppPassword(parts.tools, who.account, name);
  await putOnShow(parts, who.session, 'app-password', { id: appPassword.id, secret });
  return redirect(withId(code, appPassword.id));
}

async function showThunderbird(visit: SignedVisit): Promise<Answer> {
  const { parts, who, id, texts } = visit;
  const { devices: words } = texts;
  const shown = await shownAppPassword(parts, who.session);
  if (shown?.id !== id) return redirect(PATHS.devices);
  const { name = '' } = who.record.appPasswords.find((one) => one.id === id) ?? {};
  const picture = await qrCode(thunderbirdCode(who.account.name, shown.secret, servers(visit)), words.androidQr);
  return codePage(
    visit,
    name,
    html`<p>${words.androidScan}</p>
      ${picture}
      <p class="hint">${words.androidWarning}</p>`,
  );
}

function codePage(visit: SignedVisit, name: string, content: Html): Answer {
  const { devices: words } = visit.texts;
  const body = html`${deviceHead(visit, name)}
    <section class="card">
      ${content}
      <p><a class="button main" href="${visit.link(PATHS.devices)}">${words.finished}</a></p>
    </section>`;
  return { kind: 'page', title: name, body };
}

function nameIn({ form: sent }: SignedVisit): string | undefined {
  try {
    return checkedName(sent.text('name'));
  } catch (error) {
    if (isFault(error, 'USAGE')) return undefined;
    throw error;
  }
}

function servers({ parts, who }: SignedVisit): WholeServers {
  const whole = wholeServers(parts.settings.mailServers);
  if (whole !== undefined && usesAppPasswords(who)) return whole;
  throw new Fault('NOT_ALLOWED', 'no device can be set up by a code here');
}
