// A person resets a forgotten password: the e-mail on the page of the mailbox, the link in it, the page
// that it leads to.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chromium } from 'playwright-core';
import { findBrowser } from './browser.mjs';
import { Counsel, getCurrentUser, registerUser, requestPasswordReset } from '@counsel/sdk';

const baseUrl = process.env.COUNSEL_URL ?? 'http://127.0.0.1:8080';
const mails = process.env.COUNSEL_MAILS;
const browserPath = findBrowser();
const skip = (!mails && 'COUNSEL_MAILS is not set to the page of the mailbox') || (!browserPath && !process.env.CI && 'no chromium is installed');

test('a forgotten password is reset by e-mail', { skip }, async () => {
  const email = `forgetful-${Date.now()}@example.com`;
  const counsel = new Counsel({ baseUrl });
  const { client } = counsel;
  await registerUser({ client, body: { email, password: 'correct horse battery', fullName: 'Ada Lovelace' }, throwOnError: true });
  await requestPasswordReset({ client, body: { email }, headers: { 'Accept-Language': 'en' }, throwOnError: true });

  const browser = await chromium.launch({ executablePath: browserPath, args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'] });
  try {
    const context = await browser.newContext({ locale: 'en-GB' });
    const page = await context.newPage();
    page.setDefaultTimeout(20_000);
    await page.goto(mails);
    const row = (subject) => page.getByRole('row').filter({ hasText: email }).getByRole('link', { name: subject });
    await row('Choose a new password').click(); // the list reloads until it has arrived
    const opened = context.waitForEvent('page');
    await page.frameLocator('iframe').getByRole('link', { name: 'Choose a new password' }).click();
    const form = await opened;
    await form.getByRole('textbox', { name: 'New password' }).fill('a new horse battery');
    assert.equal(new URL(form.url()).hash, '', 'the secret is still in the address bar');
    await form.getByRole('button', { name: 'Save the password' }).click();
    await form.getByText('Your password has been changed').waitFor();

    await page.goto(mails);
    await row('Welcome to Counsel').click();
    const confirmPage = context.waitForEvent('page');
    await page.frameLocator('iframe').getByRole('link', { name: 'Confirm my address' }).click();
    const confirm = await confirmPage;
    await confirm.getByRole('button', { name: 'Confirm my address' }).click();
    await confirm.getByText('your address is confirmed').waitFor();
  } finally {
    await browser.close();
  }
  await counsel.login({ email, password: 'a new horse battery' });
  assert.equal((await getCurrentUser({ client })).emailVerified, true);
});
