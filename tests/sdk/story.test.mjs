// A client registers, asks, drafts, renders and has it signed: the story that the Go and Python clients have in
// tests/clients, in the same order, against a running service.
import assert from 'node:assert/strict';
import { createHash, randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import {
  consentToSigning, Counsel, CounselError, createApiKey, createClient, generateDocument, getCurrentUser, getDocumentContent, getDraft, getSignatureRequest, getSigningDocument,
  initiateSignature, listConsultations, paginate, registerUser, renderDraftPdf, revokeApiKey, sendChat, signDocument, streamChat, updateDraft, updateUser,
  uploadDocument, verifyEmail, viewSigning,
} from '@counsel/sdk';

const { COUNSEL_URL: baseUrl, COUNSEL_MAILS: mails, COUNSEL_ADMIN_EMAIL: adminEmail, COUNSEL_ADMIN_PASSWORD: adminPassword } = process.env;

/** The secret of the link to a page in the latest e-mail to an address that has one. */
async function secret(to, page) {
  for (const deadline = Date.now() + 30_000; Date.now() < deadline; await wait(50)) {
    const list = await (await fetch(mails)).text();
    for (const [, path, recipient] of list.matchAll(/href="(\/mails\/[^"]+)">[^<]*<\/a><\/th><td>([^<]*)/g)) {
      if (recipient !== to) continue;
      const found = new RegExp(`${page}#(?:[a-z]+=)?([A-Za-z0-9_.-]+)`).exec(await (await fetch(new URL(path, mails))).text());
      if (found) return found[1];
    }
  }
  return assert.fail(`no e-mail to ${to} leads to ${page}`);
}

test('register, ask, draft, render, sign', { skip: !mails && !process.env.CI && 'COUNSEL_MAILS is not set', timeout: 120_000 }, async () => {
  // Register. An admin makes the account a lawyer's, who may send documents for signature.
  const credentials = { email: `ts-${randomUUID()}@example.com`, password: 'correct horse battery' };
  const counsel = new Counsel({ baseUrl });
  const { client } = counsel;
  const user = await registerUser({ client, body: { ...credentials, fullName: 'Lena Lawyer' } });
  await assert.rejects(registerUser({ client, body: { ...credentials, fullName: 'Lena Lawyer' } }), (e) => e instanceof CounselError && e.code === 'conflict');
  const admin = new Counsel({ baseUrl });
  await admin.login({ email: adminEmail, password: adminPassword });
  await updateUser({ client: admin.client, path: { userId: user.id }, body: { role: 'lawyer' } });
  await verifyEmail({ client, body: { token: await secret(credentials.email, '/account') } });
  await counsel.login(credentials);
  const me = await getCurrentUser({ client });
  assert.deepEqual([me.role, me.emailVerified], ['lawyer', true]);

  // Ask, and ask again with a stream.
  const question = { userId: user.id, message: 'How long does a non-disclosure agreement bind the parties?' };
  const answer = await sendChat({ client, body: question });
  let text = '';
  for await (const event of streamChat({ client, body: question })) {
    if (event.type === 'delta') text += event.text;
    else assert.equal(event.response.answer, text);
  }
  assert.notEqual(text, '');
  const asked = [];
  for await (const { id } of paginate(listConsultations, { client, query: { limit: 1 } })) asked.push(id);
  assert.deepEqual([asked.length, asked[1]], [2, answer.consultationId]);

  // A program asks with an API key. It may do nothing else, and nothing once the key is revoked.
  const { apiKey, secret: key } = await createApiKey({ client, body: { name: 'Story', scopes: ['ai:write'] } });
  const program = createClient({ baseUrl, apiKey: key });
  assert.equal((await sendChat({ client: program, body: question })).answer, answer.answer);
  await assert.rejects(listConsultations({ client: program }), (e) => e instanceof CounselError && e.code === 'scope_missing');
  await revokeApiKey({ client, path: { apiKeyId: apiKey.id } });
  await assert.rejects(sendChat({ client: program, body: question }), (e) => e instanceof CounselError && e.code === 'unauthenticated');

  // Draft.
  const inputs = { discloser: 'mutual', partyA: { name: 'Ada Lovelace' }, partyB: { name: 'Grace Hopper' }, purpose: 'Evaluating a joint product.', governingLaw: 'Ireland' };
  const { draftId } = await generateDocument({ client, body: { type: 'nda', inputs } });
  let draft = await getDraft({ client, path: { draftId } });
  const body = '# Agreement\n\nThe parties keep the terms confidential for two years.';
  draft = await updateDraft({ client, path: { draftId }, body: { version: draft.version, body, status: 'reviewed' } });
  await updateDraft({ client, path: { draftId }, body: { version: draft.version, status: 'final' } });

  // Render, twice under one key: the second is the first.
  const headers = { 'Idempotency-Key': randomUUID() };
  const rendered = await renderDraftPdf({ client, path: { draftId }, body: {}, headers });
  assert.equal((await renderDraftPdf({ client, path: { draftId }, body: {}, headers })).docId, rendered.docId);
  const download = async (docId) => Buffer.from(await (await getDocumentContent({ client, path: { docId } })).arrayBuffer());
  const content = await download(rendered.docId);
  assert.equal(`sha256:${createHash('sha256').update(content).digest('hex')}`, rendered.checksum);

  // Upload it, too, as a file from elsewhere would be.
  const uploaded = await uploadDocument({ client, body: { file: new File([content], 'Vertrag für Ada.pdf') } });
  assert.equal(uploaded.name, 'Vertrag für Ada.pdf');
  assert.ok((await download(uploaded.id)).equals(content));

  // Sign: the signer follows the link of the e-mail.
  const signer = `signer-${credentials.email}`;
  const signers = [{ name: 'Ada Lovelace', email: signer }];
  const { trackingId } = await initiateSignature({ client, body: { docId: rendered.docId, workflow: 'sequential', signers } });
  const anyone = new Counsel({ baseUrl }).client;
  const token = await secret(signer, '/sign');
  const { disclosure } = await viewSigning({ client: anyone, body: { token } });
  assert.ok(Buffer.from(await (await getSigningDocument({ client: anyone, body: { token } })).arrayBuffer()).equals(content));
  await consentToSigning({ client: anyone, body: { token, disclosure: disclosure.version } });
  await signDocument({ client: anyone, body: { token, signature: { typed: 'Ada Lovelace' } } });
  let request = await getSignatureRequest({ client, path: { trackingId } });
  for (const deadline = Date.now() + 60_000; request.status !== 'completed'; await wait(50)) {
    assert.ok(Date.now() < deadline, `it is ${request.status}`);
    request = await getSignatureRequest({ client, path: { trackingId } });
  }
  const signed = await download(request.signedDocId);
  assert.ok(signed.length > content.length && signed.subarray(0, content.length).equals(content));
  await counsel.logout();
  await assert.rejects(getCurrentUser({ client }), (e) => e instanceof CounselError && e.code === 'unauthenticated');
});
