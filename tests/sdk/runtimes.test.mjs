// The SDK in the runtimes whose fetch differs from Node's, against a running service (COUNSEL_URL).
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { build } from 'esbuild';

const cwd = import.meta.dirname;
const env = { ...process.env, DENO_NO_UPDATE_CHECK: '1' };
const works = { email: true, cases: 0, streamed: true, code: 'malformed' };

async function run(command, ...args) {
  const { stdout } = await promisify(execFile)(command, args, { cwd, env });
  assert.deepEqual(JSON.parse(stdout), works);
}

test('calls, streams and errors work in Deno', () =>
  run('node_modules/.bin/deno', 'run', '--allow-net', '--allow-env', '--node-modules-dir=manual', 'runtimes/run.ts'));

// node_modules/.bin/bun needs an install script, which .npmrc does not run.
test('calls, streams and errors work in Bun', () =>
  run(`node_modules/@oven/bun-${process.platform}-${process.arch}/bin/bun`, 'run', 'runtimes/run.ts'));

test('calls, streams and errors work in workerd', async (t) => {
  const dir = await mkdtemp(join(tmpdir(), 'counsel-worker-'));
  t.after(() => rm(dir, { recursive: true }));
  await build({ entryPoints: [join(cwd, 'runtimes/worker.ts')], bundle: true, format: 'esm', outfile: join(dir, 'worker.js'), logLevel: 'error' });
  await copyFile(join(cwd, 'runtimes/worker.capnp'), join(dir, 'worker.capnp'));
  await run('node_modules/.bin/workerd', 'test', join(dir, 'worker.capnp'));
});
