// Documents through the SDK, against a running service and its object store.
import assert from 'node:assert/strict';
import { createHash, randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { Counsel, CounselError, deleteDocument, getConsultation, getCurrentUser, getDocument, getDocumentContent, listDocuments, registerUser, searchDocuments, sendChat, streamChat, uploadDocument, verifyDocument } from '@counsel/sdk';
import { pdf } from './pdf.mjs';

test('a document is uploaded, read, searched, verified and deleted', async () => {
  const counsel = new Counsel({ baseUrl: process.env.COUNSEL_URL });
  const { client } = counsel;
  const credentials = { email: `sdk-${randomUUID()}@example.com`, password: 'correct horse battery' };
  await registerUser({ client, body: { ...credentials, fullName: 'Ada Lovelace' } });
  await counsel.login(credentials);

  const content = pdf('Either party may end this agreement by written notice.');
  const document = await uploadDocument({ client, body: { file: new File([content], '../NDA für Zoë.pdf') } });
  assert.equal(document.name, 'NDA für Zoë.pdf');
  assert.equal(document.contentType, 'application/pdf');
  assert.equal(document.checksum, `sha256:${createHash('sha256').update(content).digest('hex')}`);
  assert.deepEqual((await listDocuments({ client })).items.map((d) => d.id), [document.id]);

  const path = { docId: document.id };
  const bytes = await getDocumentContent({ client, path });
  assert.equal(await bytes.text(), content);
  const direct = await fetch(document.fileUrl); // from the store, without a token
  assert.equal(direct.status, 200);
  assert.equal(await direct.text(), content);
  assert.match(direct.headers.get('content-disposition'), /^attachment/);
  assert.ok(!new URL(document.fileUrl).pathname.includes('NDA'));

  assert.equal((await verifyDocument({ client, path })).intact, true);

  let state = document.textState;
  for (const deadline = Date.now() + 120_000; state === 'pending' && Date.now() < deadline; await wait(200)) {
    ({ textState: state } = await getDocument({ client, path }));
  }
  assert.equal(state, 'indexed');
  const { items } = await searchDocuments({ client, query: { q: 'written notice' } });
  assert.deepEqual(items.map(({ docId, page, quote }) => ({ docId, page, quote })), [
    { docId: document.id, page: 1, quote: 'Either party may end this agreement by written notice.' },
  ]);

  // A question about it is answered with its words.
  const userId = (await getCurrentUser({ client })).id;
  const body = { userId, message: 'How may a party end the agreement?', context: { documentIds: [document.id] } };
  const answer = await sendChat({ client, body });
  const [reference] = answer.references;
  assert.deepEqual(answer.references, [{ kind: 'document', marker: 1, docId: document.id, name: document.name, page: 1, quote: 'Either party may end this agreement by written notice.' }]);
  assert.ok(answer.answer.includes(`“${reference.quote}” [1]`));
  let last;
  for await (const event of streamChat({ client, body: { ...body, message: 'By what notice may it end?' } })) last = event;
  assert.equal(last.type, 'done');
  assert.deepEqual(last.response.references, answer.references);
  assert.deepEqual((await getConsultation({ client, path: { consultationId: answer.consultationId } })).references, answer.references);
  await assert.rejects(sendChat({ client, body: { ...body, context: { documentIds: [document.id, randomUUID()] } } }),
    (e) => e instanceof CounselError && e.status === 404 && e.errors[0].pointer === '/context/documentIds/1');

  await assert.rejects(uploadDocument({ client, body: { file: new File(['<script>alert(1)</script>'], 'a.pdf') } }),
    (e) => e instanceof CounselError && e.status === 422 && e.errors[0].pointer === '/file');

  await deleteDocument({ client, path });
  await assert.rejects(getDocument({ client, path }), (e) => e instanceof CounselError && e.status === 404);
  assert.equal((await fetch(document.fileUrl)).status, 404);
});
