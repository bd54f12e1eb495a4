// The SDK in the runtimes whose fetch differs from Node's, against a running service (COUNSEL_URL).
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { chromium } from 'playwright-core';
import { findBrowser } from './browser.mjs';

const cwd = import.meta.dirname;
const env = { ...process.env, DENO_NO_UPDATE_CHECK: '1' };
const works = { email: true, cases: 0, streamed: true, file: true, progress: [0, 1, 1], code: 'malformed' };

const bundled = { bundle: true, logLevel: 'error' };

async function run(command, ...args) {
  const { stdout } = await promisify(execFile)(command, args, { cwd, env });
  assert.deepEqual(JSON.parse(stdout), works);
}

test('calls, streams, files and errors work in Deno', () =>
  run('node_modules/.bin/deno', 'run', '--allow-net', '--allow-env', '--node-modules-dir=manual', 'runtimes/run.ts'));

// node_modules/.bin/bun needs an install script, which .npmrc does not run.
test('calls, streams, files and errors work in Bun', () =>
  run(`node_modules/@oven/bun-${process.platform}-${process.arch}/bin/bun`, 'run', 'runtimes/run.ts'));

test('calls, streams, files and errors work in workerd', async (t) => {
  const dir = await mkdtemp(join(tmpdir(), 'counsel-worker-'));
  t.after(() => rm(dir, { recursive: true }));
  await build({ ...bundled, entryPoints: [join(cwd, 'runtimes/worker.ts')], format: 'esm', outfile: join(dir, 'worker.js') });
  await copyFile(join(cwd, 'runtimes/worker.capnp'), join(dir, 'worker.capnp'));
  await run('node_modules/.bin/workerd', 'test', join(dir, 'worker.capnp'));
});

const browserPath = findBrowser();

test('calls, streams, files and errors work in a browser', { skip: !browserPath && !process.env.CI && 'no chromium is installed' }, async (t) => {
  assert.ok(browserPath, 'CI needs chromium');
  const { outputFiles } = await build({ ...bundled, entryPoints: [join(cwd, 'runtimes/calls.ts')], format: 'iife', globalName: 'sdk', write: false });
  const browser = await chromium.launch({ executablePath: browserPath, args: ['--headless', '--no-sandbox', '--disable-gpu'] });
  t.after(() => browser.close());
  const page = await browser.newPage();
  await page.goto(`${process.env.COUNSEL_URL}/docs/reference`); // may call the API
  assert.deepEqual(await page.evaluate(`(() => { ${outputFiles[0].text}; return sdk.calls(''); })()`), works);
});
