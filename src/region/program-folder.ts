/** Where this program lies and which version it is. Apart from `program.ts` because the supervisor needs no more, and Node's crypto would cost it memory. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The checkout. */
export const PROGRAM_FOLDER = fileURLToPath(new URL('../../', import.meta.url)).replace(/\/$/, '');

interface PackageFile {
  readonly version: string;
}

export function programVersion(): string {
  return (JSON.parse(readFileSync(join(PROGRAM_FOLDER, 'package.json'), 'utf8')) as PackageFile).version;
}
