/** Published npm packages as a registry's documents: of each name all versions, with `latest` the highest that is no preview. Pure. */
import semver from 'semver';
import { type Static, Type } from 'typebox';
import { NPM_NAME, NPM_NAME_MAX, NPM_VERSION, NPM_VERSION_MAX } from '../bundle/content/npm-lock.ts';
import { checkNpmManifest, type NpmManifest } from '../bundle/content/npm-manifest.ts';
import { LAYERS_MAX } from '../bundle/limits.ts';

export const NPM_ROOT = '/npm';

/** What the configuration of an item of type `npm` says. */
export const NpmConfig = Type.Object({
  packages: Type.Array(
    Type.Object({
      name: Type.String({ pattern: NPM_NAME, maxLength: NPM_NAME_MAX }),
      version: Type.String({ pattern: NPM_VERSION, maxLength: NPM_VERSION_MAX }),
      integrity: Type.String({ pattern: '^sha512-[A-Za-z0-9+/]{86}==$' }),
      file: Type.String(),
      sha256: Type.String({ pattern: '^[0-9a-f]{64}$' }),
      size: Type.Integer({ minimum: 0 }),
      manifest: Type.Unknown(),
    }),
    { maxItems: LAYERS_MAX },
  ),
});
export type NpmPackage = Static<typeof NpmConfig>['packages'][number];

export const tarballPath = ({ name, version }: Pick<NpmPackage, 'name' | 'version'>): string =>
  `${name}/-/${name.slice(name.lastIndexOf('/') + 1)}-${version}.tgz`;

export const manifestOf = ({ manifest }: NpmPackage, part: string): NpmManifest =>
  checkNpmManifest(manifest, part) as NpmManifest;

/** The document about a name. `url`: of the registry, with the slash at its end. */
export function packument(
  name: string,
  versions: readonly { readonly package: NpmPackage; readonly manifest: NpmManifest }[],
  url: string,
): Buffer {
  const sorted = [...versions].sort((a, b) => semver.compareBuild(a.package.version, b.package.version));
  const newest =
    sorted.filter(({ package: { version } }) => semver.prerelease(version) === null).at(-1) ?? sorted.at(-1);
  const document = {
    name,
    'dist-tags': { latest: newest?.package.version },
    versions: Object.fromEntries(
      sorted.map(({ package: one, manifest }) => [
        one.version,
        { ...manifest, dist: { integrity: one.integrity, tarball: `${url}${tarballPath(one)}` } },
      ]),
    ),
  };
  return Buffer.from(JSON.stringify(document), 'utf8');
}
