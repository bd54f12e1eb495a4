// The pictures in docs/, taken from a running service (COUNSEL_URL) with a browser. `task pictures` writes them (COUNSEL_PICTURES names
// the folder), and docs/pictures.json: a fingerprint of the text that each shows. Otherwise the test compares the fingerprints, so that a
// picture that no longer shows what the service does fails.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { chromium } from 'playwright-core';
import { Counsel, getDocumentContent, getTemplateVersion, initiateSignature, registerUser, renderPdf, updateUser } from '@counsel/sdk';
import { findBrowser } from './browser.mjs';

const { COUNSEL_URL: baseUrl, COUNSEL_MAILS: mails, COUNSEL_ADMIN_EMAIL: adminEmail, COUNSEL_ADMIN_PASSWORD: adminPassword, COUNSEL_PICTURES: target } = process.env;
const executablePath = findBrowser();
const skip = (!mails && 'COUNSEL_MAILS is not set to the page of the mailbox') || (!executablePath && !process.env.CI && 'no chromium is installed');
const record = new URL('../../docs/pictures.json', import.meta.url);
const fingerprints = JSON.parse(readFileSync(target ? join(target, 'pictures.json') : record, 'utf8'));
const folder = mkdtempSync(join(tmpdir(), 'pictures-'));
const email = `ada-${randomUUID()}@example.com`;
let browser, client, pdf, docId;

before(async () => {
  if (skip) return;
  assert.ok(executablePath, 'CI needs chromium');
  browser = await chromium.launch({ executablePath, args: ['--headless', '--no-sandbox', '--disable-gpu', '--hide-scrollbars'] });
  const admin = new Counsel({ baseUrl }), lawyer = new Counsel({ baseUrl });
  ({ client } = lawyer);
  const { id } = await registerUser({ client, body: { email, password: 'correct horse battery', fullName: 'Ada Lovelace' } });
  await admin.login({ email: adminEmail, password: adminPassword });
  await updateUser({ client: admin.client, path: { userId: id }, body: { role: 'lawyer' } });
  await lawyer.login({ email, password: 'correct horse battery' });
  const path = { templateId: 'nda', version: '1' };
  const { sampleData: data } = await getTemplateVersion({ client, path });
  ({ docId } = await renderPdf({ client, body: { ...path, data } }));
  pdf = join(folder, 'nda.pdf');
  writeFileSync(pdf, Buffer.from(await (await getDocumentContent({ client, path: { docId } })).arrayBuffer()));
});

after(async () => {
  await browser?.close();
  rmSync(folder, { recursive: true });
});

/** What differs between two runs is left out: addresses, ids, tokens and times. */
const stable = (text) => text
  .replace(/https?:\/\/\S+/g, '<url>')
  .replace(/[\w-]+@example\.com/g, '<email>')
  .replace(/(\d{1,2} )?[A-Z][a-z]+( \d{1,2},)? \d{4}( at|,)? [\d:]+( [AP]M)? UTC/g, '<time>')
  .replace(/\s+/g, ' ').trim();

/** Writes the picture, or compares the fingerprint of its text. */
async function check(name, text, take) {
  const fingerprint = createHash('sha256').update(stable(text)).digest('hex').slice(0, 16);
  if (!target) {
    assert.equal(fingerprint, fingerprints[name], `docs/${name}.png is not what the service shows: run task pictures. The text is now:\n${stable(text)}`);
    return;
  }
  const file = join(target, `${name}.png`);
  writeFileSync(file, await take());
  fingerprints[name] = fingerprint;
  writeFileSync(join(target, 'pictures.json'), `${JSON.stringify(fingerprints, null, 2)}\n`);
}

const text = (page, selector) => page.locator(selector).first().innerText();

test('the first page of the documentation', { skip }, async () => {
  const page = await browser.newPage({ viewport: { width: 1100, height: 700 } });
  await page.goto(`${baseUrl}/docs`);
  await check('documentation', await text(page, 'main'), () => page.screenshot());
  await page.close();
});

test('the reference', { skip }, async () => {
  const page = await browser.newPage({ viewport: { width: 1100, height: 700 } });
  await page.goto(`${baseUrl}/docs/reference`);
  await page.getByRole('heading', { name: 'Counsel', exact: true }).waitFor();
  await page.getByRole('link', { name: 'quick start' }).first().waitFor();
  await page.evaluate(() => document.fonts.ready.then(() => undefined));
  const introduction = await page.locator('.introduction-description').first().innerText();
  await check('reference', `${await text(page, 'aside, nav.t-doc__sidebar')} ${introduction}`, () => page.screenshot());
  await page.close();
});

test('a mail', { skip }, async () => {
  const page = await browser.newPage({ viewport: { width: 900, height: 660 } });
  await page.goto(mails);
  await page.getByRole('row').filter({ hasText: email }).getByRole('link', { name: 'Welcome to Counsel' }).first().click();
  const mail = page.frameLocator('iframe').locator('body');
  await mail.getByText('Hello Ada Lovelace').waitFor();
  await check('mail', `${await text(page, 'h1')} ${await mail.innerText()}`, () => page.screenshot());
  await page.close();
});

test('the signing page', { skip }, async () => {
  const signer = `ada-${randomUUID()}@example.com`;
  await initiateSignature({ client, body: { docId, workflow: 'sequential', message: 'As we agreed on Tuesday: please sign by Friday.', signers: [{ name: 'Ada Lovelace', email: signer }] } });
  const box = await browser.newPage();
  await box.goto(mails);
  await box.getByRole('row').filter({ hasText: signer }).getByRole('link', { name: 'asks you to sign' }).first().click();
  const address = await box.locator('pre a').first().getAttribute('href');
  await box.close();
  const page = await browser.newPage({ locale: 'en-GB', viewport: { width: 820, height: 720 } });
  await page.goto(address);
  await page.locator('#viewer[src^="blob:"]').waitFor({ state: 'attached' });
  await page.waitForLoadState('networkidle');
  await check('signing', await text(page, 'main'), () => page.screenshot());
  await page.close();
});

test('a rendered contract', { skip }, async () => {
  await check('contract', execFileSync('pdftotext', ['-layout', pdf, '-'], { encoding: 'utf8' }), async () => {
    execFileSync('pdftoppm', ['-png', '-gray', '-r', '50', pdf, join(folder, 'page')]);
    const page = await browser.newPage({ viewport: { width: 1580, height: 620 } });
    const images = [1, 2, 3].map((n) => `<img src="data:image/png;base64,${readFileSync(join(folder, `page-${n}.png`), 'base64')}">`);
    await page.setContent(`<body style="margin:12px;background:#c8c8c8;display:flex;gap:12px;width:max-content">${images.join('')}</body>`);
    const picture = await page.locator('body').screenshot();
    await page.close();
    return picture;
  });
});
