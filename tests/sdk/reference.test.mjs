// The API reference in a browser, on a desktop and a phone, in light and dark.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { checkAccess, checkRequests, desktop, newPage, phone, skip, url } from './pages.mjs';

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

test('the reference, its search and its form for requests can be used by everyone', { skip, timeout: 120_000 }, async () => {
  for (const device of [desktop, phone]) {
    const page = await newPage(device);
    await page.goto(`${url}/docs/reference#tag/cases/POST/api/cases`);
    await page.getByRole('heading', { name: 'Open a case' }).first().waitFor();
    await page.getByText('curl --fail-with-body "$COUNSEL_URL/api/cases"').first().waitFor();
    await checkAccess(page);
    await page.keyboard.press('Control+k');
    await page.getByRole('combobox', { name: 'Enter search query' }).waitFor();
    await checkAccess(page);
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: /^Test Request/ }).first().click();
    await page.getByRole('textbox', { name: 'Request body' }).waitFor();
    await checkAccess(page);
    checkRequests(page);
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
