// A browser for the tests of pages: it records what goes wrong, and axe looks for what keeps people from using a page.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { after, before } from 'node:test';
import { chromium } from 'playwright-core';
import { findBrowser } from './browser.mjs';

export const url = process.env.COUNSEL_URL;
const browserPath = findBrowser();
export const skip = !browserPath && !process.env.CI && 'no chromium is installed';
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
export const desktop = { viewport: { width: 1280, height: 900 } };
export const phone = { viewport: { width: 390, height: 844 }, colorScheme: 'dark', isMobile: true, hasTouch: true };

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
export async function newPage(options) {
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

export function checkRequests(page) {
  const { origin } = new URL(url);
  assert.deepEqual([...page.requested].filter((each) => !/^(data|blob):/.test(each) && new URL(each).origin !== origin), []);
  assert.deepEqual(page.problems, []);
}

/** Fails if the page scrolls sideways, or axe finds something serious. */
export async function checkAccess(page) {
  assert.equal(await page.evaluate(() => document.documentElement.scrollWidth > innerWidth), false, `${page.url()} is wider than the screen`);
  // Colours are those at the end of an animation.
  await page.evaluate(() => Promise.all(document.getAnimations().filter((each) => Number.isFinite(each.effect.getComputedTiming().endTime)).map((each) => each.finished.catch(() => undefined))));
  await page.evaluate(axe); // not a script element: the policy of the page forbids it
  const violations = await page.evaluate(async () => (await globalThis.axe.run(document, { resultTypes: ['violations'] })).violations
    .map(({ id, impact, nodes }) => ({ id, impact, where: nodes.slice(0, 3).map((node) => node.html.slice(0, 200)) })));
  assert.deepEqual(violations.filter(({ impact }) => /serious|critical/.test(impact)), [], page.url());
}
