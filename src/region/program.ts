/**
 * Where this program lies, and what tells one version of it from another.
 */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { PROGRAM_FOLDER } from './program-folder.ts';

export { PROGRAM_FOLDER, programVersion } from './program-folder.ts';

/** Changes whenever a source file or a package does, so that `up` runs what is on disk. */
export function programFingerprint(): string {
  const hash = createHash('sha256');
  hash.update(readFileSync(join(PROGRAM_FOLDER, 'package-lock.json')));
  const source = join(PROGRAM_FOLDER, 'src');
  const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter(
    (name) => name.endsWith('.ts') && !name.endsWith('.test.ts'),
  );
  for (const name of files.toSorted()) {
    const { mtimeMs, size } = statSync(join(source, name));
    hash.update(`${name} ${mtimeMs} ${size}\n`);
  }
  return hash.digest('hex').slice(0, 16);
}
