/**
 * Which test files there are, and which of them must have the machine to themselves.
 */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

const FOLDERS: readonly string[] = ['src', 'test', 'content', 'bench'];
// They start PostgreSQL, Incus, network namespaces or whole regions: side by side they would only slow each other down.
const ALONE: readonly string[] = [
  'src/engines/',
  'src/region/',
  'src/services/compute/',
  'src/services/network/',
  'src/cli/',
  'test/',
];

export interface TestFiles {
  readonly together: readonly string[];
  readonly alone: readonly string[];
}

/** Sorts out paths of test files, relative to the checkout. `*.long.test.ts` run only when asked for. */
export function sortTestFiles(
  paths: readonly string[],
  { only, long }: { readonly only?: string; readonly long?: boolean },
): TestFiles {
  const chosen = paths
    .filter((path) => path.endsWith('.test.ts') && !path.includes('node_modules/'))
    .filter((path) => long === true || !path.endsWith('.long.test.ts'))
    .filter((path) => only === undefined || path.includes(only))
    .toSorted();
  const isAlone = (path: string) => ALONE.some((folder) => path.startsWith(folder));
  return {
    together: chosen.filter((path) => !isAlone(path)),
    alone: chosen.filter(isAlone),
  };
}

export function findTestFiles(checkout: string): string[] {
  return FOLDERS.filter((folder) => existsSync(join(checkout, folder))).flatMap((folder) =>
    readdirSync(join(checkout, folder), { recursive: true, encoding: 'utf8' }).map(
      (name) => `${folder}/${name}`,
    ),
  );
}
