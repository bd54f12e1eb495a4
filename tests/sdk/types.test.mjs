// The SDK's types, as a frontend with the strictest settings compiles them. It needs no running service.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';

test('operations and query options compile under the strictest settings', () => {
  const { status, stdout } = spawnSync('../../gen/ts/node_modules/.bin/tsc', ['-p', 'strict'], { cwd: import.meta.dirname, encoding: 'utf8' });
  assert.equal(status, 0, stdout);
});
