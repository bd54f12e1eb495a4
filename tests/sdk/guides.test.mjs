// The TypeScript of every guide in docs/, compiled under the strictest settings, each example as a module of its own. It needs no service.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';

const here = import.meta.dirname;
const docs = join(here, '../../docs');

test('the examples of the guides compile', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'counsel-guides-'));
  try {
    await mkdir(join(dir, 'node_modules/@counsel'), { recursive: true });
    await symlink(join(here, '../../gen/ts'), join(dir, 'node_modules/@counsel/sdk'));
    await symlink(join(here, 'node_modules/@types'), join(dir, 'node_modules/@types'));
    await symlink(join(here, 'node_modules/undici-types'), join(dir, 'node_modules/undici-types'));
    await writeFile(join(dir, 'package.json'), '{ "type": "module" }');
    await cp(join(here, 'consumers/strict/tsconfig.json'), join(dir, 'strict.json'));
    // noPropertyAccessFromIndexSignature is about style: partners write process.env.NAME.
    await writeFile(join(dir, 'tsconfig.json'), '{ "extends": "./strict.json", "compilerOptions": { "types": ["node"], "noPropertyAccessFromIndexSignature": false } }');
    // What the examples use without defining it.
    await writeFile(join(dir, 'preamble.d.ts'), 'declare const request: Request, rawBody: string, secret: string;\n');
    let found = 0;
    for (const file of (await readdir(docs)).filter((name) => name.endsWith('.md'))) {
      for (const [, code] of (await readFile(join(docs, file), 'utf8')).matchAll(/^```ts\n([^]*?)^```$/gm)) {
        found += 1;
        await writeFile(join(dir, `${file}.${found}.ts`), code);
      }
    }
    assert.ok(found >= 6, `${found} examples`);
    await promisify(execFile)(join(here, 'node_modules/.bin/tsc'), ['--project', dir]).catch(({ stdout }) => assert.fail(stdout));
  } finally {
    await rm(dir, { recursive: true });
  }
});
