// Templates through the SDK, against a running service.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { Counsel, CounselError, createTemplate, getTemplateVersion, listTemplates, previewTemplateVersion, publishTemplateVersion, registerUser } from '@counsel/sdk';

async function session(credentials) {
  const counsel = new Counsel({ baseUrl: process.env.COUNSEL_URL });
  await counsel.login(credentials);
  return counsel;
}

test('a template is written, published and filled in', async () => {
  const { client: admin } = await session({ email: process.env.COUNSEL_ADMIN_EMAIL, password: process.env.COUNSEL_ADMIN_PASSWORD });
  const credentials = { email: `sdk-${randomUUID()}@example.com`, password: 'correct horse battery' };
  await registerUser({ client: new Counsel({ baseUrl: process.env.COUNSEL_URL }).client, body: { ...credentials, fullName: 'Ada Lovelace' } });
  const { client: ada } = await session(credentials);

  const { items } = await listTemplates({ client: ada });
  assert.ok(items.some((t) => t.templateId === 'nda' && t.latestVersion === '1'));
  const nda = await getTemplateVersion({ client: ada, path: { templateId: 'nda', version: '1' } });
  const { html } = await previewTemplateVersion({ client: ada, path: { templateId: 'nda', version: '1' }, body: { data: nda.sampleData } });
  assert.match(html, /Northwind Robotics Ltd/);

  const templateId = `notice-${randomUUID()}`;
  const path = { templateId, version: '1' };
  await createTemplate({
    client: admin,
    body: {
      ...path,
      body: '---\nname: Notice\ntitle: Notice to {{to}}\n---\nDear {{to}},\n',
      schema: { type: 'object', additionalProperties: false, required: ['to'], properties: { to: { type: 'string', minLength: 1 } } },
      sampleData: { to: 'Bob' },
    },
  });
  await assert.rejects(previewTemplateVersion({ client: ada, path, body: {} }), (e) => e instanceof CounselError && e.status === 404);
  await publishTemplateVersion({ client: admin, path });
  assert.deepEqual(await previewTemplateVersion({ client: ada, path, body: { data: { to: '<b>Ada</b>' } } }), { title: 'Notice to <b>Ada</b>', html: '<p>Dear &lt;b&gt;Ada&lt;/b&gt;,</p>\n' });
  await assert.rejects(previewTemplateVersion({ client: ada, path, body: { data: { too: 'Ada' } } }),
    (e) => e instanceof CounselError && e.status === 422 && e.errors.map((f) => f.pointer).join() === '/data/to,/data/too');
});
