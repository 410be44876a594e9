/** Finds the kubectls of this machine. For tests only. */
import { accessSync, constants, existsSync, readdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';

export interface Kubectl {
  /** `1.33`, or `kubectl` for one that does not say its version in its name. */
  readonly name: string;
  readonly path: string;
}

const FOLDERS: readonly string[] = ['/usr/lib/google-cloud-sdk/bin'];

/** Every kubectl in the PATH and where the Google Cloud SDK keeps them, the oldest first. Throws when there is none. */
export function kubectls(): readonly Kubectl[] {
  const found = new Map<string, Kubectl>();
  for (const folder of [...(process.env.PATH ?? '').split(delimiter), ...FOLDERS]) {
    if (folder === '' || !existsSync(folder)) continue;
    for (const file of readdirSync(folder)) {
      const match = /^kubectl(?:\.(1\.\d+))?$/.exec(file);
      const path = join(folder, file);
      if (match === null || !isExecutable(path)) continue;
      const name = match[1] ?? 'kubectl';
      if (!found.has(name)) found.set(name, { name, path });
    }
  }
  if (found.size === 0)
    throw new Error('no kubectl in the PATH: install one, for example with apt-get install kubectl');
  return [...found.values()].toSorted((a, b) => minor(a) - minor(b));
}

/** The newest one. */
export function kubectl(): Kubectl {
  const newest = kubectls().at(-1);
  if (newest === undefined) throw new Error('no kubectl');
  return newest;
}

const minor = ({ name }: Kubectl): number => Number(name.split('.')[1] ?? 0);

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
