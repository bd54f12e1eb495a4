// Completes the package after tsc: what `npm pack` includes beside the compiled sources.
import { copyFileSync, writeFileSync } from 'node:fs';

writeFileSync('dist/cjs/package.json', JSON.stringify({ type: 'commonjs', sideEffects: false }) + '\n');
for (const name of ['LICENSE', 'CHANGELOG.md']) copyFileSync(`../../${name}`, name);
