// Turns links to packages, in the comments of generated files, into their texts: node unlink.mjs FOLDER
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const folder = process.argv[2];
for (const name of readdirSync(folder, { recursive: true }).filter((each) => each.endsWith('.ts'))) {
  const file = join(folder, name);
  const text = readFileSync(file, 'utf8');
  const plain = text.replace(/\{@link https:\S+\/package\/\S+ ([^}]+)\}/g, '$1');
  if (plain !== text) writeFileSync(file, plain);
}
