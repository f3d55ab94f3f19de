/** The parts that forms are made of: labelled fields with a hint and what is wrong with them beside them. */

import { html, type Html } from './html.ts';

export interface Field {
  readonly name: string;
  readonly label: string;
  readonly hint?: string | undefined;
  /** What is wrong with what was typed, and what to do. */
  readonly fault?: string | undefined;
  readonly value?: string | undefined;
  readonly type?: 'text' | 'email' | 'password' | 'search' | 'date' | undefined;
  /** What a browser or a password manager may fill in (HTML §4.10.18.7). */
  readonly autocomplete: 'username' | 'current-password' | 'one-time-code' | 'off' | 'email';
  readonly kind?: 'digits' | 'code' | 'text' | undefined;
  readonly maxLength?: number | undefined;
  /** It may be left empty. */
  readonly optional?: true | undefined;
  /** Ready to be typed into when the page opens. */
  readonly first?: boolean | undefined;
}

/** A text field. */
export function field(about: Field): Html {
  const { name, label, hint, fault, value, type = 'text', autocomplete, kind = 'text', maxLength = 200 } = about;
  const described = describedBy(name, hint, fault);
  const digits = kind === 'digits' && html` inputmode="numeric"`;
  const plain = kind !== 'text' && html` autocapitalize="off" autocorrect="off" spellcheck="false"`;
  return html`<div class="field${fault !== undefined && ' wrong'}">
    <label for="${name}">${label}</label>
    ${hint !== undefined && html`<p class="hint" id="${name}-hint">${hint}</p>`}
    ${fault !== undefined && html`<p class="fault" id="${name}-fault">${fault}</p>`}
    <input
      id="${name}"
      name="${name}"
      type="${type}"
      class="${kind}"
      autocomplete="${autocomplete}"
      maxlength="${maxLength}"
      value="${value ?? ''}"
      ${about.optional !== true && html`required`}${digits}${plain}${described}${about.first === true && html` autofocus`}
    />
  </div>`;
}

/** A field of several lines. */
export function textArea({
  name,
  label,
  hint,
  fault,
  value,
  maxLength,
}: Pick<Field, 'name' | 'label' | 'hint' | 'fault' | 'value'> & { readonly maxLength: number }): Html {
  return html`<div class="field${fault !== undefined && ' wrong'}">
    <label for="${name}">${label}</label>
    ${hint !== undefined && html`<p class="hint" id="${name}-hint">${hint}</p>`}
    ${fault !== undefined && html`<p class="fault" id="${name}-fault">${fault}</p>`}
    <textarea id="${name}" name="${name}" rows="12" maxlength="${maxLength}" ${describedBy(name, hint, fault)}>
${value ?? ''}</textarea>
  </div>`;
}

/** One of several, folded. */
export function select(about: Pick<Field, 'name' | 'label'>, options: readonly Choice[]): Html {
  const { name, label } = about;
  return html`<div class="field">
    <label for="${name}">${label}</label>
    <select id="${name}" name="${name}">
      ${options.map(
        (one) => html`<option value="${one.value}" ${one.chosen === true && html`selected`}>${one.label}</option>`,
      )}
    </select>
  </div>`;
}

export interface Choice {
  readonly value: string;
  readonly label: string;
  readonly hint?: string | undefined;
  readonly chosen?: boolean | undefined;
}

/** A group of which one (`radio`) or several (`checkbox`) may be chosen. */
export function choices(
  about: Pick<Field, 'name' | 'label' | 'hint' | 'fault'> & { readonly type: 'radio' | 'checkbox' },
  options: readonly Choice[],
): Html {
  const { name, label, hint, fault, type } = about;
  return html`<fieldset class="field${fault !== undefined && ' wrong'}" ${describedBy(name, hint, fault)}>
    <legend>${label}</legend>
    ${hint !== undefined && html`<p class="hint" id="${name}-hint">${hint}</p>`}
    ${fault !== undefined && html`<p class="fault" id="${name}-fault">${fault}</p>`}
    ${options.map((option) => choice(name, type, option))}
  </fieldset>`;
}

/** What is said at the top of a page after a form was sent: something went wrong, or was done. */
export function notice(kind: 'fault' | 'done' | 'warning', text: Html | string): Html {
  return html`<div class="notice ${kind}" role="${kind === 'fault' ? 'alert' : 'status'}"><p>${text}</p></div>`;
}

function choice(name: string, type: string, { value, label, hint, chosen }: Choice): Html {
  const id = `${name}-${value}`;
  return html`<div class="choice">
    <input
      type="${type}"
      id="${id}"
      name="${name}"
      value="${value}"
      ${chosen === true && html` checked`}${hint !== undefined && html` aria-describedby="${id}-hint"`}
    />
    <label for="${id}">${label}</label>
    ${hint !== undefined && html`<p class="hint" id="${id}-hint">${hint}</p>`}
  </div>`;
}

function describedBy(name: string, hint: string | undefined, fault: string | undefined): Html | undefined {
  const ids = [hint === undefined ? [] : [`${name}-hint`], fault === undefined ? [] : [`${name}-fault`]].flat();
  if (ids.length === 0) return undefined;
  return html` aria-describedby="${ids.join(' ')}"${fault !== undefined && html` aria-invalid="true"`}`;
}
