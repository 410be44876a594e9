/**
 * Content of type `base-image`: what `content/debian/build.sh` built, as the image and the JSON that describes it, with every Debian package in it in the SBOM, by
 * the image's own dpkg.
 */
import { readFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { PackageURL } from 'packageurl-js';
import { type Static, Type } from 'typebox';
import { blobOfBytes, blobOfFile } from '../blob.ts';
import { hexOf, TITLE } from '../descriptor.ts';
import { messageOf, readerOf, valueChecker } from '../json.ts';
import { CONFIG_BYTES_MAX } from '../limits.ts';
import { BundleError } from '../problem.ts';
import { baseFields } from './base-item.ts';
import {
  artifactTypeOf,
  type CollectOptions,
  type ContentType,
  configLayer,
  type OwnContent,
  type Part,
} from './content-type.ts';
import { fieldsOf, sourceOf } from './debian-indexes.ts';
import { runTool } from './run-tool.ts';

const TYPE = 'base-image';
/** Where dpkg's own word on its packages is in an image: of a disk, whose files nobody opens here, it lies beside it. */
const STATUS = {
  container: 'rootfs/var/lib/dpkg/status',
  'virtual-machine': 'system/var/lib/dpkg/status',
} as const;

const Item = Type.Object(
  {
    ...baseFields,
    image: Type.String({
      minLength: 1,
      maxLength: 4_096,
      description: 'the JSON that content/debian/build.sh wrote, relative to the recipe',
    }),
  },
  { additionalProperties: false },
);
type Item = Static<typeof Item>;

const check = valueChecker(Item);

/** What of the builder's JSON matters here; the rest is for whoever imports the image. */
const readDescription = readerOf(
  Type.Object({
    /** Of the release, as advisories know it. */
    name: Type.String({
      pattern: '^debian-[0-9]{1,3}(-machine)?$',
      description: 'debian- and the number of a release, and -machine when it is for virtual machines',
    }),
    type: Type.Optional(Type.Union([Type.Literal('container'), Type.Literal('virtual-machine')])),
    architecture: Type.String({ maxLength: 32 }),
    file: Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,254}$' }),
    sha256: Type.String({ pattern: '^[0-9a-f]{64}$' }),
  }),
);

export const baseImageType: ContentType<OwnContent> = {
  name: TYPE,
  check: (item, part) => {
    check(item, part);
  },
  collect: (item, options) => collect(check(item, item.name), options),
};

async function collect(item: Item, options: CollectOptions): Promise<OwnContent> {
  const path = resolve(options.folder, item.image);
  const description = await readFile(path).catch((error: unknown) => {
    throw new BundleError('Missing', path, `${messageOf(error)}; content/debian/build.sh makes it`);
  });
  if (description.length > CONFIG_BYTES_MAX)
    throw new BundleError('TooLarge', path, 'is no description of an image');
  const { name: own, type = 'container', file, sha256, architecture } = readDescription(description, path);
  const release = own.replace(/-machine$/, '');
  const imagePath = join(dirname(path), file);
  options.report(`reading ${file}`);
  const image = await blobOfFile(imagePath);
  if (hexOf(image.digest) !== sha256) {
    throw new BundleError('WrongDigest', imagePath, `is not the image that ${item.image} describes`);
  }
  const { name, version, licence, source } = item;
  return {
    artifactType: artifactTypeOf(TYPE),
    config: configLayer(item, { architecture, file, sha256 }),
    layers: [
      {
        mediaType: 'application/json',
        blob: blobOfBytes(description),
        annotations: { [TITLE]: `${file.replace(/\.tar\.zst$/, '')}.json` },
      },
      {
        mediaType: 'application/vnd.casemate.incus-image.v1.tar+zstd',
        blob: image,
        annotations: { [TITLE]: file },
      },
    ],
    parts: [
      { type: 'operating-system', name, version, licence, sha256 },
      // tar and zstd are what built the image.
      ...packagesIn(
        await runTool('tar', ['--zstd', '--occurrence=1', '-xOf', imagePath, STATUS[type]], imagePath),
        release,
      ),
    ],
    materials: [{ name: file, sha256, ...(source === undefined ? {} : { uri: source }) }],
  };
}

/** The packages that a dpkg status file says are installed, of a release such as `debian-12`. Pure. */
export function packagesIn(status: string, release: string): Part[] {
  return status.split(/\n\n+/).flatMap((stanza): Part[] => {
    const fields = fieldsOf(stanza);
    const [name, version, architecture] = [
      fields.get('Package'),
      fields.get('Version'),
      fields.get('Architecture'),
    ];
    if (name === undefined || version === undefined || fields.get('Status')?.endsWith(' installed') !== true)
      return [];
    const { source, sourceVersion } = sourceOf(fields, name, version);
    const qualifiers = {
      arch: architecture ?? 'all',
      distro: release,
      upstream: `${source}@${sourceVersion}`,
    };
    const purl = new PackageURL('deb', 'debian', name, version, qualifiers, undefined).toString();
    return [{ type: 'library', name, version, purl }];
  });
}
