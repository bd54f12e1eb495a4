// Two people work on a case: one is notified of what the other does, as their preferences say.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import {
  addCaseMember, Counsel, CounselError, createCase, createCaseTask, getNotificationPreferences, listNotifications, readNotifications, registerUser,
  removeCaseMember, setNotificationPreferences, updateNotification, updateUser,
} from '@counsel/sdk';

const baseUrl = process.env.COUNSEL_URL ?? 'http://127.0.0.1:8080';

async function register(fullName, admin) {
  const counsel = new Counsel({ baseUrl });
  const credentials = { email: `sdk-${randomUUID()}@example.com`, password: 'correct horse battery' };
  const { id } = await registerUser({ client: counsel.client, body: { ...credentials, fullName } });
  if (admin) await updateUser({ client: admin.client, path: { userId: id }, body: { role: 'lawyer' } });
  await counsel.login(credentials);
  return { client: counsel.client, id };
}

async function waitForNotifications({ client }, n) {
  for (const end = Date.now() + 20_000; ;) {
    const page = await listNotifications({ client });
    if (page.items.length >= n || Date.now() > end) {
      assert.equal(page.items.length, n);
      return page;
    }
  }
}

test('a member is notified of what another does', async () => {
  const admin = new Counsel({ baseUrl });
  await admin.login({ email: process.env.COUNSEL_ADMIN_EMAIL, password: process.env.COUNSEL_ADMIN_PASSWORD });
  const [ada, grace] = [await register('Ada Lovelace', admin), await register('Grace Hopper')];
  const { client } = grace;
  const openedCase = await createCase({ client: ada.client, body: { title: 'Northwind v. Southwind' } });
  const path = { caseId: openedCase.id };
  await addCaseMember({ client: ada.client, path, body: { userId: grace.id, role: 'assistant' } });
  await waitForNotifications(grace, 1);
  const task = await createCaseTask({ client: ada.client, path, body: { title: 'File the defence', assigneeId: grace.id } });

  const { items: [newest, first], unreadCount } = await waitForNotifications(grace, 2);
  assert.deepEqual([newest.type, newest.caseTitle, newest.data.taskId, first.type, unreadCount], ['task.assigned', openedCase.title, task.id, 'case.joined', 2]);
  const read = await updateNotification({ client, path: { notificationId: first.id }, body: { read: true } });
  assert.ok(read.readAt);
  const unread = await listNotifications({ client, query: { unread: true } });
  assert.deepEqual(unread.items.map(({ id }) => id), [newest.id]);
  await readNotifications({ client, body: { newestId: newest.id } });
  assert.equal((await listNotifications({ client })).unreadCount, 0);

  // She turns these off.
  const { items } = await setNotificationPreferences({ client, body: { items: [{ type: 'task.assigned', inApp: false, email: false }] } });
  assert.deepEqual((await getNotificationPreferences({ client })).items, items);
  await createCaseTask({ client: ada.client, path, body: { title: 'Call them', assigneeId: grace.id } });
  await createCaseTask({ client: grace.client, path, body: { title: 'Write to them', assigneeId: ada.id } });
  await waitForNotifications(ada, 1);
  await waitForNotifications(grace, 2);

  await removeCaseMember({ client: ada.client, path: { ...path, userId: grace.id } });
  await waitForNotifications(grace, 0);
  await assert.rejects(updateNotification({ client, path: { notificationId: newest.id }, body: { read: false } }), (error) => error instanceof CounselError && error.status === 404);
});
