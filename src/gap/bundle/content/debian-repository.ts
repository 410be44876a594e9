/**
 * Content of type `debian-repository`: packages with all that they depend on, as the files of an apt repository: `pool/…`, `Packages`, `Release`. What apt fetched is
 * compared with the indexes that Debian signed. The region serves it as its own mirror, and signs `Release` with its own key: the bundle's signatures end there.
 */
import { PackageURL } from 'packageurl-js';
import { type Static, Type } from 'typebox';
import { type Blob, blobOfBytes, blobOfFile } from '../blob.ts';
import { hexOf, TITLE } from '../descriptor.ts';
import { valueChecker } from '../json.ts';
import { BundleError } from '../problem.ts';
import { startApt } from './apt.ts';
import { baseFields, targetPathOf } from './base-item.ts';
import {
  artifactTypeOf,
  type CollectOptions,
  type ContentType,
  configLayer,
  type Layer,
  type OwnContent,
} from './content-type.ts';
import { fieldsOf, packagesText, releaseText, sourceOf } from './debian-indexes.ts';

const TYPE = 'debian-repository';
const COMPONENT = 'main';
const PACKAGES_MAX = 2_048;

const Item = Type.Object(
  {
    ...baseFields,
    packages: Type.Array(
      Type.String({
        pattern: '^[a-z0-9][a-z0-9+.-]{1,127}(?::[a-z0-9-]{1,32})?(?:=[A-Za-z0-9.+~:-]{1,128})?$',
        description: 'the name of a Debian package, or NAME=VERSION',
      }),
      { minItems: 1, maxItems: PACKAGES_MAX },
    ),
    release: Type.Optional(
      Type.String({
        pattern: '^debian-[0-9]{1,3}$',
        description: 'the release that they are of, such as debian-12: advisories are looked up by it',
      }),
    ),
    recommends: Type.Optional(Type.Boolean({ description: 'whether to bring what they recommend as well' })),
  },
  { additionalProperties: false },
);
type Item = Static<typeof Item>;

const check = valueChecker(Item);

export const debianRepositoryType: ContentType<OwnContent> = {
  name: TYPE,
  check: (item, part) => {
    check(item, part);
  },
  collect: (item, options) => collect(check(item, item.name), options),
};

interface Package {
  readonly name: string;
  readonly version: string;
  readonly architecture: string;
  readonly source: string;
  readonly sourceVersion: string;
  /** Its path in the repository. */
  readonly filename: string;
  readonly stanza: string;
  readonly blob: Blob;
}

async function collect(item: Item, options: CollectOptions): Promise<OwnContent> {
  const part = targetPathOf(item);
  options.report(`fetching ${item.packages.length} packages, and what they depend on, with apt`);
  const apt = await startApt(options.scratch, part);
  const fetched = await apt.fetch(item.packages, item.recommends === true);
  const stanzas = new Map<string, string>();
  for (const stanza of await apt.stanzas(fetched)) {
    const digest = fieldsOf(stanza).get('SHA256');
    if (digest !== undefined) stanzas.set(digest, stanza.trim());
  }
  const packages: Package[] = [];
  for (const { name, version, architecture, path } of fetched) {
    const blob = await blobOfFile(path);
    const stanza = stanzas.get(hexOf(blob.digest));
    const fields = fieldsOf(stanza ?? '');
    const filename = fields.get('Filename');
    if (stanza === undefined || filename === undefined || fields.get('Package') !== name) {
      throw new BundleError(
        'WrongDigest',
        part,
        `${name} ${version} is not the package that apt’s indexes list`,
      );
    }
    if (!/^(?:[A-Za-z0-9+~][A-Za-z0-9+.~_:%-]*\/){1,16}[A-Za-z0-9+.~_:%-]+\.deb$/.test(filename)) {
      throw new BundleError(
        'Malformed',
        part,
        `${name} ${version}: ${JSON.stringify(filename)} is no path of a package`,
      );
    }
    packages.push({
      name,
      version,
      architecture,
      ...sourceOf(fields, name, version),
      filename,
      stanza,
      blob,
    });
  }
  return collected(item, packages, options.created);
}

function collected(item: Item, packages: readonly Package[], created: string): OwnContent {
  const { name, version } = item;
  const own = new Set(packages.map(({ architecture }) => architecture).filter((one) => one !== 'all'));
  const architectures = own.size === 0 ? ['all'] : [...own].sort();
  const text = (path: string, content: string): Layer => ({
    mediaType: 'text/plain',
    blob: blobOfBytes(Buffer.from(content, 'utf8')),
    annotations: { [TITLE]: path },
  });
  const suite = `dists/${name}`;
  const indexes = architectures.map((architecture) => {
    const of = packages.filter((one) => one.architecture === architecture || one.architecture === 'all');
    return text(
      `${suite}/${COMPONENT}/binary-${architecture}/Packages`,
      packagesText(of.map(({ stanza }) => stanza)),
    );
  });
  const release = releaseText({
    suite: name,
    version,
    created,
    architectures,
    component: COMPONENT,
    files: indexes.map(({ blob, annotations }) => ({
      path: (annotations?.[TITLE] ?? '').slice(suite.length + 1),
      sha256: hexOf(blob.digest),
      size: blob.size,
    })),
  });
  const config = configLayer(item, {
    suite: name,
    ...(item.release === undefined ? {} : { release: item.release }),
    component: COMPONENT,
    architectures,
    requested: item.packages,
    packages: packages.map(({ stanza: _, blob, ...one }) => ({
      ...one,
      sha256: hexOf(blob.digest),
      size: blob.size,
    })),
  });
  return {
    artifactType: artifactTypeOf(TYPE),
    config,
    layers: [
      text(`${suite}/Release`, release),
      ...indexes,
      ...packages.map(({ filename, blob }) => ({
        mediaType: 'application/vnd.debian.binary-package',
        blob,
        annotations: { [TITLE]: filename },
      })),
    ],
    parts: packages.map((one) => ({
      type: 'library',
      name: one.name,
      version: one.version,
      purl: purlOf(one, item.release),
      sha256: hexOf(one.blob.digest),
    })),
    materials: packages.map((one) => ({
      name: `${one.name} ${one.version} ${one.architecture}`,
      uri: purlOf(one, item.release),
      sha256: hexOf(one.blob.digest),
    })),
  };
}

/** With the source package, whose name advisories use. */
const purlOf = (
  { name, version, architecture, source, sourceVersion }: Package,
  release: string | undefined,
): string =>
  new PackageURL(
    'deb',
    'debian',
    name,
    version,
    {
      arch: architecture,
      ...(release === undefined ? {} : { distro: release }),
      upstream: `${source}@${sourceVersion}`,
    },
    undefined,
  ).toString();
