// The published package in a Next.js application (nextjs/), built and run as in production, against a running service
// (COUNSEL_URL): pages rendered on the server, a route handler, and a client component with React Query.
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { Counsel, createApiKey, createCase, registerUser } from '@counsel/sdk';
import { chromium } from 'playwright-core';
import { findBrowser } from './browser.mjs';

const run = promisify(execFile);
const here = import.meta.dirname;
const cwd = join(here, 'nextjs');
const sdk = join(here, '../../gen/ts');
const next = join(here, 'node_modules/next/dist/bin/next');
let server, origin, client, found, secret;

/** Installs the SDK as npm would, from its package. */
async function install() {
  const dir = await mkdtemp(join(tmpdir(), 'counsel-next-'));
  const { stdout } = await run('npm', ['pack', '--silent', '--ignore-scripts', '--pack-destination', dir], { cwd: sdk });
  const module = join(cwd, 'node_modules/@counsel/sdk');
  await rm(module, { recursive: true, force: true });
  await mkdir(module, { recursive: true });
  await run('tar', ['-xzf', join(dir, stdout.trim()), '-C', module, '--strip-components=1']);
  await rm(dir, { recursive: true });
}

before(async () => {
  const counsel = new Counsel({ baseUrl: process.env.COUNSEL_URL });
  ({ client } = counsel);
  const credentials = { email: `next-${randomUUID()}@example.com`, password: 'correct horse battery' };
  await registerUser({ client, body: { ...credentials, fullName: 'Ada Lovelace' } });
  await counsel.login(credentials);
  found = await createCase({ client, body: { title: 'Rendered on the server' } });
  ({ secret } = await createApiKey({ client, body: { name: 'Next.js', scopes: ['cases:read', 'cases:write'] } }));

  await install();
  // Without COUNSEL_URL: nothing is requested when it is built.
  const env = { ...process.env, NEXT_TELEMETRY_DISABLED: '1', NODE_ENV: 'production' };
  delete env.COUNSEL_URL;
  await run(process.execPath, [next, 'build'], { cwd, env });
  server = spawn(process.execPath, [next, 'start', '--hostname', '127.0.0.1', '--port', '0'], {
    cwd, env: { ...env, COUNSEL_URL: process.env.COUNSEL_URL, COUNSEL_API_KEY: secret }, stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  for await (const piece of server.stdout.setEncoding('utf8').iterator({ destroyOnReturn: false })) {
    origin = (output += piece).match(/http:\/\/127\.0\.0\.1:\d+/)?.[0];
    if (origin && output.includes('Ready')) break;
  }
  server.stdout.resume();
  assert.ok(origin, output);
}, { timeout: 180_000 });

after(async () => {
  if (!server || server.exitCode !== null) return;
  server.kill();
  await once(server, 'exit');
});

test('a page rendered on the server shows data, and no key', async () => {
  const response = await fetch(origin);
  const html = await response.text();
  assert.equal(response.status, 200);
  assert.match(html.replaceAll('<!-- -->', ''), /<h1>Cases of Ada Lovelace<\/h1>.*<li>Rendered on the server<\/li>/s);
  assert.ok(!html.includes(secret), 'the page has the key');
});

test('errors keep their classes on the server', async () => {
  const page = await fetch(`${origin}/cases/${found.id}`);
  assert.equal(page.status, 200);
  assert.match(await page.text(), /<h1>Rendered on the server<\/h1>/);
  assert.equal((await fetch(`${origin}/cases/019ab4c2-7c1e-7a52-9a51-3b6a0f1c2d4e`)).status, 404);
});

test('a route handler answers data and problems', async () => {
  const list = await fetch(`${origin}/api/cases?limit=5`);
  assert.equal(list.status, 200);
  assert.deepEqual((await list.json()).items.map(({ id }) => id), [found.id]);
  const refused = await fetch(`${origin}/api/cases?limit=1000`);
  assert.equal(refused.status, 400);
  assert.equal(refused.headers.get('Content-Type'), 'application/problem+json');
  assert.equal((await refused.json()).code, 'malformed');
});

const browserPath = findBrowser();

test('a client component takes over the data of the server, and changes it', { skip: !browserPath && !process.env.CI && 'no chromium is installed' }, async (t) => {
  assert.ok(browserPath, 'CI needs chromium');
  const browser = await chromium.launch({ executablePath: browserPath, args: ['--headless', '--no-sandbox', '--disable-gpu'] });
  t.after(() => browser.close());
  const page = await browser.newPage();
  const errors = [];
  page.on('pageerror', (error) => errors.push(error.message));
  const requests = [];
  page.on('request', (request) => request.url().includes('/api/') && requests.push(`${request.method()} ${new URL(request.url()).pathname}`));
  await page.goto(origin, { waitUntil: 'networkidle' });
  assert.deepEqual(requests, [], 'the data came with the page');
  await page.getByRole('button', { name: 'Open', exact: true }).click();
  await page.getByText('Opened in the browser').waitFor();
  assert.deepEqual(requests, ['POST /api/cases', 'GET /api/cases']);
  await page.getByRole('button', { name: 'Open without a title' }).click();
  await page.getByRole('alert').filter({ hasText: '/title' }).waitFor();
  assert.deepEqual(errors, []);
});
