/**
 * Content of type `npm`: packages of a registry with all that a lock file asks for, or what npm resolves from names; tarballs as they were published. What the
 * region's registry tells about a package is what stands in the package itself, so that it is covered by the SHA-512 of the lock file.
 */
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { type Static, Type } from 'typebox';
import { npmPurl } from '../../advisories/purl.ts';
import { type Blob, blobOfFile } from '../blob.ts';
import { hexOf, TITLE } from '../descriptor.ts';
import { messageOf, valueChecker } from '../json.ts';
import { MIB } from '../limits.ts';
import { BundleError } from '../problem.ts';
import { baseFields, targetPathOf } from './base-item.ts';
import {
  artifactTypeOf,
  type CollectOptions,
  type ContentType,
  configLayer,
  type OwnContent,
} from './content-type.ts';
import { fetchTarballs, lockOf } from './npm-client.ts';
import { type LockedPackage, lockedPackages } from './npm-lock.ts';
import { type NpmManifest, npmManifest } from './npm-manifest.ts';
import { runTool } from './run-tool.ts';

const TYPE = 'npm';
const NAMES_MAX = 2_048;
const LOCK_BYTES_MAX = 64 * MIB;
export const TARBALL_MEDIA_TYPE = 'application/vnd.casemate.npm-package.v1.tar+gzip';

const Item = Type.Object(
  {
    ...baseFields,
    lock: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 4_096,
        description: 'a package-lock.json, relative to the recipe',
      }),
    ),
    packages: Type.Optional(
      Type.Array(
        Type.String({
          pattern:
            '^(?:@[a-z0-9~_-][a-z0-9._~-]*/)?[a-z0-9~_-][a-z0-9._~-]*(?:@[A-Za-z0-9^~<>=.*|+ -]{1,128})?$',
          description: 'the name of a package, or NAME@RANGE',
        }),
        { minItems: 1, maxItems: NAMES_MAX },
      ),
    ),
  },
  { additionalProperties: false },
);
type Item = Static<typeof Item>;

const checkFields = valueChecker(Item);

function check(item: unknown, part: string): Item {
  const checked = checkFields(item, part);
  if ((checked.lock === undefined) === (checked.packages === undefined))
    throw new BundleError('Malformed', part, 'needs either "lock" or "packages"');
  return checked;
}

export const npmType: ContentType<OwnContent> = {
  name: TYPE,
  check: (item, part) => {
    check(item, part);
  },
  collect: (item, options) => collect(check(item, item.name), options),
};

interface Package extends LockedPackage {
  readonly file: string;
  readonly blob: Blob;
  readonly manifest: NpmManifest;
}

async function collect(item: Item, options: CollectOptions): Promise<OwnContent> {
  const part = targetPathOf(item);
  const locked = await lockedOf(item, options, part);
  options.report(`fetching ${locked.length} packages with npm`);
  const tarballs = await fetchTarballs(locked, options.scratch, part);
  const packages: Package[] = [];
  for (const one of locked) {
    const path = tarballs.get(one.integrity) ?? '';
    const at = `${part}: ${one.name}@${one.version}`;
    const manifest = npmManifest(await packageJson(path, at), one, at);
    packages.push({ ...one, file: fileOf(one), blob: await blobOfFile(path), manifest });
  }
  return {
    artifactType: artifactTypeOf(TYPE),
    config: configLayer(item, {
      ...(item.packages === undefined ? {} : { requested: item.packages }),
      packages: packages.map(({ blob, ...one }) => ({ ...one, sha256: hexOf(blob.digest), size: blob.size })),
    }),
    layers: packages.map(({ file, blob }) => ({
      mediaType: TARBALL_MEDIA_TYPE,
      blob,
      annotations: { [TITLE]: file },
    })),
    parts: packages.map(({ name, version, manifest, blob }) => ({
      type: 'library',
      name,
      version,
      ...(typeof manifest.license === 'string' ? { licence: manifest.license } : {}),
      purl: npmPurl(name, version),
      sha256: hexOf(blob.digest),
    })),
    materials: packages.map(({ name, version, blob }) => ({
      name: `${name} ${version}`,
      uri: npmPurl(name, version),
      sha256: hexOf(blob.digest),
    })),
  };
}

async function lockedOf(item: Item, { folder, scratch, report }: CollectOptions, part: string) {
  if (item.lock === undefined) {
    report(`resolving ${item.packages?.length} names with npm`);
    return lockedPackages(await lockOf(item.packages ?? [], scratch, part), `${part}: what npm resolved`);
  }
  const path = resolve(folder, item.lock);
  const bytes = await readFile(path).catch((error: unknown) => {
    throw new BundleError('Missing', path, messageOf(error));
  });
  if (bytes.length > LOCK_BYTES_MAX)
    throw new BundleError('TooLarge', path, `has more than ${LOCK_BYTES_MAX} bytes`);
  return lockedPackages(bytes, path);
}

/** As npm's registry names it: the path after the registry's own. */
const fileOf = ({ name, version }: LockedPackage): string =>
  `${name}/-/${name.slice(name.lastIndexOf('/') + 1)}-${version}.tgz`;

/** Tarballs have one folder, whatever it is called. */
const packageJson = (path: string, part: string): Promise<string> =>
  runTool(
    'tar',
    ['-xzOf', path, '--wildcards', '--no-wildcards-match-slash', '--occurrence=1', '*/package.json'],
    part,
  );
