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
  const changed = text.replaceAll(from, to);
  if (changed === text) throw new Error(`the generated code lacks: ${from}`);
  return changed;
}

for (const name of readdirSync(folder, { recursive: true }).filter((each) => each.endsWith('.ts'))) {
  // Links to the generator's own packages are of no use to a reader here.
  edit(name, (text) => text.replace(/\{@link https:\S+\/package\/\S+ ([^}]+)\}/g, '$1'));
  // The client is written for TypeScript without exactOptionalPropertyTypes. What it declares holds with
  // it, too, and tests/sdk compiles that.
  if (/^(client|core)[/\\]/.test(name)) edit(name, (text) => text.replace('\n\n', '\n\n// @ts-nocheck\n'));
}

edit(join('client', 'client.gen.ts'), (text) => {
  // `client` must not reach the options of a Request: Deno takes it for its own HTTP client and throws.
  text = replace(text, `    if (opts.security) {\n`, `    delete (opts as { client?: unknown }).client;\n\n    if (opts.security) {\n`);
  // The generator's event streams retry for ever, re-send a POST and swallow errors; src/stream.ts replaces them.
  text = replace(text, /^import \{ createSseClient \}.*\n/gm, '');
  text = replace(text, /^  const makeSseFn = [^]*?^    \}\);\n  \};\n\n/gm, '');
  text = replace(text, /^    sse: \{[^]*?^    \},\n/gm, '');
  if (/sse/i.test(text)) throw new Error('the generated client still has event streams');
  return text;
});
edit(join('client', 'types.gen.ts'), (text) => replace(text, 'MethodFn, BuildUrlFn, SseFn>', 'MethodFn, BuildUrlFn>'));
