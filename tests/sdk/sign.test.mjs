// People sign a document in a browser with the links from their e-mails: two in sequence, one on a phone
// with a drawn signature, one with only the keyboard; another declines. Used, expired and guessed links
// show a message.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { chromium, devices } from 'playwright-core';
import { Counsel, cancelSignatureRequest, exportUser, getDocumentContent, getSignatureEvidence, getSignatureRequest, initiateSignature, listSignatureEvents, registerUser, updateUser, uploadDocument } from '@counsel/sdk';

const baseUrl = process.env.COUNSEL_URL ?? 'http://127.0.0.1:8080';
const { COUNSEL_MAILS: mails, COUNSEL_ADMIN_EMAIL: adminEmail, COUNSEL_ADMIN_PASSWORD: adminPassword } = process.env;
const browserPath = process.env.CHROMIUM ?? process.env.PATH.split(':').flatMap((dir) => ['chromium', 'chromium-browser', 'google-chrome'].map((name) => `${dir}/${name}`)).find((path) => existsSync(path));
const skip = (!mails && 'COUNSEL_MAILS is not set to the page of the mailbox') || (!adminEmail && 'COUNSEL_ADMIN_EMAIL is not set') || (!browserPath && !process.env.CI && 'no chromium is installed');

const folder = mkdtempSync(join(tmpdir(), 'sign-'));
let browser, client, content, userId;

/** A PDF of one page with one line of text. */
function pdf(text) {
  const stream = `BT /F1 12 Tf 72 720 Td (${text}) Tj ET`;
  const objects = [
    '<< /Type /Catalog /Pages 2 0 R >>', '<< /Type /Pages /Kids [4 0 R] /Count 1 >>', '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>',
    '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Resources << /Font << /F1 3 0 R >> >> /Contents 5 0 R >>',
    `<< /Length ${stream.length} >>\nstream\n${stream}\nendstream`,
  ];
  let out = '%PDF-1.4\n';
  const offsets = objects.map((object, i) => {
    const at = out.length;
    out += `${i + 1} 0 obj\n${object}\nendobj\n`;
    return at;
  });
  const start = out.length;
  out += `xref\n0 6\n0000000000 65535 f \n${offsets.map((o) => `${String(o).padStart(10, '0')} 00000 n \n`).join('')}`;
  return `${out}trailer\n<< /Size 6 /Root 1 0 R >>\nstartxref\n${start}\n%%EOF\n`;
}

before(async () => {
  if (skip) return;
  const lawyer = new Counsel({ baseUrl }), admin = new Counsel({ baseUrl });
  const credentials = { email: `lawyer-${randomUUID()}@example.com`, password: 'correct horse battery' };
  const { id } = await registerUser({ client: lawyer.client, body: { ...credentials, fullName: 'Lena Lawyer' }, throwOnError: true });
  await admin.login({ email: adminEmail, password: adminPassword });
  await updateUser({ client: admin.client, path: { userId: id }, body: { role: 'lawyer' } });
  await lawyer.login(credentials);
  client = lawyer.client;
  userId = id;
  content = pdf('The tenant pays the rent on the first of the month.');
  browser = await chromium.launch({ executablePath: browserPath, args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'] });
});

after(async () => {
  await browser?.close();
  rmSync(folder, { recursive: true });
});

/** Sends a document for signature to this number of people, each with an address of their own. */
async function sendForSignature(count) {
  const { id: docId } = await uploadDocument({ client, body: { file: new File([content], 'lease.pdf') } });
  const signers = ['Ada Lovelace', 'Grace Hopper'].slice(0, count).map((name) => ({ name, email: `${name.split(' ')[0].toLowerCase()}+${randomUUID()}@example.com` }));
  const sent = await initiateSignature({ client, body: { docId, workflow: 'sequential', message: 'Please sign by Friday.', signers } });
  return { ...sent, signers };
}

/** A browser window that records errors and requests to other origins. */
async function newPage(device = {}) {
  const context = await browser.newContext({ locale: 'en-GB', ...device });
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  page.problems = [];
  page.on('console', (message) => message.type() === 'error' && page.problems.push(message.text()));
  page.on('pageerror', (error) => page.problems.push(String(error)));
  page.on('request', (request) => {
    if (!request.url().startsWith(baseUrl) && !/^(blob|data|chrome|chrome-extension):/.test(request.url())) page.problems.push(`request to ${request.url()}`);
  });
  return page;
}

/** The page of the latest e-mail to an address, once it has arrived. */
async function openMail(to, subject) {
  const page = await (await browser.newContext()).newPage();
  page.setDefaultTimeout(30_000);
  await page.goto(mails);
  await page.getByRole('row').filter({ hasText: to }).getByRole('link', { name: subject }).first().click();
  await page.getByRole('heading', { name: subject }).waitFor();
  return page;
}

async function signingLink(to) {
  const page = await openMail(to, 'Lena Lawyer asks you to sign: lease.pdf');
  const href = await page.locator('pre a').first().getAttribute('href');
  assert.equal(await page.frameLocator('iframe').getByRole('link', { name: 'Read and sign' }).getAttribute('href'), href);
  await page.context().close();
  return href;
}

/** Opens a signing link and waits for the browser's PDF viewer, which swallows clicks while it loads. */
async function visit(page, url) {
  const answer = await page.goto(url);
  await page.getByRole('heading', { name: 'Sign lease', exact: true }).waitFor();
  await page.locator('#viewer[src^="blob:"]').waitFor({ state: 'attached' });
  for (const deadline = Date.now() + 10_000; !page.frames().some((f) => f.url().startsWith('chrome-extension:')) && Date.now() < deadline; ) await wait(50);
  return answer;
}

/** Repeats an action until it has an effect, as people do. */
async function retryUntil(action, hasEffect) {
  for (const deadline = Date.now() + 20_000; !(await hasEffect()); await wait(200)) {
    assert.ok(Date.now() < deadline, 'the click has no effect');
    await action();
  }
}

async function waitForStatus(trackingId, status) {
  for (const deadline = Date.now() + 60_000; ; await wait(200)) {
    const request = await getSignatureRequest({ client, path: { trackingId } });
    if (request.status === status) return request;
    assert.ok(Date.now() < deadline, `it is ${request.status}, not ${status}`);
  }
}

test('two people sign in sequence', { skip }, async () => {
  const { trackingId, signers: [ada, grace] } = await sendForSignature(2);

  const first = await signingLink(ada.email);
  const phone = await newPage(devices['Pixel 7']);
  await visit(phone, first);
  await phone.getByText('Please sign by Friday.').waitFor();
  assert.ok(await phone.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth), 'the page is wider than the phone');
  const sign = phone.getByRole('button', { name: 'Sign the document' });
  assert.equal(await sign.isDisabled(), true, 'it can be signed without consent');
  const download = phone.waitForEvent('download');
  await phone.getByRole('link', { name: 'Download the document' }).click();
  assert.equal((await download).suggestedFilename(), 'lease.pdf');
  const agree = phone.getByLabel('I have read this');
  await retryUntil(() => agree.click(), () => agree.isChecked());
  await phone.getByLabel('Draw my signature').check();
  await sign.click();
  await phone.getByRole('alert').filter({ hasText: 'Please draw' }).waitFor();
  const pad = phone.locator('#pad');
  await pad.scrollIntoViewIfNeeded();
  const box = await pad.boundingBox();
  await phone.mouse.move(box.x + 30, box.y + 120);
  await phone.mouse.down();
  for (let i = 1; i <= 20; i++) await phone.mouse.move(box.x + 30 + i * 12, box.y + 90 + 60 * Math.sin(i));
  await phone.mouse.up();
  await sign.click();
  await phone.getByRole('heading', { name: 'You have signed' }).waitFor();
  await phone.reload();
  await phone.getByRole('heading', { name: 'You have signed' }).waitFor(); // the link was used
  assert.deepEqual(phone.problems, []);

  // The second signer uses only the keyboard; every control has a name.
  const second = await signingLink(grace.email);
  const desktop = await newPage();
  const answer = await visit(desktop, second);
  assert.equal(answer.headers()['referrer-policy'], 'no-referrer');
  assert.ok(!answer.url().slice(0, answer.url().indexOf('#') + 1 || undefined).includes(new URL(second).hash.slice(1)));
  await desktop.getByRole('group', { name: 'How do you want to sign?' }).waitFor();
  await desktop.getByText('Read it as plain text').focus();
  await desktop.keyboard.press('Enter');
  await desktop.getByRole('region', { name: 'The text of the document' }).waitFor();
  await desktop.getByLabel('I have read this').focus();
  await desktop.keyboard.press('Space');
  await desktop.waitForFunction(() => !document.getElementById('sign-button').disabled);
  await desktop.getByLabel('Your name, as your signature').focus();
  await desktop.keyboard.press('Enter');
  await desktop.getByRole('alert').filter({ hasText: 'Please type your name' }).waitFor();
  await desktop.keyboard.type('Grace Hopper');
  await desktop.keyboard.press('Enter');
  await desktop.getByRole('heading', { name: 'You have signed' }).waitFor();
  assert.equal(await desktop.evaluate(() => document.activeElement.id), 'title', 'a screen reader does not announce it');
  assert.deepEqual(desktop.problems, []);

  const { signedDocId } = await waitForStatus(trackingId, 'completed');
  const signed = Buffer.from(await (await getDocumentContent({ client, path: { docId: signedDocId } })).arrayBuffer());
  assert.ok(signed.subarray(0, content.length).equals(Buffer.from(content)), 'the signed file does not begin with the original');
  writeFileSync(join(folder, 'signed.pdf'), signed);
  const report = execFileSync('pdfsig', ['-nocert', join(folder, 'signed.pdf')], { encoding: 'utf8' });
  assert.match(report, /Signature is Valid\./);
  assert.match(report, /Total document signed/);

  const { items } = await listSignatureEvents({ client, path: { trackingId } });
  assert.equal(items.map((e) => e.kind + (e.signer ?? '')).join(' '),
    'created sent1 delivered1 opened1 viewed1 consented1 signed1 sent2 delivered2 opened2 viewed2 consented2 signed2 completed');
  assert.match(items[3].userAgent, /Android/);

  for (const { email } of [ada, grace]) {
    const page = await openMail(email, 'Signed by all: lease.pdf');
    await page.getByRole('link', { name: 'lease (signed).pdf' }).waitFor();
    await page.context().close();
  }

  const copy = await exportUser({ client, path: { userId } });
  assert.ok(copy.signatureRequests.some((r) => r.trackingId === trackingId && r.status === 'completed'));

  const evidence = Buffer.from(await (await getSignatureEvidence({ client, path: { trackingId } })).arrayBuffer());
  const file = join(folder, 'evidence.zip');
  const verify = () => execFileSync(new URL('../../bin/counsel', import.meta.url).pathname, ['verify-evidence', file], { encoding: 'utf8', stdio: 'pipe' });
  writeFileSync(file, evidence);
  assert.match(verify(), /The evidence is valid/);
  evidence[Math.floor(evidence.length / 3)] ^= 1;
  writeFileSync(file, evidence);
  assert.throws(verify, /is not valid/);
});

test('a signer declines', { skip }, async () => {
  const { trackingId, signers: [ada] } = await sendForSignature(2);
  const page = await newPage();
  const link = await signingLink(ada.email);
  await visit(page, link);
  await retryUntil(() => page.getByText('I do not want to sign').click(), () => page.getByLabel('Your reason').isVisible());
  await page.getByLabel('Your reason').fill('Clause 4 is not what we agreed.');
  await page.getByRole('button', { name: 'Decline to sign' }).click();
  await page.getByRole('heading', { name: 'You have declined' }).waitFor();
  await page.goto('about:blank');
  await page.goto(link);
  await page.getByRole('heading', { name: 'You have declined' }).waitFor();
  const request = await waitForStatus(trackingId, 'declined');
  assert.equal(request.signers[0].reason, 'Clause 4 is not what we agreed.');
  assert.equal(request.signers[1].status, 'waiting');
  assert.deepEqual(page.problems, []);
});

test('invalid links show a message', { skip }, async () => {
  const { trackingId, signingUrl, signers: [ada] } = await sendForSignature(1);
  const link = await signingLink(ada.email);
  const page = await newPage();
  const heading = async (url, name) => {
    await page.goto('about:blank');
    await page.goto(url);
    await page.getByRole('heading', { name }).waitFor();
    return page.locator('main').innerText();
  };
  const guess = link.slice(0, -1) + (link.endsWith('A') ? 'B' : 'A');
  const guessed = await heading(guess, 'This link is not valid');
  assert.equal(await heading(`${baseUrl}/sign#x`, 'This link is not valid'), guessed, 'guesses can be distinguished');
  assert.equal(await heading(`${baseUrl}/sign`, 'This link is not valid'), guessed);
  page.problems = page.problems.filter((p) => !/404/.test(p)); // the browser reports the 404 of a guess
  assert.deepEqual(page.problems, []);

  // An expired link: the test cannot move the service's clock, so it replaces the answer.
  await page.route('**/api/esign/signing/view', async (route) => {
    const answer = await route.fetch();
    await route.fulfill({ response: answer, json: { ...(await answer.json()), state: 'expired' } });
  });
  await heading(link, 'This request has expired');
  await page.unroute('**/api/esign/signing/view');

  await cancelSignatureRequest({ client, path: { trackingId } });
  await heading(link, 'There is nothing left to sign');

  // signingUrl leads to a page that sends the link, and does not show whether it did.
  await page.goto(signingUrl);
  await page.getByLabel('Your e-mail address').fill('eve@example.com');
  await page.getByRole('button', { name: 'Send me the link' }).click();
  await page.getByRole('heading', { name: 'Check your inbox' }).waitFor();
});
