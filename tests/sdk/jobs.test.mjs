// Jobs through the SDK, against a running service: the service's own periodic jobs, as an admin sees them.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { cancelJob, Counsel, CounselError, getJob, listJobs, registerUser, waitForJob } from '@counsel/sdk';

test('an admin follows a job to its end; others do not see it', async () => {
  const admin = new Counsel({ baseUrl: process.env.COUNSEL_URL });
  await admin.login({ email: process.env.COUNSEL_ADMIN_EMAIL, password: process.env.COUNSEL_ADMIN_PASSWORD });
  const { client } = admin;
  const { items } = await listJobs({ client, query: { kind: 'idempotency.prune' } });
  assert(items.length > 0);
  const path = { jobId: items[0].id };
  const seen = [];
  const job = await waitForJob({ client, path, signal: AbortSignal.timeout(30_000), onProgress: (j) => seen.push(j.status) });
  assert.equal(job.status, 'succeeded');
  assert.equal(job.userId, undefined);
  assert(seen.every((status) => status === 'waiting' || status === 'running'));
  assert.equal((await getJob({ client, path })).finishedAt, job.finishedAt);
  await assert.rejects(cancelJob({ client, path }), { status: 409 });

  const other = new Counsel({ baseUrl: process.env.COUNSEL_URL });
  const email = `${randomUUID()}@example.com`;
  await registerUser({ client: other.client, body: { email, password: 'correct horse battery', fullName: 'No Body' } });
  await other.login({ email, password: 'correct horse battery' });
  assert.deepEqual((await listJobs({ client: other.client })).items, []);
  await assert.rejects(waitForJob({ client: other.client, path }), (error) => error instanceof CounselError && error.status === 404);
});
