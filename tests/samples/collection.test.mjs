// The collection for API clients: its format, and some of its requests as an API client sends them.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import validator from '@har-sdk/validator';
import newman from 'newman';
import { createWorld, password } from './world.mjs';

const url = process.env.COUNSEL_URL;
const skip = !url && !process.env.CI && 'COUNSEL_URL is not set: scripts/test starts the service';
const root = join(import.meta.dirname, '../..');
const read = () => JSON.parse(readFileSync(join(root, 'gen/samples/counsel.postman-collection.json'), 'utf8'));

test('the collection has the format of Postman', async () => {
  assert.deepEqual(await new validator.PostmanValidator().verify(read()), []);
  const broken = read();
  delete broken.info.name;
  assert.notDeepEqual(await new validator.PostmanValidator().verify(broken), []);
});

test('the collection has each operation once', () => {
  const operations = readFileSync(join(root, 'openapi.yaml'), 'utf8').match(/^      operationId: /gm).length;
  const requests = read().item.flatMap((folder) => folder.item.map(({ request }) => `${request.method} ${request.url.path.join('/')}`));
  assert.equal(new Set(requests).size, requests.length);
  assert.ok(requests.length > 100 && requests.length < operations);
});

test('requests of the collection are answered', { skip, timeout: 120_000 }, async () => {
  const world = await createWorld();
  const collection = read();
  const find = (method, path) => collection.item.flatMap((folder) => folder.item).find(({ request }) => request.method === method && `/${request.url.path.join('/')}` === path);
  const items = [
    find('GET', '/api/auth/me'), find('POST', '/api/cases'), find('GET', '/api/cases'), find('GET', '/api/docs/search'), find('GET', '/api/cases/:caseId'), find('GET', '/livez'),
    find('POST', '/api/auth/login'), find('GET', '/api/auth/sessions'), // with the access token that signing in sets
  ];
  assert.ok(items.every(Boolean));
  items[4].request.url.variable.find(({ key }) => key === 'caseId').value = world.asProgram.caseId;
  items[6].request.body.raw = JSON.stringify({ email: world.email, password });
  const set = { baseUrl: url, apiKey: world.key };
  for (const variable of collection.variable) variable.value = set[variable.key] ?? variable.value;
  const { run } = await promisify(newman.run)({ collection: { ...collection, item: items }, reporters: [] });
  assert.deepEqual(run.failures.map((f) => f.error), []);
  assert.deepEqual(run.executions.map(({ response }) => response?.code), [200, 201, 200, 200, 200, 200, 200, 200]);
});
