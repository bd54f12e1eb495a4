// Rendering many documents through the SDK, against a running service: the job from start to end.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { Counsel, CounselError, getTemplateVersion, registerUser, renderBatch, renderPdf, verifyDocument, waitForJob } from '@counsel/sdk';

test('a batch is one job per key and renders the same as single requests', async () => {
  const counsel = new Counsel({ baseUrl: process.env.COUNSEL_URL });
  const { client } = counsel;
  const email = `${randomUUID()}@example.com`;
  await registerUser({ client, body: { email, password: 'correct horse battery', fullName: 'Ren Der' } });
  await counsel.login({ email, password: 'correct horse battery' });

  const path = { templateId: 'nda', version: '1' };
  const { sampleData: data } = await getTemplateVersion({ client, path });
  const item = { ...path, data };
  const bad = { ...path, data: { ...data, purpose: 'To be glad 😀 together.' } };
  const request = { client, body: { items: [item, bad, { ...item, options: { draft: true } }] }, headers: { 'Idempotency-Key': randomUUID() } };
  const { jobId, total } = await renderBatch(request);
  assert.equal(total, 3);
  assert.equal((await renderBatch(request)).jobId, jobId);

  const job = await waitForJob({ client, path: { jobId }, signal: AbortSignal.timeout(60_000) });
  assert.equal(job.status, 'succeeded');
  assert.deepEqual(job.progress, { done: 3, total: 3 });
  const [first, second, third] = job.result.items;
  const single = await renderPdf({ client, body: item });
  assert.equal(first.checksum, single.checksum);
  assert.equal(second.error.code, 'invalid');
  assert(second.error.errors.some((e) => e.pointer === '/data/purpose'));
  assert.notEqual(third.checksum, first.checksum);
  assert.equal((await verifyDocument({ client, path: { docId: third.docId } })).reproducible, true);

  const invalid = { ...path, data: { ...data, termMonths: 'many' } };
  await assert.rejects(renderBatch({ client, body: { items: [item, invalid] } }), (error) => {
    assert(error instanceof CounselError);
    assert.equal(error.status, 422);
    assert(error.errors.some((e) => e.pointer === '/items/1/data/termMonths'));
    return true;
  });
});
