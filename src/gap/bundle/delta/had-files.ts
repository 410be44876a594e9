/** What a region has, read from files: by bundles that it is known to have published. */
import { readHead, readItems } from '../contents.ts';
import { openBundle } from '../source.ts';
import { allTargets } from '../tuf/delegations.ts';
import { type Had, hadItem, hadOf } from './against.ts';

/** Of bundles on this machine, which are believed; the last given first. Throws BundleError for what cannot be read. */
export async function hadByBundles(paths: readonly string[]): Promise<Had> {
  const items = [];
  for (const path of paths.toReversed()) {
    const source = await openBundle(path);
    try {
      const { metadata } = await readHead(source);
      items.push(...(await readItems(source, allTargets(metadata.targets, metadata.delegated))).map(hadItem));
    } finally {
      await source.close();
    }
  }
  return hadOf(items);
}
