// What the samples are run with: a lawyer with a test key, and one of each thing that they name.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import {
  addCaseParty, Counsel, createApiKey, createCase, createCaseNote, createCaseTask, createClient, createDraft, createWebhook, getCurrentUser, getTemplateVersion,
  initiateSignature, listConsultations, pingWebhook, registerUser, renderBatch, renderPdf, sendChat, sendEmail, updateDraft, updateUser, verifyEmail,
} from '@counsel/sdk';

const { COUNSEL_URL: baseUrl, COUNSEL_MAILS: mails, COUNSEL_ADMIN_EMAIL: adminEmail, COUNSEL_ADMIN_PASSWORD: adminPassword } = process.env;
export const password = 'correct horse battery';

/** The secret of the link to the account page in the e-mail to an address. */
async function secret(to) {
  for (const deadline = Date.now() + 30_000; Date.now() < deadline; await wait(50)) {
    const list = await (await fetch(mails)).text();
    for (const [, path, recipient] of list.matchAll(/href="(\/mails\/[^"]+)">[^<]*<\/a><\/th><td>([^<]*)/g)) {
      const found = recipient === to && /\/account#(?:[a-z]+=)?([A-Za-z0-9_.-]+)/.exec(await (await fetch(new URL(path, mails))).text());
      if (found) return found[1];
    }
  }
  return assert.fail(`no e-mail to ${to} leads to the account page`);
}

/** The values of the parameters and fields of samples, by name, and the credentials. */
export async function createWorld() {
  const email = `samples-${randomUUID()}@example.com`;
  const person = new Counsel({ baseUrl });
  const user = await registerUser({ client: person.client, body: { email, password, fullName: 'Lena Lawyer' } });
  const admin = new Counsel({ baseUrl });
  await admin.login({ email: adminEmail, password: adminPassword });
  await updateUser({ client: admin.client, path: { userId: user.id }, body: { role: 'lawyer' } });
  await verifyEmail({ client: person.client, body: { token: await secret(email) } });
  await person.login({ email, password });
  const { apiKey, secret: key } = await createApiKey({ client: person.client, body: { name: 'Samples', mode: 'test', scopes: ['*:read', '*:write'] } });
  const client = createClient({ baseUrl, apiKey: key });

  const { id: userId } = await getCurrentUser({ client });
  const { id: caseId } = await createCase({ client, body: { title: 'Northwind v. Southwind' } });
  const { id: noteId } = await createCaseNote({ client, path: { caseId }, body: { body: 'A note.' } });
  const { id: taskId } = await createCaseTask({ client, path: { caseId }, body: { title: 'A task' } });
  const { id: partyId } = await addCaseParty({ client, path: { caseId }, body: { kind: 'company', name: 'Northwind GmbH', side: 'client' } });
  const draft = await createDraft({ client, body: { title: 'A letter', body: 'Dear Ada,' } });
  await updateDraft({ client, path: { draftId: draft.id }, body: { version: draft.version, body: 'Dear Grace,' } });
  const nda = { templateId: 'nda', version: '1' };
  const { sampleData: data } = await getTemplateVersion({ client, path: nda });
  const { docId } = await renderPdf({ client, body: { ...nda, data } });
  const { webhook } = await createWebhook({ client, body: { url: 'https://crm.example/hooks/counsel', eventTypes: ['case.closed'] } });
  const delivery = await pingWebhook({ client, path: { webhookId: webhook.id } });
  const { id: emailId } = await sendEmail({ client, body: { to: ['ada@example.com'], subject: 'Hello', bodyText: 'Hello' } });
  const { trackingId } = await initiateSignature({ client, body: { docId, workflow: 'parallel', signers: [{ name: 'Ada Lovelace', email: 'ada@example.com' }] } });
  const { jobId } = await renderBatch({ client, body: { items: [{ ...nda, data }] } });
  await sendChat({ client, body: { userId, message: 'How long does an NDA bind me?' } });
  const { items: [consultation] } = await listConsultations({ client });

  const things = {
    caseId, noteId, taskId, partyId, draftId: draft.id, docId, webhookId: webhook.id, deliveryId: delivery.id, emailId, trackingId, jobId, consultationId: consultation.id,
    apiKeyId: apiKey.id, email, password,
  };
  // The key acts as the test account of the person.
  return { email, key, asProgram: { ...things, userId }, asPerson: { ...things, userId: user.id } };
}
