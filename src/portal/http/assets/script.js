/* What makes pages better, and which they do without: local times, copying, printing; and passkeys, which only a script can use. */

for (const time of document.querySelectorAll('time[datetime]')) {
  const at = new Date(time.dateTime);
  const format = new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: 'medium', timeStyle: 'short' });
  time.title = time.textContent;
  time.textContent = format.format(at);
}

for (const button of document.querySelectorAll('button[data-copy]')) {
  button.hidden = false;
  button.addEventListener('click', () => void copy(button));
}

for (const button of document.querySelectorAll('button[data-print]')) {
  button.hidden = false;
  button.addEventListener('click', () => print());
}

async function copy(button) {
  await navigator.clipboard.writeText(button.dataset.copy);
  const status = document.getElementById(button.dataset.status ?? '');
  if (status !== null) status.textContent = button.dataset.copied;
}

if (window.PublicKeyCredential !== undefined) {
  for (const part of document.querySelectorAll('[data-passkey]')) askForPasskey(part);
}

// The form is sent by its button once the browser has answered.
function askForPasskey(part) {
  const form = part.querySelector('form');
  const button = form.querySelector('[data-go]');
  part.querySelector('[data-without]').hidden = true;
  button.hidden = false;
  if (part.dataset.passkey === 'get') button.focus();
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    void answerFor(part, form);
  });
}

async function answerFor(part, form) {
  const said = form.querySelector('[data-said]');
  said.textContent = '';
  try {
    const publicKey = withBytes(JSON.parse(part.dataset.options));
    const creates = part.dataset.passkey === 'create';
    const credential = await (creates
      ? navigator.credentials.create({ publicKey })
      : navigator.credentials.get({ publicKey }));
    form.elements.response.value = JSON.stringify(answerOf(credential));
    form.submit();
  } catch (error) {
    said.textContent = error.name === 'InvalidStateError' ? part.dataset.exists : part.dataset.stopped;
  }
}

// Browsers before 2025 read and write none of the JSON forms themselves (WebAuthn Level 3 §5.1.8, §5.1.9).
function withBytes(options) {
  const { challenge, user, excludeCredentials = [], allowCredentials = [] } = options;
  return {
    ...options,
    challenge: bytesOf(challenge),
    ...(user === undefined ? {} : { user: { ...user, id: bytesOf(user.id) } }),
    excludeCredentials: excludeCredentials.map((one) => ({ ...one, id: bytesOf(one.id) })),
    allowCredentials: allowCredentials.map((one) => ({ ...one, id: bytesOf(one.id) })),
  };
}

function answerOf({ id, type, response }) {
  const parts = {};
  for (const name of ['clientDataJSON', 'attestationObject', 'authenticatorData', 'signature']) {
    if (response[name] !== undefined) parts[name] = textOf(response[name]);
  }
  return { id, rawId: id, type, response: { ...parts, transports: response.getTransports?.() ?? [] } };
}

function bytesOf(text) {
  const base64 = text.replaceAll('-', '+').replaceAll('_', '/');
  return Uint8Array.from(atob(base64), (sign) => sign.charCodeAt(0));
}

function textOf(buffer) {
  const binary = Array.from(new Uint8Array(buffer), (byte) => String.fromCharCode(byte)).join('');
  return btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}
