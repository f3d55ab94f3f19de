/** How secrets stand on a page: in groups that can be read aloud, with a button that copies them. */

import type { Secret } from '#core/secret.ts';
import { formatAppPassword } from '#policy/secrets/app-password.ts';
import { html, type Html } from '#portal/markup/html.ts';
import { ICONS } from '#portal/markup/icons.ts';
import type { PageRequest } from '#portal/http/page.ts';

const GROUP = /.{4}(?=.)/g;

/** An app password in groups of four. What is copied has no spaces: some mail apps take them for part of it. */
export function shownSecret(request: PageRequest, id: string, secret: Secret, label: string): Html {
  return html`<p class="secret"><output id="${id}">${formatAppPassword(secret)}</output></p>
    ${copyButton(request, { id, text: secret.expose(), label })}`;
}

/** A key of an authenticator app in groups of four. */
export function groupedKey(secret: Secret): string {
  return secret.expose().replace(GROUP, '$& ');
}

/** A button that the script brings to life; without it the text is copied by hand. */
export function copyButton(
  { texts }: PageRequest,
  about: { readonly id: string; readonly text: string; readonly label: string },
): Html {
  const { id, text, label } = about;
  const status = `${id}-copied`;
  return html`<button
      type="button"
      class="small"
      data-copy="${text}"
      data-copied="${texts.copied}"
      data-status="${status}"
      aria-label="${label}"
      hidden
    >
      ${ICONS.copy} ${texts.copy}
    </button>
    <span class="said" id="${status}" role="status"></span>`;
}
