// Makes handlers/pages/docs-reference.js.gz: the API reference in one file, with its licence at the
// start. handlers/pages/docsite/reference-start.js starts it. The version is pinned by the hash of its package.
//
// The same input gives the same bytes for one version of Node.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { constants, gzipSync } from 'node:zlib';

const name = '@scalar/api-reference';
const version = '1.72.1';
const integrity = 'sha512-XpEJ0rfc/cXbCrR+iC4kK0o/WwX2dTtGQbT049OlPKAHD6IMIFdTeGz2r+M27P2EDWKyUITRm/NzlP8z2pw/Ow==';

const work = mkdtempSync(join(tmpdir(), 'counsel-docs-'));
try {
  const packed = execFileSync('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', work, `${name}@${version}`]);
  const archive = join(work, JSON.parse(packed)[0].filename);
  const got = `sha512-${createHash('sha512').update(readFileSync(archive)).digest('base64')}`;
  if (got !== integrity) throw new Error(`${name}@${version} has the hash ${got}, expected ${integrity}`);
  execFileSync('tar', ['-xzf', archive, '-C', work, 'package/dist/browser/standalone.js']);

  const here = import.meta.dirname;
  const script = [
    `/*! ${name} ${version}\n\n${readFileSync(join(here, 'LICENSE.scalar'), 'utf8')}*/`,
    readFileSync(join(work, 'package/dist/browser/standalone.js'), 'utf8').replace(/\n?\/\/# sourceMappingURL=.*\s*$/, ''),
  ].join('\n');
  const gz = gzipSync(script, { level: constants.Z_BEST_COMPRESSION });
  gz[9] = 255; // the system it was made on: unknown
  writeFileSync(join(here, '../../../handlers/pages/docs-reference.js.gz'), gz);
  console.log(`handlers/pages/docs-reference.js.gz: ${gz.length} bytes, of ${Buffer.byteLength(script)}`);
} finally {
  rmSync(work, { recursive: true, force: true });
}
