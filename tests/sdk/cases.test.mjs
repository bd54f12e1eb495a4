// Cases through the SDK, against a running service.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { Counsel, CounselError, addCaseMember, addCaseParty, createCase, createCaseTask, deleteCase, eraseUser, exportUser, getCase, getCurrentUser, listCaseTimeline, listConsultations, registerUser, sendChat, updateCase, verifyCaseTimeline } from '@counsel/sdk';

async function register(fullName) {
  const counsel = new Counsel({ baseUrl: process.env.COUNSEL_URL });
  const credentials = { email: `sdk-${randomUUID()}@example.com`, password: 'correct horse battery' };
  await registerUser({ client: counsel.client, body: { ...credentials, fullName } });
  await counsel.login(credentials);
  return { client: counsel.client, ...(await getCurrentUser({ client: counsel.client })) };
}
const refused = (status) => (e) => e instanceof CounselError && e.status === status;

test('only members can access a case, and its timeline records everything', async () => {
  const ada = await register('Ada Lovelace');
  const bob = await register('Bob Stone');
  const opened = await createCase({ client: ada.client, body: { title: 'Northwind v. Southwind' } });
  const path = { caseId: opened.id };
  await assert.rejects(getCase({ client: bob.client, path }), refused(404));
  await addCaseMember({ client: ada.client, path, body: { email: bob.email, role: 'viewer' } }); // an invitation, which does not show whether an account exists
  await assert.rejects(getCase({ client: bob.client, path }), refused(404));
  await assert.rejects(addCaseMember({ client: ada.client, path, body: { userId: bob.id, role: 'viewer' } }), refused(403));
  const admin = new Counsel({ baseUrl: process.env.COUNSEL_URL });
  await admin.login({ email: process.env.COUNSEL_ADMIN_EMAIL, password: process.env.COUNSEL_ADMIN_PASSWORD });
  await addCaseMember({ client: admin.client, path, body: { userId: bob.id, role: 'viewer' } });
  assert.equal((await getCase({ client: bob.client, path })).myRole, 'viewer');
  await assert.rejects(createCaseTask({ client: bob.client, path, body: { title: 'Answer' } }), refused(403));

  const task = await createCaseTask({ client: ada.client, path, body: { title: 'Answer', dueOn: '2026-12-15', assigneeId: bob.id } });
  assert.equal(task.dueOn, '2026-12-15');
  const party = await addCaseParty({ client: ada.client, path, body: { kind: 'company', side: 'opposing', name: `Southwind ${opened.id} Ltd` } });
  assert.deepEqual(party.conflicts ?? [], []);
  await sendChat({ client: ada.client, body: { userId: ada.id, message: 'When is the defence due?', context: { caseId: opened.id } } });
  assert.equal((await listConsultations({ client: bob.client, query: { caseId: opened.id } })).items.length, 1);

  const attempted = async (verb) => {
    const { items } = await listCaseTimeline({ client: ada.client, path });
    return items.some((e) => e.refused && e.actorId === bob.id && e.verb === verb);
  };
  assert.ok(await attempted('create'));
  for (let n = 0; !(await attempted('read')); n++) { // a stranger's attempt is recorded with a delay
    assert.ok(n < 100, 'the attempt is missing');
    await new Promise((next) => setTimeout(next, 100));
  }
  assert.equal((await verifyCaseTimeline({ client: bob.client, path })).intact, true);

  const copy = await exportUser({ client: ada.client, path: { userId: ada.id } });
  assert.equal(copy.cases[0].consultations.length, 1);
  await assert.rejects(eraseUser({ client: ada.client, path: { userId: ada.id } }), refused(409));
  await updateCase({ client: ada.client, path, body: { status: 'closed' } });
  await deleteCase({ client: ada.client, path });
  await eraseUser({ client: ada.client, path: { userId: ada.id } });
  await assert.rejects(getCurrentUser({ client: ada.client }), refused(401));
});
