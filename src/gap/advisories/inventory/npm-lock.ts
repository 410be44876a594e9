/** What a `package-lock.json` (versions 2 and 3) installs, as package URLs; what is only for development can be left out. Pure. */
import { fieldsOf, isFields, optionalText, textOf } from '../fields.ts';
import type { InstalledPackage, Inventory, Unidentified } from '../model.ts';
import { AdvisoryError, invalid, type Place, shown } from '../problem.ts';
import { npmPurlAt } from '../purl.ts';

const PACKAGES_MAX = 50_000;
const FOLDER = 'node_modules/';

export interface NpmLockOptions {
  /** Default: left out, as `npm ci --omit=dev` does. */
  readonly development?: boolean;
}

/** Throws an AdvisoryError that names the package and the field. */
export function npmLockInventory(text: string, options: NpmLockOptions = {}): Inventory {
  const place: Place = { source: 'package-lock.json', entry: 'the file' };
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (error) {
    throw new AdvisoryError(
      'Malformed',
      `package-lock.json is no JSON: ${error instanceof Error ? error.message : error}`,
    );
  }
  const lock = fieldsOf(place, 'the file', parsed);
  if (lock.lockfileVersion !== 2 && lock.lockfileVersion !== 3) {
    throw invalid(
      place,
      'lockfileVersion',
      `is ${shown(lock.lockfileVersion)}; 2 and 3 are read (npm 7 and later)`,
    );
  }
  const entries = Object.entries(fieldsOf(place, 'packages', lock.packages));
  if (entries.length > PACKAGES_MAX) {
    throw new AdvisoryError(
      'TooLarge',
      `package-lock.json has ${entries.length} packages; at most ${PACKAGES_MAX} are taken`,
    );
  }
  // Folders of the program itself, its workspaces, which the lock file links to.
  const workspaces = new Set(
    entries.flatMap(([, value]) => (isFields(value) && value.link === true ? [value.resolved] : [])),
  );
  const packages = new Map<string, InstalledPackage>();
  const unidentified: Unidentified[] = [];
  for (const [path, value] of entries) {
    if (path === '' || workspaces.has(path)) continue; // the program itself
    const at: Place = { ...place, entry: path };
    const entry = fieldsOf(at, 'the package', value);
    if (entry.link === true || (entry.dev === true && options.development !== true)) continue;
    const name = optionalText(at, 'name', entry.name) ?? path.slice(path.lastIndexOf(FOLDER) + FOLDER.length);
    if (!path.includes(FOLDER) || entry.version === undefined) {
      unidentified.push({ name: path, why: 'it is a folder and not a package of a registry' });
      continue;
    }
    const version = textOf(at, 'version', entry.version);
    const purl = npmPurlAt(at, 'name', name, version);
    const licence = typeof entry.license === 'string' ? entry.license : undefined;
    packages.set(purl, {
      ecosystem: 'npm',
      name,
      version,
      purl,
      ...(licence === undefined ? {} : { licence }),
    });
  }
  const root = fieldsOf(place, 'packages', lock.packages)[''];
  const own =
    isFields(root) && typeof root.name === 'string' && typeof root.version === 'string'
      ? npmPurlAt(place, 'packages.name', root.name, root.version)
      : undefined;
  return {
    ...(own === undefined ? {} : { purl: own }),
    packages: [...packages.values()].toSorted((a, b) => (a.purl < b.purl ? -1 : 1)),
    unidentified,
  };
}
