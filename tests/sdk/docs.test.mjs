// The documentation page in a browser: it renders the contract, logs no error, and sends
// no request to another origin.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chromium } from 'playwright-core';
import { findBrowser } from './browser.mjs';

const url = process.env.COUNSEL_URL;
const browserPath = findBrowser();
const skip = !browserPath && !process.env.CI && 'no chromium is installed';

test('the documentation page renders and stays on its origin', { skip, timeout: 120_000 }, async () => {
  assert.ok(url, 'COUNSEL_URL is not set');
  assert.ok(browserPath, 'CI needs chromium');
  const browser = await chromium.launch({
    executablePath: browserPath,
    args: [
      '--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
      '--disable-background-networking', '--disable-component-update', '--disable-sync',
    ],
  });
  try {
    const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
    const problems = [];
    const requested = new Set();
    page.on('console', (message) => {
      if (message.type() === 'error') problems.push(message.text());
    });
    page.on('pageerror', (error) => problems.push(String(error)));
    page.on('requestfailed', (request) => problems.push(`${request.url()}: ${request.failure()?.errorText}`));
    page.on('request', (request) => requested.add(request.url()));

    const answer = await page.goto(`${url}/docs`, { waitUntil: 'load' });
    assert.equal(answer.status(), 200);
    assert.match(answer.headers()['content-type'], /^text\/html/);
    const policy = answer.headers()['content-security-policy'] ?? '';
    assert.match(policy, /script-src 'self'(;|$)/, 'the page has a policy that lets no foreign or inline script run');
    await page.getByRole('heading', { name: 'Counsel', exact: true }).waitFor();
    // Each part is rendered when it comes into view.
    await page.goto(`${url}/docs#tag/ai/POST/api/ai/chat`);
    await page.getByRole('heading', { name: 'Ask a legal question' }).first().waitFor();
    // The first example of the contract: its order is kept.
    await page.getByText('How long does a non-disclosure agreement').first().waitFor();
    await page.evaluate(() => document.fonts.ready.then(() => undefined));
    if (process.env.DOCS_SCREENSHOT) await page.screenshot({ path: process.env.DOCS_SCREENSHOT });

    const { origin } = new URL(url);
    const foreign = [...requested].filter((each) => !/^(data|blob):/.test(each) && new URL(each).origin !== origin);
    assert.deepEqual(foreign, []);
    assert.deepEqual(problems, []);
    assert.ok(requested.has(`${origin}/openapi.yaml`));
  } finally {
    await browser.close();
  }
});
