// Rendering a template to PDF through the SDK, against a running service and its object store.
import assert from 'node:assert/strict';
import { createHash, randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { Counsel, CounselError, getTemplateVersion, registerUser, renderPdf, verifyDocument } from '@counsel/sdk';

test('a template is rendered once per key, and to the same bytes each time', async () => {
  const counsel = new Counsel({ baseUrl: process.env.COUNSEL_URL });
  const { client } = counsel;
  const email = `${randomUUID()}@example.com`;
  await registerUser({ client, body: { email, password: 'correct horse battery', fullName: 'Ren Der' } });
  await counsel.login({ email, password: 'correct horse battery' });

  const path = { templateId: 'nda', version: '1' };
  const { sampleData: data } = await getTemplateVersion({ client, path });
  const request = { client, body: { ...path, data }, headers: { 'Idempotency-Key': randomUUID() } };
  const first = await renderPdf(request);
  const retried = await renderPdf(request);
  const other = await renderPdf({ client, body: { ...path, data } });
  assert.equal(retried.docId, first.docId);
  assert.notEqual(other.docId, first.docId);
  assert.equal(other.checksum, first.checksum);

  const file = Buffer.from(await (await fetch(first.fileUrl)).arrayBuffer());
  assert.equal(file.length, first.size);
  assert.equal(`sha256:${createHash('sha256').update(file).digest('hex')}`, first.checksum);

  const verified = await verifyDocument({ client, path: { docId: first.docId } });
  assert.equal(verified.intact, true);
  assert.equal(verified.reproducible, true);

  await assert.rejects(renderPdf({ client, body: { ...path, data: { ...data, purpose: 'Be glad 😀' } } }), (error) => {
    assert(error instanceof CounselError);
    assert.equal(error.status, 422);
    assert(error.errors.some((e) => e.pointer === '/data/purpose'));
    return true;
  });
});
