// Patches the generated code: node postprocess.mjs FOLDER, after the generator, which would ignore a failure. It fails if a
// patch does not apply, so that somebody checks a new version of the generator.
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
  // A body that breaks off, or is not JSON, is an error like others.
  text = replace(text, `    if (response.ok) {\n`, `    if (response.ok) try {\n`);
  text = replace(text, `    const textError = await response.text();\n`, `    const textError = await response.text().catch(() => '');\n`);
  text = replace(text, /(            \.\.\.result,\n          \};)\n    \}\n\n(?=    const textError)/g, `$1
    } catch (error) {
      let finalError: unknown = error;
      for (const fn of interceptors.error.fns) {
        if (fn) finalError = await fn(finalError, undefined as any, request, opts);
      }
      if (opts.throwOnError) throw finalError;
      return opts.responseStyle === 'data' ? undefined : { error: finalError, ...result };
    }

`);
  if (/sse/i.test(text)) throw new Error('the generated client still has event streams');
  return text;
});
edit(join('client', 'types.gen.ts'), (text) => replace(text, 'MethodFn, BuildUrlFn, SseFn>', 'MethodFn, BuildUrlFn>'));

// The generated code knows every style of parameters that OpenAPI has. The contract has plain path parameters, and lists in
// the form style; the rest would be a tenth of a small bundle.
const contract = readFileSync('../../openapi.yaml', 'utf8');
if (/\bstyle: (?!form\b)|\ballowReserved:|^  \/.*(?:\{[.;]|\*\})/m.test(contract)) throw new Error('the contract has a style of parameters that the client lacks');
edit(join('core', 'utils.gen.ts'), (text) => {
  text = replace(text, /^import \{\n  type ArraySeparatorStyle,[^]*?^\} from .*\n/gm, '');
  return replace(text, /^export const defaultPathSerializer = [^]*?^\};\n/gm, `export const defaultPathSerializer = ({ path, url }: PathSerializer) =>
  url.replace(PATH_PARAM_RE, (match) => {
    const name = match.slice(1, -1);
    const value = encodeURIComponent((path[name] ?? '') as string);
    // A URL shortens dots: the id ".." would call another operation.
    if (/^\\.{0,2}$/.test(value)) throw new TypeError(\`\${name} cannot be "\${value}"\`);
    return value;
  });
`);
});
edit(join('core', 'pathSerializer.gen.ts'), (text) => replace(text, /^export const separatorArrayExplode = [^]*/gm, `export const serializePrimitiveParam = ({ name, value }: SerializePrimitiveParam) => {
  if (typeof value === 'object') throw new Error(\`\${name} has an object\`);
  return \`\${name}=\${encodeURIComponent(value)}\`;
};

export const serializeArrayParam = ({ explode, name, value }: SerializeOptions<ArraySeparatorStyle> & { value: unknown[] }) =>
  explode ? value.map((each) => serializePrimitiveParam({ name, value: each as string })).join('&') : \`\${name}=\${value.map((each) => encodeURIComponent(each as string)).join(',')}\`;

export const serializeObjectParam = ({ name, value }: SerializeOptions<ObjectSeparatorStyle> & { value: unknown }) =>
  serializePrimitiveParam({ name, value: value as string });
`));

// Every operation that takes an Idempotency-Key gets one, made for each call unless the caller has one.
const types = readFileSync(join(folder, 'types.gen.ts'), 'utf8');
const keyed = types.split('\nexport type ').filter((type) => /^\w+Data = \{/.test(type) && type.includes("'Idempotency-Key'?: string;"));
if (keyed.length === 0) throw new Error('the generated code has no Idempotency-Key');
edit('sdk.gen.ts', (text) => {
  for (const name of keyed.map((type) => type.slice(0, type.indexOf('Data = ')))) {
    const start = text.search(new RegExp(`^export const \\w+ = .*Options<${name}Data,`, 'm'));
    const end = text.indexOf('\n});', start);
    if (start < 0 || end < 0) throw new Error(`the generated code lacks an operation with ${name}Data`);
    let call = text.slice(start, end);
    const spread = /\(options\?: /.test(call) ? '...options?.headers' : '...options.headers';
    if (call.includes('\n    headers: {\n')) call = replace(call, '\n    headers: {\n', `\n    headers: {\n        'Idempotency-Key': idempotencyKey(),\n`);
    else call = replace(call, /\n    \.\.\.options$/g, `\n    ...options,\n    headers: {\n        'Idempotency-Key': idempotencyKey(),\n        ${spread}\n    }`);
    text = text.slice(0, start) + call + text.slice(end);
  }
  // Each call can have its own timeout and number of retries.
  text = replace(text, /^(export type Options<.* = .*) & \{$/gm, '$1 & CallOptions & {');
  return replace(text, "\nimport { client } from './client.gen.js';\n", "\nimport { type CallOptions, idempotencyKey } from '../retry.js';\nimport { client } from './client.gen.js';\n");
});

// The options of infinite queries lack what TanStack Query requires, although their type has it.
edit(join('@tanstack', 'react-query.gen.ts'), (text) => replace(text, /^    queryKey: \w+InfiniteQueryKey\(/gm,
  (key) => `    initialPageParam: '',\n    getNextPageParam: (page) => page.nextCursor,\n${key}`));

// The generator unescapes patterns, but a line separator ends a literal, and what is invisible cannot be read.
edit('zod.gen.ts', (text) => text.split('\n').map((line) => {
  const start = line.indexOf('.regex(/');
  if (start < 0) return line;
  const escaped = (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return line.slice(0, start) + line.slice(start).replace(/[^ -~]/g, escaped);
}).join('\n'));

// A bundler cannot know that building a schema has no effect, and would keep them all.
edit('zod.gen.ts', (text) => replace(text, /^(export const z\w+(?:: [^=]+)?) = (z\w*\.[^]*?);$(?=\n\n|\n*(?![^]))/gm, '$1 = /* @__PURE__ */ (() => $2)();'));
