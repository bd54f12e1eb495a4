// The samples of gen/samples: each compiles, and those that only read, and the most important of the others, are run against a
// service (COUNSEL_URL, COUNSEL_MAILS, COUNSEL_ADMIN_EMAIL, COUNSEL_ADMIN_PASSWORD).
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { before, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { createClient, loginUser } from '@counsel/sdk';
import { pdf } from '../sdk/pdf.mjs';
import { createWorld, password } from './world.mjs';

const run = promisify(execFile);
const here = import.meta.dirname;
const root = join(here, '../..');
const build = join(here, 'build');
const url = process.env.COUNSEL_URL;
const skip = !url && !process.env.CI && 'COUNSEL_URL is not set: scripts/test starts the service';

/** Operations that are run besides those that only read. What they need is in their examples. */
const writing = [
  'sendChat', 'generateDocument', 'analyzeText', 'maskText', 'createCase', 'createCaseNote', 'createCaseTask', 'addCaseParty', 'createDraft', 'renderDraftPdf', 'uploadDocument', 'renderPdf', 'renderBatch',
  'verifyDocument', 'previewTemplateVersion', 'createWebhook', 'pingWebhook', 'sendEmail', 'sendEmails', 'initiateSignature', 'readNotifications', 'setNotificationPreferences', 'loginUser', 'createApiKey',
];

function read(language, extension) {
  const folder = join(root, 'gen/samples', language);
  return new Map(readdirSync(folder).sort().map((name) => [name.slice(0, -extension.length), readFileSync(join(folder, name), 'utf8')]));
}
const samples = { curl: read('curl', '.sh'), typescript: read('typescript', '.ts'), go: read('go', '.go'), python: read('python', '.py') };

/** Runs a command, and fails with what it printed. */
async function succeed(command, args, options) {
  await run(command, args, { maxBuffer: 1e8, ...options }).catch((e) => assert.fail(`${command} ${args.join(' ').slice(0, 200)}: ${e.stdout}${e.stderr}`));
}

/** Writes the Go samples as functions of one program, whose argument names the one to run. */
function writeGo(folder, sources) {
  mkdirSync(folder, { recursive: true });
  const module = readFileSync(join(root, 'tests/clients/go/go.mod'), 'utf8');
  writeFileSync(join(folder, 'go.mod'), module.replace(/=> .*/, `=> ${join(root, 'gen/go')}`));
  cpSync(join(root, 'tests/clients/go/go.sum'), join(folder, 'go.sum'));
  for (const [id, source] of sources) {
    assert.match(source, /^\/\/go:build ignore\n\npackage main\n[^]*\nfunc main\(\) \{\n/);
    writeFileSync(join(folder, `${id}.go`), source.replace('//go:build ignore\n', '').replace('\nfunc main() {', `\nfunc ${id}() {`));
  }
  const cases = [...sources.keys()].map((id) => `\tcase "${id}":\n\t\t${id}()\n`).join('');
  writeFileSync(join(folder, 'main.go'), `package main\n\nimport "os"\n\nfunc main() {\n\tswitch os.Args[1] {\n${cases}\t}\n}\n`);
}

before(() => {
  rmSync(build, { recursive: true, force: true });
  for (const [id, source] of samples.typescript) {
    mkdirSync(join(build, 'typescript'), { recursive: true });
    writeFileSync(join(build, 'typescript', `${id}.ts`), source);
  }
});

test('every language has the same operations', () => {
  assert.ok(samples.curl.size > 100);
  for (const [language, sources] of Object.entries(samples)) assert.deepEqual([...sources.keys()], [...samples.curl.keys()], language);
});

test('the shell reads the curl samples', async () => {
  for (const id of samples.curl.keys()) await succeed('bash', ['-n', join(root, 'gen/samples/curl', `${id}.sh`)]);
});

test('the TypeScript samples compile', async () => {
  await succeed(join(here, 'node_modules/.bin/tsc'), ['-p', here]);
});

test('the Go samples compile', async () => {
  writeGo(join(build, 'go'), samples.go);
  await succeed('go', ['vet', '.'], { cwd: join(build, 'go') });
});

test('the Python samples are typed', async () => {
  const files = [...samples.python.keys()].map((id) => join(root, 'gen/samples/python', `${id}.py`));
  await succeed(join(root, 'scripts/python'), ['-m', 'mypy', '--strict', '--scripts-are-modules', ...files], { cwd: root, env: { ...process.env, MYPYPATH: join(root, 'gen/python/src') } });
});

/** The operations of the contract, by id, with the examples of what they name. */
async function operations() {
  const contract = await (await fetch(`${url}/openapi.json`)).json();
  const resolve = (value) => (value?.$ref ? resolve(value.$ref.slice(2).split('/').reduce((at, part) => at[part.replaceAll('~1', '/')], contract)) : value);
  const found = new Map();
  for (const item of Object.values(contract.paths)) {
    for (const [method, op] of Object.entries(item)) {
      const named = [];
      for (const p of (op.parameters ?? []).map(resolve)) if (p.required && p.in === 'path') named.push([p.name, p.example, p.in]);
      const body = Object.values(resolve(op.requestBody)?.content ?? {})[0];
      const collect = (value) => {
        for (const [name, each] of Object.entries(value ?? {})) {
          if (typeof each === 'string') named.push([name, each, 'body']);
          else if (each && typeof each === 'object') collect(each);
        }
      };
      if (body) collect(resolve(Object.values(body.examples)[0]).value);
      found.set(op.operationId, { ...op, method: method.toUpperCase(), named });
    }
  }
  return found;
}

const identifier = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** Parameters of a path that are no ids, whose examples exist. */
const present = ['templateId', 'version'];

/** What the things of the world need not have. */
const absent = ['getPartyCompany'];

/** How a sample is run: what is replaced in it, as whom, and the codes of the problems that it must end with, or can. */
function plan(id, op, world) {
  const person = !(op.security ?? []).some((each) => 'apiKey' in each);
  const things = person ? world.asPerson : world.asProgram;
  const replaced = new Map();
  const problems = [];
  const possible = [];
  for (const [name, example, where] of op.named) {
    const value = identifier.test(example) || (id === 'loginUser' && where === 'body') ? things[name] : undefined;
    if (value === undefined) {
      if (where === 'path' && !present.includes(name)) (identifier.test(example) ? problems : possible).push('not_found');
    } else if ((replaced.get(example) ?? value) === value) replaced.set(example, value);
    else {
      assert.equal(op.method, 'GET', `${id}: the example ${example} stands for two things`);
      problems.push('not_found');
    }
  }
  const roles = op['x-roles'] ?? [];
  const forAdmins = roles.length > 0 && !roles.includes('lawyer');
  if (forAdmins && !person) problems.push('forbidden');
  if (op['x-no-test-mode'] && !person) problems.push('test_mode_refused');
  if (absent.includes(id)) possible.push('not_found');
  // What depends on another system, which is not there.
  if (op.method === 'GET' && op.responses['502']) possible.push('[a-z]+_(not_configured|unavailable|rate_limited)');
  return {
    id, problems, possible,
    fill: (source) => [...replaced].reduce((text, [example, value]) => text.replaceAll(example, value), source),
    env: {
      COUNSEL_URL: url, COUNSEL_API_KEY: world.key,
      COUNSEL_EMAIL: forAdmins && person ? process.env.COUNSEL_ADMIN_EMAIL : world.email,
      COUNSEL_PASSWORD: forAdmins && person ? process.env.COUNSEL_ADMIN_PASSWORD : password,
    },
  };
}

/** Starts a program that runs samples, one after the other. */
function runner(command, args, cwd, env) {
  const child = spawn(command, args, { cwd, env: { ...process.env, ...env }, stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    async run(sample) {
      child.stdin.write(`${JSON.stringify(sample)}\n`);
      const { value, done } = await lines.next();
      assert.ok(!done, `${command} ended`);
      return JSON.parse(value);
    },
    close: () => child.stdin.end(),
  };
}

/** Runs a command; a failure is a result, too. */
async function execute(command, args, options) {
  return run(command, args, { maxBuffer: 1e8, ...options }).then(({ stdout }) => ({ output: stdout, error: null }), (e) => ({ output: e.stdout, error: `${e.stdout}${e.stderr}` }));
}

async function accessTokenOf({ COUNSEL_EMAIL: email, COUNSEL_PASSWORD: password }) {
  const { accessToken } = await loginUser({ client: createClient({ baseUrl: url }), body: { email, password } });
  return accessToken;
}

/** getDocumentContent saved the document. */
function expectFile(cwd) {
  assert.equal(readFileSync(join(cwd, 'document.pdf')).subarray(0, 5).toString(), '%PDF-');
}

/** Where samples run: a folder with the file that they upload. */
function folder(name) {
  const path = join(build, 'run', name);
  mkdirSync(path, { recursive: true });
  writeFileSync(join(path, 'contract.pdf'), pdf('A contract.'));
  return path;
}

test('samples run against the service', { skip, timeout: 280_000 }, async (t) => {
  const all = await operations();
  const world = await createWorld();
  const plans = [...samples.curl.keys()]
    .map((id) => [id, all.get(id)])
    .filter(([id, op]) => op.method === 'GET' || writing.includes(id))
    .map(([id, op]) => plan(id, op, world));
  assert.ok(plans.length > 70, `${plans.length} samples are run`);
  assert.deepEqual(writing.filter((id) => !plans.some((p) => p.id === id)), []);

  const expect = ({ id, problems, possible }, { output, error }) => {
    if (error && problems.length === 0 && new RegExp(`\\b(${possible.join('|')})\\b`).test(error) && possible.length > 0) return;
    if (problems.length === 0) {
      assert.equal(error, null, `${id}: ${error}`);
      if (id === 'sendChat') assert.match(output, /agreement|NDA/i, id);
      if (id === 'createCase') assert.match(output, /Northwind v\. Southwind/, id);
    } else assert.match(error ?? '', new RegExp(`\\b(${problems.join('|')})\\b`), `${id} should end with ${problems.join(' or ')}: ${output}`);
  };

  await t.test('curl', async () => {
    const cwd = folder('curl');
    // For systems that have none.
    writeFileSync(join(cwd, 'uuidgen'), '#!/bin/sh\ncat /proc/sys/kernel/random/uuid\n');
    chmodSync(join(cwd, 'uuidgen'), 0o755);
    let accessToken = '';
    for (const p of plans) {
      const source = p.fill(samples.curl.get(p.id));
      if (source.includes('COUNSEL_ACCESS_TOKEN')) accessToken = await accessTokenOf(p.env);
      const env = { ...process.env, ...p.env, COUNSEL_ACCESS_TOKEN: accessToken, PATH: `${process.env.PATH}:${cwd}` };
      expect(p, await execute('bash', ['-c', source], { cwd, env }));
    }
    expectFile(cwd);
  });

  await t.test('TypeScript', async (t) => {
    const cwd = folder('typescript');
    const node = runner(process.execPath, [join(here, 'run.mjs')], cwd);
    t.after(node.close);
    for (const p of plans) {
      const file = join(cwd, `${p.id}.mjs`);
      writeFileSync(file, p.fill(readFileSync(join(build, 'javascript', `${p.id}.js`), 'utf8')));
      expect(p, await node.run({ file: pathToFileURL(file).href, env: p.env }));
    }
    expectFile(cwd);
  });

  await t.test('Go', async () => {
    const cwd = folder('go');
    writeGo(join(cwd, 'source'), new Map(plans.map((p) => [p.id, p.fill(samples.go.get(p.id))])));
    await succeed('go', ['build', '-o', join(cwd, 'samples'), '.'], { cwd: join(cwd, 'source') });
    for (const p of plans) expect(p, await execute(join(cwd, 'samples'), [p.id], { cwd, env: { ...process.env, ...p.env } }));
    expectFile(cwd);
  });

  await t.test('Python', async (t) => {
    const cwd = folder('python');
    const python = runner(join(root, 'scripts/python'), [join(here, 'run.py')], cwd, { PYTHONPATH: join(root, 'gen/python/src') });
    t.after(python.close);
    for (const p of plans) expect(p, await python.run({ source: p.fill(samples.python.get(p.id)), env: p.env }));
    expectFile(cwd);
  });
});
