// The SDK in Deno, whose fetch is stricter than Node's, against a running service (COUNSEL_URL).
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { promisify } from 'node:util';

test('calls, streams and errors work in Deno', async () => {
  const { stdout } = await promisify(execFile)('node_modules/.bin/deno',
    ['run', '--allow-net', '--allow-env', '--node-modules-dir=manual', 'deno/calls.ts', process.env.COUNSEL_URL],
    { cwd: import.meta.dirname, env: { ...process.env, DENO_NO_UPDATE_CHECK: '1' } });
  assert.deepEqual(JSON.parse(stdout), { email: true, cases: 0, streamed: true, code: 'malformed' });
});
