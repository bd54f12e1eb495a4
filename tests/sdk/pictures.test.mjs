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
import { crc32, deflateSync } from 'node:zlib';
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
  // Down to the end of the first group of guides: others come and go.
  const page = await browser.newPage({ viewport: { width: 1100, height: 1000 } });
  await page.goto(`${baseUrl}/docs`);
  const first = page.locator('#guides > section').first();
  const shown = [...await page.locator('h1, .lead, .actions').allInnerTexts(), await first.innerText()].join(' ');
  const { y, height } = await first.boundingBox();
  await check('documentation', shown, () => page.screenshot({ clip: { x: 0, y: 0, width: 1100, height: Math.ceil(y + height) + 24 } }));
  await page.close();
});

test('the reference', { skip }, async () => {
  // One operation: its description and its sample of code.
  const page = await browser.newPage({ viewport: { width: 1560, height: 900 } });
  await page.goto(`${baseUrl}/docs/reference#tag/cases/GET/api/cases/{caseId}`);
  const operation = page.locator('section[id$="tag/cases/GET/api/cases/{caseId}"]').first();
  const code = operation.locator('.scalar-codeblock-pre, pre').filter({ hasText: 'curl' }).first();
  await code.waitFor();
  await page.evaluate(() => document.fonts.ready.then(() => undefined));
  await page.evaluate(() => document.activeElement?.blur()); // its outline
  const shown = [await operation.getByRole('heading').first().innerText(), await operation.locator('.markdown').first().innerText(), await code.innerText()].join(' ');
  await check('reference', shown, async () => {
    const { x, y, width } = await operation.boundingBox();
    return page.screenshot({ clip: { x: x - 24, y: y + 64, width: width + 48, height: 560 } });
  });
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
  await check('contract', execFileSync('pdftotext', ['-layout', '-l', '2', pdf, '-'], { encoding: 'utf8' }), () => {
    execFileSync('pdftoppm', ['-gray', '-r', '72', '-l', '2', pdf, join(folder, 'page')]);
    return sideBySide([1, 2].map((n) => readFileSync(join(folder, `page-${n}.pgm`))));
  });
});

/** A PNG file in sixteen greys of pages (PGM) of one size, on a grey ground: a quarter of the size of a browser's. */
function sideBySide(pages) {
  const margin = 12, ground = 12;
  const images = pages.map((file) => {
    const [header, width, height] = file.toString('latin1', 0, 40).match(/^P5\s(\d+)\s(\d+)\s255\s/);
    return { width: Number(width), height: Number(height), pixels: file.subarray(header.length) };
  });
  const [{ width: pageWidth, height: pageHeight }] = images;
  const width = images.length * (pageWidth + margin) + margin, height = pageHeight + 2 * margin;
  const grey = new Uint8Array(width * height).fill(ground);
  for (const [n, { pixels }] of images.entries()) {
    for (let y = 0; y < pageHeight; y++) {
      for (let x = 0; x < pageWidth; x++) grey[(y + margin) * width + margin + n * (pageWidth + margin) + x] = pixels[y * pageWidth + x] >> 4;
    }
  }
  const rows = Buffer.alloc(height * (1 + Math.ceil(width / 2))); // each begins with its filter: none
  for (let y = 0; y < height; y++) {
    const row = y * (1 + Math.ceil(width / 2)) + 1;
    for (let x = 0; x < width; x++) rows[row + (x >> 1)] |= grey[y * width + x] << (x % 2 ? 0 : 4);
  }
  const chunk = (type, data) => {
    const body = Buffer.concat([Buffer.from(type), data]), length = Buffer.alloc(4), sum = Buffer.alloc(4);
    length.writeUInt32BE(data.length);
    sum.writeUInt32BE(crc32(body));
    return Buffer.concat([length, body, sum]);
  };
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head[8] = 4; // bits of a pixel, which is grey
  return Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), chunk('IHDR', head), chunk('IDAT', deflateSync(rows, { level: 9 })), chunk('IEND', Buffer.alloc(0))]);
}
