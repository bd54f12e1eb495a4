// The examples of gen/ts/README.md and docs/sdk.md, compiled under the strictest settings and run against a running
// service (COUNSEL_URL). The examples of a file continue each other. Only the address and the account are replaced.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { Counsel, createApiKey, registerUser } from '@counsel/sdk';
import { pdf } from './pdf.mjs';

const here = import.meta.dirname;
const sdk = join(here, '../../gen/ts');
const password = 'correct horse battery';
const email = `readme-${randomUUID()}@example.com`;
let dir, key;

before(async () => {
  dir = await mkdtemp(join(tmpdir(), 'counsel-readme-'));
  await cp(join(here, 'consumers/strict/tsconfig.json'), join(dir, 'tsconfig.json'));
  await writeFile(join(dir, 'package.json'), '{ "type": "module" }');
  // What the examples use of Node.
  await writeFile(join(dir, 'node.d.ts'), `
    declare const process: { env: Record<'DEMO_PASSWORD' | 'COUNSEL_API_KEY' | 'COUNSEL_WEBHOOK_SECRET', string | undefined>; stdout: { write(text: string): void } };
    declare module 'node:fs/promises' { export function readFile(path: string): Promise<Uint8Array<ArrayBuffer>>; }`);
  await writeFile(join(dir, 'nda.pdf'), pdf('The parties keep the terms confidential for two years.'));
  await mkdir(join(dir, 'node_modules/@counsel'), { recursive: true });
  await symlink(sdk, join(dir, 'node_modules/@counsel/sdk'));
  for (const [name, file] of [['readme', join(sdk, 'README.md')], ['guide', join(here, '../../docs/sdk.md')]]) {
    const examples = [...(await readFile(file, 'utf8')).matchAll(/^```ts\n([^]*?)^```$/gm)].map(([, code]) => code);
    assert.notEqual(examples.length, 0);
    const code = examples.join('\n').replace(/'https?:\/\/(counsel\.example|127\.0\.0\.1:8080)'/g, () => JSON.stringify(process.env.COUNSEL_URL)).replace(/'(ada|demo)@[a-z.]+'/, `'${email}'`);
    assert.ok(code.includes(process.env.COUNSEL_URL) && code.includes(email), `${file} names no service or account`);
    await writeFile(join(dir, `${name}.ts`), code);
  }
  await promisify(execFile)(join(sdk, 'node_modules/.bin/tsc'), ['--noEmit', 'false'], { cwd: dir }).catch(({ stdout }) => assert.fail(stdout));
  const counsel = new Counsel({ baseUrl: process.env.COUNSEL_URL });
  const { client } = counsel;
  await registerUser({ client, body: { email, password, fullName: 'Ada Lovelace' } });
  await counsel.login({ email, password });
  key = (await createApiKey({ client, body: { name: 'README', scopes: ['cases:read'] } })).secret;
});

after(() => rm(dir, { recursive: true }));

/** Runs a program and returns what it prints. */
async function run(...args) {
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: dir, env: { ...process.env, DEMO_PASSWORD: password, COUNSEL_API_KEY: key } });
  return stdout;
}

test('the guide prints an answer', async () => {
  assert.match(await run('guide.js'), /Sandbox answer[^]*\n?0 cases\n$/);
});

test("the README's client asks, lists, uploads and downloads", async () => {
  const output = await run('readme.js');
  assert.match(output, /Sandbox answer/);
  assert.match(output, /^0 cases$/m);
  assert.match(output, /\n(\d+) of \1 bytes sent\n/);
  assert.match(output, /\n(\d+) of \1 bytes\napplication\/pdf \1\n/);
});

test("the README's webhook receiver refuses what is not signed", async () => {
  const program = `
    const { POST } = await import(${JSON.stringify(pathToFileURL(join(dir, 'readme.js')).href)});
    const { status } = await POST(new Request('https://receiver.example', { method: 'POST', body: '{}' }));
    console.log('status', status);`;
  assert.match(await run('--input-type=module', '-e', program), /status 400\n/);
});
