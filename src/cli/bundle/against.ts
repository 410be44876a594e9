/** What a bundle of deltas is made against, from the command line: a region's inventory, bundles that it published, and older bundles that old content is read from. */
import { open, readFile, stat } from 'node:fs/promises';
import { hadOf } from '#gap/bundle/delta/against.ts';
import { openBases } from '#gap/bundle/delta/bases.ts';
import { hadByBundles } from '#gap/bundle/delta/had-files.ts';
import type { DeltaOptions } from '#gap/bundle/delta/make.ts';
import { hadByInventory, INVENTORY_BYTES_MAX, openInventory } from '#gap/inventory/inventory.ts';
import { givenKey } from '../ledger/key.ts';
import { CliError, EXIT, usageError } from '../resources/errors.ts';
import type { BuildOptions } from './register.ts';

export interface Against extends DeltaOptions {
  /** For whoever builds. */
  readonly notes: readonly string[];
  close(): Promise<void>;
}

/** Undefined when nothing was given to build against. Throws CliError, BundleError. */
export async function openAgainst(options: BuildOptions): Promise<Against | undefined> {
  const { against = [], base = [], regionKey } = options;
  if (against.length === 0) {
    if (base.length > 0 || regionKey !== undefined)
      throw usageError('--base and --region-key are for deltas: say with --against what the region has');
    return undefined;
  }
  const key = regionKey === undefined ? undefined : givenKey(regionKey);
  const bundles: string[] = [];
  const notes: string[] = [];
  const items = [];
  for (const path of against) {
    if (!(await isInventory(path))) {
      bundles.push(path);
      continue;
    }
    const { inventory, ledger } = openInventory(await readFile(path), path, key);
    items.push(...hadByInventory(inventory).items);
    const by = `${path}: what the region had at ${inventory.takenAt}`;
    notes.push(
      ledger === undefined
        ? `${by}, by its own word: no --region-key was given`
        : `${by}, proven by ${ledger}`,
    );
  }
  items.push(...(await hadByBundles(bundles)).items);
  const { bases, close } = await openBases([...base, ...bundles]);
  return { had: hadOf(items), bases, notes, close };
}

/** A bundle is a folder, or a tar file, which begins with a name. */
async function isInventory(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => {
    throw new CliError(`${path} is not there`, { exitCode: EXIT.notFound });
  });
  if (found.isDirectory()) return false;
  const file = await open(path, 'r');
  try {
    const first = Buffer.alloc(1);
    await file.read(first, 0, 1, 0);
    const looksLike = first.toString('latin1') === '{';
    if (looksLike && found.size > INVENTORY_BYTES_MAX)
      throw new CliError(`${path} is too large for an inventory`);
    return looksLike;
  } finally {
    await file.close();
  }
}
