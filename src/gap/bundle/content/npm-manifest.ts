/** What npm needs to know of a version before it fetches it, out of the package.json in its tarball. Pure. */
import { type Static, Type } from 'typebox';
import { parseJson, valueChecker } from '../json.ts';
import { MIB } from '../limits.ts';
import { BundleError } from '../problem.ts';
import type { LockedPackage } from './npm-lock.ts';

const PACKAGE_JSON_BYTES_MAX = MIB;
const RANGES = Type.Record(Type.String({ maxLength: 214 }), Type.String({ maxLength: 1_024 }));
const WORDS = Type.Union([
  Type.String({ maxLength: 256 }),
  Type.Array(Type.String({ maxLength: 256 }), { maxItems: 64 }),
]);

/** The fields of npm's abbreviated metadata (registry documentation, "package-metadata"). */
const FIELDS = {
  dependencies: RANGES,
  optionalDependencies: RANGES,
  peerDependencies: RANGES,
  peerDependenciesMeta: Type.Record(
    Type.String({ maxLength: 214 }),
    Type.Object({ optional: Type.Boolean() }),
  ),
  bundleDependencies: Type.Union([
    Type.Boolean(),
    Type.Array(Type.String({ maxLength: 214 }), { maxItems: 1_024 }),
  ]),
  bin: Type.Union([
    Type.String({ maxLength: 1_024 }),
    Type.Record(Type.String({ maxLength: 214 }), Type.String({ maxLength: 1_024 })),
  ]),
  engines: RANGES,
  os: WORDS,
  cpu: WORDS,
  libc: WORDS,
  license: Type.String({ maxLength: 1_024 }),
} as const;

const Manifest = Type.Object({
  name: Type.String(),
  version: Type.String(),
  hasInstallScript: Type.Optional(Type.Boolean()),
  ...Object.fromEntries(Object.entries(FIELDS).map(([name, schema]) => [name, Type.Optional(schema)])),
});
export type NpmManifest = { readonly name: string; readonly version: string } & Readonly<
  Partial<{ [Field in keyof typeof FIELDS]: Static<(typeof FIELDS)[Field]> }>
> & { readonly hasInstallScript?: boolean };

const checks = Object.entries(FIELDS).map(([name, schema]) => [name, valueChecker(schema)] as const);
export const checkNpmManifest = valueChecker(Manifest);

/** Throws BundleError where the tarball is of another package. A field that npm itself would not take is left out. */
export function npmManifest(text: string, { name, version }: LockedPackage, part: string): NpmManifest {
  if (text.length > PACKAGE_JSON_BYTES_MAX)
    throw new BundleError('TooLarge', part, 'its package.json has more than 1 MiB');
  const found = parseJson(Buffer.from(text.replace(/^\uFEFF/, ''), 'utf8'), `${part}: package.json`);
  if (typeof found !== 'object' || found === null)
    throw new BundleError('Malformed', part, 'its package.json is no object');
  const fields = found as Readonly<Record<string, unknown>>;
  if (fields.name !== name || fields.version !== version)
    throw new BundleError(
      'WrongDigest',
      part,
      `its package.json says ${JSON.stringify(fields.name)} ${JSON.stringify(fields.version)}`,
    );
  const taken: Record<string, unknown> = { name, version };
  for (const [field, check] of checks) {
    const value =
      field === 'bundleDependencies' ? (fields[field] ?? fields.bundledDependencies) : fields[field];
    if (value === undefined) continue;
    try {
      taken[field] = check(value, part);
    } catch (error) {
      if (!(error instanceof BundleError)) throw error;
    }
  }
  const { scripts } = fields;
  const runs = (script: string) =>
    typeof scripts === 'object' && scripts !== null && typeof Reflect.get(scripts, script) === 'string';
  if (['preinstall', 'install', 'postinstall'].some(runs)) taken.hasInstallScript = true;
  return checkNpmManifest(taken, part) as NpmManifest;
}
