/**
 * `npm run build`: one file that is the whole gateway. It is alone in an empty root, runs as an unprivileged user with the
 * configuration of README.md, and does everything but the demo.
 */

import assert from 'node:assert/strict';
import { cpSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { after } from 'node:test';
import { generateSync } from 'otplib';
import { parse, stringify } from 'yaml';
import { createAuthority, LOOPBACK_NAMES } from '../support/certificates.ts';
import { launchChromium, newPage } from '../support/chromium.ts';
import { ANNA, AS_ANNA, BENO, startDemoMailServer } from '../support/demo-mail-server.ts';
import { makeEmptyRoot, type EmptyRoot } from '../support/empty-root.ts';
import { imapClient } from '../support/mail-clients.ts';
import { freePorts, run, runOk, temporaryDirectory } from '../support/processes.ts';

const ROOT = join(import.meta.dirname, '../..');
const [, MASTER = ''] = AS_ANNA.user.split('*');
const directory = await temporaryDirectory('executable');
const mailServer = await startDemoMailServer();
after(async () => {
  await mailServer.stop();
  await directory.remove();
});

/** The names of what README.md's configuration has as a list. */
interface Readme {
  readonly listeners: readonly Record<string, unknown>[];
  readonly backends: { readonly main: { readonly impersonation: Record<string, unknown> } };
}

async function configurationOfReadme() {
  const [, text = ''] = /```yaml\n([^]*?)```/.exec(readFileSync(join(ROOT, 'README.md'), 'utf8')) ?? [];
  const settings: Readme = parse(text);
  const [web = 0, metrics = 0, imap = 0, ...more] = await freePorts(settings.listeners.length + 2);
  const ports = [imap, ...more];
  const configuration = {
    ...settings,
    hostname: 'localhost',
    mail: undefined, // no mail server here takes any
    workers: 2,
    listeners: settings.listeners.map((listener, index) => ({ ...listener, address: '127.0.0.1', port: ports[index] })),
    backends: {
      main: {
        ...settings.backends.main,
        impersonation: { ...settings.backends.main.impersonation, user: MASTER },
        imap: { port: mailServer.imap, tls: 'none' },
      },
    },
    portal: { url: `https://localhost:${web}`, listen: [{ address: '127.0.0.1', port: web }] },
    metrics: { port: metrics },
  };
  return { text: stringify(configuration), web, metrics, imap };
}

// What README.md has the administrator put beside the executable.
async function furnish(root: EmptyRoot, configuration: string, leaf: { certFile: string; keyFile: string }) {
  for (const folder of ['etc/postern/tls', 'var/lib/postern', 'home'])
    mkdirSync(root.inside(folder), { recursive: true });
  writeFileSync(root.inside('etc/postern/postern.yaml'), configuration);
  writeFileSync(root.inside('etc/postern/master.password'), `${AS_ANNA.pass}\n`, { mode: 0o600 });
  writeFileSync(root.inside('etc/postern/tls/fullchain.pem'), readFileSync(leaf.certFile));
  writeFileSync(root.inside('etc/postern/tls/privkey.pem'), readFileSync(leaf.keyFile), { mode: 0o600 });
  for (const place of ['etc/postern', 'var/lib/postern', 'home']) await root.give(place);
}

test('alone in an empty root, the executable does everything', { timeout: 300_000 }, async (t) => {
  const built = join(directory.path, 'postern');
  await runOk('node', [join(ROOT, 'scripts/build.mjs'), built]);
  const root = await makeEmptyRoot(built);
  t.after(() => root.remove());
  cpSync(built, root.inside('postern'));
  const authority = await createAuthority(directory.path, 'authority');
  const { text, web, metrics, imap } = await configurationOfReadme();
  await furnish(root, text, await authority.issue(LOOPBACK_NAMES));

  const postern = async (...args: readonly string[]): Promise<string> => {
    const { code, stdout, stderr } = await root.run(['/postern', ...args]);
    assert.equal(code, 0, `postern ${args.join(' ')}: ${stdout}${stderr}`);
    return stdout;
  };
  const json = async (...args: readonly string[]) => Object(JSON.parse(await postern(...args, '--json')));
  const logsIn = async (name: string, password: string): Promise<boolean> => {
    const client = await imapClient({ port: imap, tls: 'implicit', caFile: authority.caFile }, { name, password });
    try {
      await client.connect();
      await client.logout();
      return true;
    } catch {
      return false;
    }
  };

  await postern('key', 'new');
  assert.match(await postern('check-config'), /^config ok: /m);
  const serving = root.start(['/postern', 'serve']);
  t.after(() => serving.stop());
  await serving.line(/"event":"gateway\.started"/);
  await postern('domain', 'set', 'example.org', 'enabled');

  // The page, with its style sheet, script and icon, and enrolment in it.
  const chromium = await launchChromium();
  t.after(() => chromium.close());
  const { page, complaints } = await newPage(chromium, { baseURL: `https://localhost:${web}` });
  await page.goto('/');
  assert.equal(await page.evaluate('document.styleSheets[0].cssRules.length > 10'), true);
  for (const asset of await page.locator('link[href*="/assets/"], script[src*="/assets/"]').all()) {
    const path = (await asset.getAttribute('href')) ?? (await asset.getAttribute('src')) ?? '';
    assert.equal((await page.request.get(path)).status(), 200, path);
  }
  await page.getByLabel('Email address').fill(ANNA.user);
  await page.getByLabel('Password', { exact: true }).fill(ANNA.pass);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('link', { name: 'Enable' }).click();
  await page.getByLabel('Authenticator App').check();
  await page.getByRole('button', { name: 'Next' }).click();
  await page.getByRole('img', { name: 'QR code for the authenticator app' }).waitFor();
  const key = (await page.locator('#key').innerText()).replaceAll(/\s/g, '');
  await page.getByLabel('Verification code').fill(generateSync({ secret: key }));
  await page.getByRole('button', { name: 'Check' }).click();
  await page.getByRole('heading', { name: '2-Step Authentication is on' }).waitFor();
  const fromPage = (await page.locator('#app-password').innerText()).replaceAll(/\s/g, '');
  assert.deepEqual(complaints, []);
  assert.equal(await logsIn(ANNA.user, ANNA.pass), false);
  assert.equal(await logsIn(ANNA.user, fromPage), true);

  // The command line: a password is hashed in a thread, an account is enrolled, and much is done at once.
  assert.match((await json('admin', 'create', 'root', '--all')).password, /^(?:[a-z0-9]{4}-){4}[a-z0-9]{4}$/);
  const begun = await json('account', 'enrol', BENO.user);
  const { appPassword } = await json('account', 'enrol', BENO.user, '--code', generateSync({ secret: begun.key }));
  const { secret } = await json('app-password', 'add', BENO.user, 'Laptop');
  for (const password of [appPassword, secret]) assert.equal(await logsIn(BENO.user, password), true);
  writeFileSync(root.inside('home/more.csv'), 'account,recoveryAddress\ncarla@example.org,carla@example.net\n');
  assert.equal((await json('import', '/home/more.csv')).accounts.created, 1);
  await postern('export', '--to', '/home/everything');

  assert.match(await (await fetch(`http://127.0.0.1:${metrics}/metrics`)).text(), /^postern_logins_total\{/m);
  assert.equal((await fetch(`http://127.0.0.1:${metrics}/healthz`)).status, 200);
  assert.equal(await serving.stop(), 0);

  rmSync(root.inside('var/lib/postern'), { recursive: true });
  mkdirSync(root.inside('var/lib/postern'));
  await root.give('var/lib/postern');
  await postern('restore', '/home/everything', '--yes');
  const again = root.start(['/postern', 'serve']);
  t.after(() => again.stop());
  await again.line(/"event":"gateway\.started"/);
  assert.equal(await logsIn(ANNA.user, fromPage), true);
  assert.equal(await again.stop(), 0);
});

// A copy of what the build reads, to take something out of.
function sources(name: string): string {
  const copy = join(directory.path, name);
  for (const part of ['src', 'scripts', 'package.json', 'package-lock.json', 'tsconfig.json']) {
    cpSync(join(ROOT, part), join(copy, part), { recursive: true });
  }
  symlinkSync(join(ROOT, 'node_modules'), join(copy, 'node_modules'));
  return copy;
}

for (const missing of ['src/portal/http/assets/script.js', 'src/adapters/bcrypt-worker.ts']) {
  test(`the build fails without ${missing}`, async () => {
    const copy = sources(missing.replaceAll('/', '-'));
    rmSync(join(copy, missing));
    const { code, stderr } = await run('node', [join(copy, 'scripts/build.mjs')]);
    assert.equal(code, 1);
    assert.ok(stderr.includes(missing.replace(/^.*\//, '')), stderr);
  });
}

test('the build fails when the executable is not handed an asset', async () => {
  const copy = sources('forgotten');
  const entry = join(copy, 'src/executable.mjs');
  writeFileSync(entry, readFileSync(entry, 'utf8').replace("'icon.svg': icon, ", ''));
  const { code, stderr } = await run('node', [join(copy, 'scripts/build.mjs')]);
  assert.equal(code, 1);
  assert.match(stderr, /the executable is without icon\.svg/);
});
