import { readFileSync } from 'node:fs';
import { transform } from 'esbuild';

/** The TypeScript module in a guide that contains a text. */
export async function moduleOf(guide, text) {
  const source = readFileSync(new URL(`../../docs/${guide}.md`, import.meta.url), 'utf8');
  const code = [...source.matchAll(/```ts\n(.*?)```/gs)].map(([, block]) => block).find((block) => block.includes(text));
  if (!code) throw new Error(`docs/${guide}.md has no TypeScript with ${text}`);
  const { code: javaScript } = await transform(code, { loader: 'ts' });
  return import(`data:text/javascript,${encodeURIComponent(javaScript)}`);
}
