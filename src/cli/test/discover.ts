/**
 * Which test files there are, and how many of them may run at a time.
 */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

const FOLDERS: readonly string[] = ['src', 'console', 'test', 'content', 'bench'];
// They take silence on a wire for a refusal: a busy machine must not be silent for another reason. They wait for nearly all of their time.
const QUIET: readonly string[] = ['src/engines/nftables/packets', 'src/engines/nftables/seal/'];
// They kill by chance, or watch what all of the machine does.
const ALONE: readonly string[] = ['test/'];
// They start servers of their own (PostgreSQL, Incus, a browser, a region) and mostly wait for them. Each keeps to its own folders, sockets and
// ports, network namespaces or bridges, and to filter tables that bear its own name.
const SHARING: readonly string[] = [
  'src/cli/',
  'src/engines/',
  'src/region/',
  'src/services/compute/',
  'src/services/network/',
  'src/services/storage/',
  'test/access/',
  'test/backup',
  'test/certificates',
  'test/conformance/',
  'test/console/',
  'test/correctness/',
  'test/crashes/faults',
  'test/encrypted-volumes',
  'test/external-engines',
  'test/first-project',
  'test/gap-export',
  'test/gap-import',
  'test/identity',
  'test/isolation',
  'test/keys/',
  'test/mirror',
  'test/objects.',
  'test/objects/',
  'test/operators/',
  'test/region-lifecycle',
  'test/sign-in/',
  'test/vanished-clients',
  'test/vulnerabilities',
  'test/without-engine',
];

export interface TestFiles {
  /** As many at a time as the machine has processors for. */
  readonly together: readonly string[];
  /** A few more than that at a time; whole regions, which take longest, first. */
  readonly sharing: readonly string[];
  /** As many at a time as there are processors, beside nothing else. */
  readonly quiet: readonly string[];
  readonly alone: readonly string[];
}

/** Sorts out paths of test files, relative to the checkout. `*.long.test.ts` run only when asked for, each by itself. */
export function sortTestFiles(
  paths: readonly string[],
  { only, long }: { readonly only?: string; readonly long?: boolean },
): TestFiles {
  const chosen = paths
    .filter((path) => path.endsWith('.test.ts') && !path.includes('node_modules/'))
    .filter((path) => long === true || !path.endsWith('.long.test.ts'))
    .filter((path) => only === undefined || path.includes(only))
    .toSorted();
  const files = {
    together: [] as string[],
    sharing: [] as string[],
    quiet: [] as string[],
    alone: [] as string[],
  };
  for (const path of chosen) files[placeOf(path)].push(path);
  files.sharing.reverse();
  return files;
}

function placeOf(path: string): keyof TestFiles {
  const isIn = (folders: readonly string[]) => folders.some((folder) => path.startsWith(folder));
  if (path.endsWith('.long.test.ts')) return 'alone';
  if (isIn(QUIET)) return 'quiet';
  if (isIn(SHARING)) return 'sharing';
  return isIn(ALONE) ? 'alone' : 'together';
}

export function findTestFiles(checkout: string): string[] {
  return FOLDERS.filter((folder) => existsSync(join(checkout, folder))).flatMap((folder) =>
    readdirSync(join(checkout, folder), { recursive: true, encoding: 'utf8' }).map(
      (name) => `${folder}/${name}`,
    ),
  );
}
