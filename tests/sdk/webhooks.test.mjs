// Webhooks from a partner's point of view: the SDK against a running service, and a receiver.
import assert from 'node:assert/strict';
import { createHmac, randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { test } from 'node:test';
import {
  Counsel, CounselError, createDraft, createWebhook, deleteWebhook, getWebhookDelivery, listWebhookDeliveries, pingWebhook,
  registerUser, replayWebhookDelivery, rotateWebhookSecret, updateUser, verifyWebhook, WebhookError,
} from '@counsel/sdk';
import { moduleOf } from './guide.mjs';

const { verify } = await moduleOf('webhooks', 'export function verify(');

const body = '{"type":"ping","timestamp":"2026-11-25T09:50:00Z","data":{}}';

function signed(secret, { id = 'msg-1', at = new Date(), text = body } = {}) {
  const timestamp = String(Math.floor(at.getTime() / 1000));
  const mac = createHmac('sha256', Buffer.from(secret.slice('whsec_'.length), 'base64')).update(`${id}.${timestamp}.${text}`).digest('base64');
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': `v1,${mac}` };
}

test('verifyWebhook accepts signed requests only', async () => {
  const [secret, other] = [0, 1].map(() => `whsec_${randomBytes(32).toString('base64')}`);
  const good = signed(secret);
  assert.equal((await verifyWebhook(good, body, secret)).type, 'ping');
  assert.equal((await verifyWebhook(new Headers(good), new TextEncoder().encode(body), secret)).type, 'ping');
  assert.equal((await verifyWebhook({ ...good, 'Webhook-Id': good['webhook-id'] }, body, [other, secret])).type, 'ping');
  const two = { ...good, 'webhook-signature': `v1a,AAAA ${signed(other)['webhook-signature']} ${good['webhook-signature']}` };
  assert.equal((await verifyWebhook(two, body, secret)).type, 'ping');
  const hourAgo = new Date(Date.now() - 3_600_000);
  assert.equal((await verifyWebhook(signed(secret, { at: hourAgo }), body, secret, { now: hourAgo })).type, 'ping');

  for (const [what, headers, text, key] of [
    ['another body', good, `${body} `, secret],
    ['another secret', good, body, other],
    ['another id', { ...good, 'webhook-id': 'msg-2' }, body, secret],
    ['another time', { ...good, 'webhook-timestamp': String(Number(good['webhook-timestamp']) + 1) }, body, secret],
    ['an old timestamp', signed(secret, { at: hourAgo }), body, secret],
    ['a future timestamp', signed(secret, { at: new Date(Date.now() + 3_600_000) }), body, secret],
    ['a timestamp that is not a number', { ...good, 'webhook-timestamp': 'now' }, body, secret],
    ['no signature', { ...good, 'webhook-signature': undefined }, body, secret],
    ['an empty signature', { ...good, 'webhook-signature': 'v1,' }, body, secret],
    ['another version', { ...good, 'webhook-signature': good['webhook-signature'].replace('v1,', 'v2,') }, body, secret],
    ['half a signature', { ...good, 'webhook-signature': good['webhook-signature'].slice(0, 20) }, body, secret],
    ['no headers', {}, body, secret],
    ['no secret', good, body, 'whsec_'],
    ['an empty secret that somebody signed with', signed('whsec_'), body, 'whsec_'],
    ['a broken secret', good, body, 'whsec_§'],
  ]) {
    await assert.rejects(verifyWebhook(headers, text, key), WebhookError, what);
    assert.throws(() => verify(headers, text, key), undefined, `the guide: ${what}`);
  }
});

test('a partner subscribes, receives events and replays a delivery', async (t) => {
  const received = [];
  let notify = () => undefined;
  let secret;
  let answer = 200;
  const receiver = createServer(async (request, response) => {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    try {
      const body = Buffer.concat(chunks);
      const event = await verifyWebhook(request.headers, body, secret);
      assert.deepEqual(verify(request.headers, body.toString(), secret), event); // the code of the guide
      received.push({ id: request.headers['webhook-id'], event });
    } catch (error) {
      received.push({ error });
    }
    response.writeHead(answer).end();
    notify();
  });
  receiver.listen(0, '127.0.0.1');
  await once(receiver, 'listening');
  t.after(() => receiver.close());
  const receive = async (n) => {
    while (received.length < n) await new Promise((resolve) => { notify = resolve; });
    assert.ifError(received[n - 1].error);
    return received[n - 1];
  };

  const counsel = new Counsel({ baseUrl: process.env.COUNSEL_URL });
  const { client } = counsel;
  const credentials = { email: `sdk-${randomUUID()}@example.com`, password: 'correct horse battery' };
  const { id: userId } = await registerUser({ client, body: { ...credentials, fullName: 'Ada Lovelace' } });
  const admin = new Counsel({ baseUrl: process.env.COUNSEL_URL });
  await admin.login({ email: process.env.COUNSEL_ADMIN_EMAIL, password: process.env.COUNSEL_ADMIN_PASSWORD });
  await updateUser({ client: admin.client, path: { userId }, body: { role: 'lawyer' } });
  await counsel.login(credentials);

  const created = await createWebhook({ client, body: { url: `http://127.0.0.1:${receiver.address().port}/hooks`, eventTypes: ['draft.created'] } });
  secret = created.secret;
  const path = { webhookId: created.webhook.id };
  await pingWebhook({ client, path });
  assert.equal((await receive(1)).event.data.webhookId, created.webhook.id);

  const draft = await createDraft({ client, body: { title: 'Notice', body: 'Text' } });
  const { id, event } = await receive(2);
  assert.deepEqual([event.type, event.data], ['draft.created', { draftId: draft.id }]);
  const { items } = await listWebhookDeliveries({ client, path, query: { limit: 1 } });
  assert.equal(items[0].id, id);

  ({ secret } = await rotateWebhookSecret({ client, path }));
  answer = 500; // the receiver fails: the delivery is retried
  for (;;) {
    try {
      await replayWebhookDelivery({ client, path: { ...path, deliveryId: id } });
      break;
    } catch (error) { // the first response is not recorded yet
      assert.ok(error instanceof CounselError && error.status === 409);
    }
  }
  assert.equal((await receive(3)).id, id);
  answer = 200;
  assert.equal((await receive(4)).id, id);
  const { payload } = await getWebhookDelivery({ client, path: { ...path, deliveryId: id } });
  assert.equal(payload.data.draftId, draft.id);
  await deleteWebhook({ client, path });
});
