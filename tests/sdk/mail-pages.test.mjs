// The pages that e-mails lead to, in a browser, on a desktop and a phone.
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { Counsel, sendEmails } from '@counsel/sdk';
import { checkAccess, desktop, newPage, phone, skip, url } from './pages.mjs';

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

test('the pages of a bulk e-mail, and of its link to unsubscribe', { skip: skip || (!process.env.COUNSEL_MAILS && 'COUNSEL_MAILS is not set to the page of the mailbox'), timeout: 60_000 }, async () => {
  const { COUNSEL_MAILS: mails, COUNSEL_ADMIN_EMAIL: email, COUNSEL_ADMIN_PASSWORD: password } = process.env;
  const admin = new Counsel({ baseUrl: url });
  await admin.login({ email, password });
  for (const device of [desktop, phone]) {
    const to = `ada-${randomUUID()}@example.com`;
    await sendEmails({ client: admin.client, body: { emails: [{ to: [to], subject: 'Our office moves', bodyText: 'We move on Monday.' }] } });
    const page = await newPage(device);
    await page.goto(mails);
    const mail = page.getByRole('row').filter({ hasText: to }).getByRole('link', { name: 'Our office moves' });
    for (const deadline = Date.now() + 30_000; Date.now() < deadline && !(await mail.count()); await page.reload());
    await mail.click();
    await checkAccess(page);
    const source = await (await page.request.get(`${page.url()}/source`)).text();
    const [, link] = source.match(/^List-Unsubscribe:\s*<([^>]+)>/mi);
    await page.goto(url + new URL(link).pathname);
    await page.getByRole('heading', { name: 'Unsubscribe?' }).waitFor();
    await checkAccess(page);
    await page.getByRole('button', { name: 'Unsubscribe' }).click();
    await page.getByRole('heading', { name: 'You are unsubscribed' }).waitFor();
    await checkAccess(page);
    await page.close();
  }
});
