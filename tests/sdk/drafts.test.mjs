// Drafts through the SDK, against a running service.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { Counsel, CounselError, compareDraftVersions, createDraft, deleteDraft, getDraftVersion, listDrafts, listDraftVersions, registerUser, updateDraft } from '@counsel/sdk';

test('a draft is written, edited, compared and deleted', async () => {
  const counsel = new Counsel({ baseUrl: process.env.COUNSEL_URL });
  const { client } = counsel;
  const credentials = { email: `sdk-${randomUUID()}@example.com`, password: 'correct horse battery' };
  await registerUser({ client, body: { ...credentials, fullName: 'Ada Lovelace' } });
  await counsel.login(credentials);

  const draft = await createDraft({ client, body: { title: 'Notice', body: 'We end it on 31 December 2026.' } });
  assert.equal(draft.status, 'drafted');
  const path = { draftId: draft.id };
  const edited = await updateDraft({ client, path, body: { version: 1, body: 'We end it on 31 January 2027.', note: 'Longer' } });
  assert.equal(edited.version, 2);
  await assert.rejects(updateDraft({ client, path, body: { version: 1, title: 'Stale' } }), (e) => e instanceof CounselError && e.status === 409);

  const { items: versions } = await listDraftVersions({ client, path });
  assert.deepEqual(versions.map((v) => v.version), [2, 1]);
  assert.equal((await getDraftVersion({ client, path: { ...path, version: 1 } })).body, draft.body);
  const { hunks } = await compareDraftVersions({ client, path, query: { from: 1, to: 2 } });
  assert.equal(hunks[0].changes.filter((c) => c.kind !== 'insert').map((c) => c.text).join(''), draft.body);
  assert.equal(hunks[0].changes.filter((c) => c.kind !== 'delete').map((c) => c.text).join(''), edited.body);

  await deleteDraft({ client, path });
  assert.deepEqual((await listDrafts({ client })).items, []);
});
