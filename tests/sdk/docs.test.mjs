// The pages of the service in a browser: they render on a desktop and a phone, in light and dark, log no error, send no
// request to another origin, and axe finds nothing serious.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';
import { findBrowser } from './browser.mjs';

const url = process.env.COUNSEL_URL;
const browserPath = findBrowser();
const skip = !browserPath && !process.env.CI && 'no chromium is installed';
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const desktop = { viewport: { width: 1280, height: 900 } };
const phone = { viewport: { width: 390, height: 844 }, colorScheme: 'dark', isMobile: true, hasTouch: true };

let browser;
before(async () => {
  if (skip) return;
  assert.ok(url, 'COUNSEL_URL is not set');
  assert.ok(browserPath, 'CI needs chromium');
  browser = await chromium.launch({
    executablePath: browserPath,
    args: [
      '--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
      '--disable-background-networking', '--disable-component-update', '--disable-sync',
    ],
  });
});
after(() => browser?.close());

/** A page that records what goes wrong on it and what it requests. */
async function newPage(options) {
  const page = await browser.newPage(options);
  page.problems = [];
  page.requested = new Set();
  page.on('console', (message) => {
    if (message.type() === 'error' && !/\b404\b/.test(message.text())) page.problems.push(message.text());
  });
  page.on('pageerror', (error) => page.problems.push(String(error)));
  page.on('requestfailed', (request) => page.problems.push(`${request.url()}: ${request.failure()?.errorText}`));
  page.on('request', (request) => page.requested.add(request.url()));
  return page;
}

function checkRequests(page) {
  const { origin } = new URL(url);
  assert.deepEqual([...page.requested].filter((each) => !/^(data|blob):/.test(each) && new URL(each).origin !== origin), []);
  assert.deepEqual(page.problems, []);
}

/** Fails if the page scrolls sideways, or axe finds something serious. `known` are rules that it may break. */
async function checkAccess(page, known = []) {
  assert.equal(await page.evaluate(() => document.documentElement.scrollWidth > innerWidth), false, `${page.url()} is wider than the screen`);
  await page.evaluate(axe); // not a script element: the policy of the page forbids it
  const violations = await page.evaluate(async () => (await globalThis.axe.run(document, { resultTypes: ['violations'] })).violations
    .map(({ id, impact, nodes }) => ({ id, impact, where: nodes.slice(0, 3).map((node) => node.html.slice(0, 200)) })));
  assert.deepEqual(violations.filter(({ id, impact }) => /serious|critical/.test(impact) && !known.includes(id)), [], page.url());
}

test('the pages of the documentation, on a desktop and a phone', { skip, timeout: 120_000 }, async () => {
  for (const device of [desktop, phone]) {
    const page = await newPage(device);
    await page.goto(`${url}/`);
    assert.equal(new URL(page.url()).pathname, '/docs', 'the root leads a person to the documentation');
    const paths = await page.evaluate(() => [...document.querySelectorAll('.cards a')].map((a) => a.pathname));
    assert.ok(paths.length > 10, `${paths.length} guides`);
    for (const path of ['/docs', ...paths]) {
      const answer = await page.goto(url + path);
      assert.equal(answer.status(), 200);
      await page.getByRole('heading', { level: 1 }).waitFor();
      await checkAccess(page);
    }
    checkRequests(page);
    await page.close();
  }
});

test('the guides can be searched, and read without JavaScript', { skip, timeout: 60_000 }, async () => {
  const page = await newPage(desktop);
  await page.goto(`${url}/docs/quick-start`);
  await page.getByRole('button', { name: 'Copy this Shell code' }).first().waitFor();
  await page.keyboard.press('/');
  await page.keyboard.type('legal_hold');
  await page.getByRole('link', { name: 'Errors › legal_hold' }).click();
  await page.waitForURL(`${url}/docs/errors#legal_hold`);
  checkRequests(page);
  await page.close();

  const plain = await newPage({ ...desktop, javaScriptEnabled: false });
  await plain.goto(`${url}/docs/errors#legal_hold`);
  assert.ok(await plain.getByText('A case is under legal hold').isVisible());
  assert.ok(await plain.getByRole('navigation', { name: 'Guides' }).getByRole('link', { name: 'Webhooks' }).isVisible());
  assert.equal(await plain.getByPlaceholder('Search the guides').isVisible(), false);
  await plain.close();
});

test('the reference renders and stays on its origin', { skip, timeout: 120_000 }, async () => {
  for (const device of [desktop, phone]) {
    const page = await newPage(device);
    // A link from before there were guides.
    await page.goto(`${url}/docs#tag/ai/POST/api/ai/chat`, { waitUntil: 'load' });
    await page.waitForURL(`${url}/docs/reference#tag/ai/POST/api/ai/chat`);
    // Each part is rendered when it comes into view.
    await page.getByRole('heading', { name: 'Ask a legal question' }).first().waitFor();
    // The first example of the contract: its order is kept.
    await page.getByText('How long does a non-disclosure agreement').first().waitFor();
    await page.goto(`${url}/docs/reference`);
    await page.getByRole('heading', { name: 'Counsel', exact: true }).waitFor();
    await page.evaluate(() => document.fonts.ready.then(() => undefined));
    await checkAccess(page);
    checkRequests(page);
    assert.ok(page.requested.has(`${url}/docs/assets/openapi-with-samples.yaml`));
    await page.close();
  }
});

test('the reference has samples for our clients, and the collection can be downloaded', { skip, timeout: 60_000 }, async () => {
  const page = await newPage(desktop);
  await page.goto(`${url}/docs/reference#tag/cases/POST/api/cases`);
  await page.getByRole('heading', { name: 'Open a case' }).first().waitFor();
  const operation = page.locator('[id="tag/cases/POST/api/cases"], [id$="tag/cases/POST/api/cases"]').first();
  await operation.getByText('curl --fail-with-body "$COUNSEL_URL/api/cases"').waitFor();
  await operation.getByRole('button', { name: 'curl' }).click();
  assert.deepEqual(await page.getByRole('option').allTextContents(), ['curl', 'TypeScript', 'Go', 'Python']);
  await page.getByRole('option', { name: 'Python' }).click();
  await operation.getByText('counsel.create_case(').waitFor();
  checkRequests(page);
  await page.goto(`${url}/docs`);
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name: 'Postman collection' }).click()]);
  assert.equal(download.suggestedFilename(), 'counsel.postman-collection.json');
  assert.equal(JSON.parse(readFileSync(await download.path(), 'utf8')).info.name, 'Counsel API');
  await page.close();
});

test('the pages that links in e-mails lead to', { skip, timeout: 60_000 }, async () => {
  const secret = 'A'.repeat(43);
  const pages = ['/sign', '/account', `/account#reset=${secret}`, `/account#verify=${secret}`].map((path) => url + path);
  if (process.env.COUNSEL_MAILS) pages.push(process.env.COUNSEL_MAILS);
  for (const device of [desktop, phone]) {
    for (const address of pages) {
      const page = await newPage(device);
      await page.goto(address, { waitUntil: 'networkidle' });
      await checkAccess(page);
      await page.close();
    }
  }
});

test('the documentation as files', { skip, timeout: 180_000 }, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'docs-'));
  try {
    execFileSync('go', ['run', './docs/export', folder], { cwd: new URL('../..', import.meta.url) });
    const page = await newPage(desktop);
    await page.goto(pathToFileURL(join(folder, 'index.html')).href);
    await page.getByRole('link', { name: 'Webhooks', exact: true }).click();
    await page.getByRole('heading', { level: 1, name: 'Webhooks' }).waitFor();
    await page.getByPlaceholder('Search the guides').fill('legal_hold');
    await page.getByRole('link', { name: 'Errors › legal_hold' }).click();
    await page.getByText('A case is under legal hold').waitFor();
    await page.getByRole('link', { name: 'Reference', exact: true }).click();
    await page.getByRole('heading', { name: 'Counsel', exact: true }).waitFor();
    assert.deepEqual(page.problems, []);
    assert.deepEqual([...page.requested].filter((each) => !/^(file|data|blob):/.test(each)), []);
    await page.close();
  } finally {
    rmSync(folder, { recursive: true });
  }
});
