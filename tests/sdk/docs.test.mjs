// The guides in a browser: they render on a desktop and a phone, in light and dark, log no error, send no request to another
// origin, and axe finds nothing serious.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { checkAccess, checkRequests, desktop, newPage, phone, skip, url } from './pages.mjs';

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
