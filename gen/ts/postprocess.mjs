// Patches the generated code: node postprocess.mjs FOLDER. It fails if a patch does not apply, so that
// somebody checks a new version of the generator.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const folder = process.argv[2];

function edit(name, change) {
  const file = join(folder, name);
  const text = readFileSync(file, 'utf8');
  const changed = change(text);
  if (changed !== text) writeFileSync(file, changed);
}

function replace(text, from, to) {
  if (!text.includes(from)) throw new Error(`the generated code lacks: ${from}`);
  return text.replaceAll(from, to);
}

for (const name of readdirSync(folder, { recursive: true }).filter((each) => each.endsWith('.ts'))) {
  // Links to the generator's own packages are of no use to a reader here.
  edit(name, (text) => text.replace(/\{@link https:\S+\/package\/\S+ ([^}]+)\}/g, '$1'));
  // The client is written for TypeScript without exactOptionalPropertyTypes. What it declares holds with
  // it, too, and tests/sdk compiles that.
  if (/^(client|core)[/\\]/.test(name)) edit(name, (text) => text.replace('\n\n', '\n\n// @ts-nocheck\n'));
}

// `client` must not reach the options of a Request: Deno takes it for its own HTTP client and throws.
edit(join('client', 'client.gen.ts'), (text) =>
  replace(text, `    if (opts.security) {\n`, `    delete (opts as { client?: unknown }).client;\n\n    if (opts.security) {\n`),
);
