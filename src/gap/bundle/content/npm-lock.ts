/** Which packages a package-lock.json (versions 2 and 3) asks of a registry, each with the SHA-512 that it has to have. Pure. */
import { Type } from 'typebox';
import { parseJson, valueChecker } from '../json.ts';
import { LAYERS_MAX } from '../limits.ts';
import { BundleError } from '../problem.ts';

/** As npm's registry has them: at most 214 characters, no upper case in new ones, but old ones stay. */
export const NPM_NAME = '^(?:@[A-Za-z0-9~_-][A-Za-z0-9._~-]*/)?[A-Za-z0-9~_-][A-Za-z0-9._~-]*$';
export const NPM_NAME_MAX = 214;
/** Semantic Versioning 2.0.0, as far as its characters. */
export const NPM_VERSION = '^[0-9]+\\.[0-9]+\\.[0-9]+(?:-[0-9A-Za-z.-]+)?(?:\\+[0-9A-Za-z.-]+)?$';
export const NPM_VERSION_MAX = 128;
const SHA512 = /^sha512-([A-Za-z0-9+/]{86}==)$/;
const FOLDER = 'node_modules/';

export interface LockedPackage {
  readonly name: string;
  readonly version: string;
  /** `sha512-` and base64, as lock files have it. */
  readonly integrity: string;
}

const check = valueChecker(
  Type.Object({
    lockfileVersion: Type.Union([Type.Literal(2), Type.Literal(3)], {
      description: '2 or 3, which npm writes since version 7',
    }),
    packages: Type.Record(
      Type.String(),
      Type.Object({
        name: Type.Optional(Type.String({ pattern: NPM_NAME, maxLength: NPM_NAME_MAX })),
        version: Type.Optional(Type.String()),
        resolved: Type.Optional(Type.String()),
        integrity: Type.Optional(Type.String()),
        link: Type.Optional(Type.Boolean()),
        inBundle: Type.Optional(Type.Boolean()),
      }),
    ),
  }),
);

const [isName, isVersion] = [new RegExp(NPM_NAME), new RegExp(NPM_VERSION)];

/** Each package once, sorted by name and version. Throws BundleError that names the entry. */
export function lockedPackages(bytes: Uint8Array, part: string): LockedPackage[] {
  const found = new Map<string, LockedPackage>();
  for (const [path, entry] of Object.entries(check(parseJson(bytes, part), part).packages)) {
    // The program itself, its own folders, and what comes inside of another package.
    if (!path.includes(FOLDER) || entry.link === true || entry.inBundle === true) continue;
    const at = `${part}: ${path}`;
    const name = entry.name ?? path.slice(path.lastIndexOf(FOLDER) + FOLDER.length);
    const { version = '', integrity = '' } = entry;
    if (!isName.test(name) || name.length > NPM_NAME_MAX)
      throw new BundleError('Malformed', at, `${JSON.stringify(name)} is no name of a package`);
    if (!isVersion.test(version) || version.length > NPM_VERSION_MAX)
      throw new BundleError('Malformed', at, `${JSON.stringify(version)} is no version of a registry`);
    const digests = integrity.split(/\s+/).filter((one) => SHA512.test(one));
    const [digest] = digests;
    if (digest === undefined || digests.length > 1)
      throw new BundleError(
        'Malformed',
        at,
        'has no SHA-512 in "integrity": only packages of a registry are carried, not folders or repositories',
      );
    const key = `${name}@${version}`;
    const before = found.get(key);
    if (before !== undefined && before.integrity !== digest)
      throw new BundleError('WrongDigest', at, `${key} has another SHA-512 elsewhere in the file`);
    found.set(key, { name, version, integrity: digest });
  }
  if (found.size === 0) throw new BundleError('Missing', part, 'asks for no package');
  if (found.size > LAYERS_MAX)
    throw new BundleError('TooLarge', part, `asks for ${found.size} packages; the most is ${LAYERS_MAX}`);
  return [...found.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, one]) => one);
}
