/** Where a package came from: which bundle, who signed it, which import and so which receipt. For whoever asks the mirror, and for `casemate gap packages`. Pure. */
import { ORIGINS_SHOWN_MAX } from './limits.ts';
import type { MirroredPackage, Origin, Tree } from './tree.ts';

const ROOT = '/provenance/';
export const STATEMENTS = `${ROOT}statements`;

export interface PackageOrigin extends Omit<MirroredPackage, 'origin'> {
  readonly origin: Origin;
  /** Path of the statement that was made where it was built (in-toto, SLSA provenance). */
  readonly statement?: string;
}

/** Each package, or those of a name. */
export function packagesOf(tree: Tree, name?: string, ecosystem?: string): PackageOrigin[] {
  return tree.packages.flatMap((one) => {
    if (name !== undefined && one.name !== name) return [];
    if (ecosystem !== undefined && one.ecosystem !== ecosystem) return [];
    const origin = tree.origins[one.origin];
    if (origin === undefined) return [];
    const statement = one.provenance === undefined ? {} : { statement: `${STATEMENTS}/${one.provenance}` };
    return [{ ...one, ...statement, origin }];
  });
}

/** `/provenance/apt/jq`, `/provenance/npm/@scope/name`; undefined when that is no such path, or there is no such package. */
export function originsOf(tree: Tree, path: string): PackageOrigin[] | undefined {
  const [, ecosystem, name] = /^\/provenance\/(apt|npm)\/(.+)$/.exec(path) ?? [];
  if (ecosystem === undefined || name === undefined) return undefined;
  const found = packagesOf(tree, name, ecosystem).slice(0, ORIGINS_SHOWN_MAX);
  return found.length === 0 ? undefined : found;
}
