// The package as it would be published: packed, installed in small projects and compiled. It needs no running service.
//
// The SDK's consumers, all of them in CI:
//   Node                      every *.test.mjs
//   Deno, Bun, workerd        runtimes.test.mjs with runtimes/
//   a browser                 runtimes.test.mjs; docs.test.mjs and nextjs.test.mjs with pages
//   Next.js                   nextjs.test.mjs with nextjs/: pages of the server, a route handler, React Query
//   CommonJS, module Node16   here, with consumers/commonjs
//   the strictest TypeScript  here, with consumers/strict
//   any package manager       here: publint and attw
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { after, before, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

const here = import.meta.dirname;
const sdk = join(here, '../../gen/ts');
let dir, tarball;

/** Runs a command in `dir` and returns what it prints; fails with that if the command fails. */
function run(command, args, options) {
  return new Promise((resolve, reject) => {
    execFile(command, args, { cwd: dir, ...options }, (error, stdout, stderr) =>
      error ? reject(new Error(`${basename(command)}: ${stdout}${stderr || error.message}`)) : resolve(stdout));
  });
}

const tsc = (...args) => run(join(sdk, 'node_modules/.bin/tsc'), args);

before(async () => {
  dir = await mkdtemp(join(tmpdir(), 'counsel-package-'));
  // scripts/test has built it.
  tarball = join(dir, (await run('npm', ['pack', '--silent', '--ignore-scripts', '--pack-destination', dir], { cwd: sdk })).trim());
  await cp(join(here, 'consumers'), dir, { recursive: true });
  const modules = join(dir, 'node_modules');
  await mkdir(join(modules, '@counsel/sdk'), { recursive: true });
  await run('tar', ['-xzf', tarball, '-C', join(modules, '@counsel/sdk'), '--strip-components=1']);
  for (const name of ['@tanstack', '@types', 'csstype', 'zod']) await symlink(join(sdk, 'node_modules', name), join(modules, name));
});

after(() => rm(dir, { recursive: true }));

test('operations and query options compile under the strictest settings', () => tsc('-p', 'strict'));

test('a CommonJS project compiles and runs', async () => {
  await tsc('-p', 'commonjs');
  assert.equal(await run(process.execPath, ['commonjs/main.js']), 'function 503 function function function\n');
});

test('the package has its licence, changelog, sources and maps', async () => {
  const names = new Set((await run('tar', ['-tzf', tarball])).split('\n').map((name) => name.replace(/^package\//, '')));
  for (const name of ['LICENSE', 'CHANGELOG.md', 'README.md', 'src/counsel.ts', 'dist/counsel.js.map', 'dist/counsel.d.ts.map']) {
    assert.ok(names.has(name), `${name} is missing`);
  }
});

test('publint and attw find nothing', async () => {
  await run(join(here, 'node_modules/.bin/publint'), [tarball, '--strict']);
  // Node10 is the resolution of before `exports`; its projects can still import the main entry point.
  await run(join(here, 'node_modules/.bin/attw'), [tarball, '--profile', 'node16', '--no-emoji', '--no-color']);
});

/** The gzipped size of a bundle of `contents`, in bytes, without the packages it needs. */
async function bundleSize(contents) {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: dir }, external: ['zod'],
    bundle: true, minify: true, format: 'esm', target: 'es2022', write: false,
  });
  return gzipSync(outputFiles[0].contents, { level: 9 }).length;
}

test('a client with one call has at most 5 kB', async (t) => {
  const size = await bundleSize(`import { Counsel, sendChat } from '@counsel/sdk'; sendChat({ client: new Counsel().client, body: {} });`);
  t.diagnostic(`${size} bytes gzipped`);
  assert.ok(size <= 5000, `${size} bytes`);
});

test('a client with an API key and one call has at most 5 kB', async (t) => {
  const size = await bundleSize(`import { createClient, sendChat } from '@counsel/sdk'; sendChat({ client: createClient({ apiKey: 'x' }), body: {} });`);
  t.diagnostic(`${size} bytes gzipped`);
  assert.ok(size <= 5000, `${size} bytes`);
});

test('a bundle has only the schemas it uses', async (t) => {
  const size = await bundleSize(`import { zTokens } from '@counsel/sdk/zod'; zTokens.parse({});`);
  t.diagnostic(`${size} bytes gzipped`);
  assert.ok(size <= 1000, `${size} bytes`);
});
