/**
 * Published Debian repositories as one that apt reads: a suite for each item by its name, with all versions of it, and one for each release of Debian, with everything that
 * was imported for it: `debian-12` is what instances of Debian 12 have in their sources. Pure.
 */
import { gzipSync } from 'node:zlib';
import { fieldsOf, packagesText, releaseText } from '../bundle/content/debian-indexes.ts';
import { hexOf, sha256 } from '../bundle/descriptor.ts';
import { BundleError } from '../bundle/problem.ts';

export const APT_ROOT = '/apt';
const COMPONENT = 'main';
const IS_RELEASE = /^debian-[0-9]{1,3}$/;
const WORD = { name: /^[a-z0-9][a-z0-9+.-]{1,127}$/, architecture: /^[a-z0-9-]{1,32}$/ };
const VERSION = /^[A-Za-z0-9.+~:-]{1,128}$/;

export interface AptPackage {
  readonly name: string;
  readonly version: string;
  readonly architecture: string;
  /** As Debian's index had it, but for where the file is. */
  readonly stanza: string;
  readonly sha256: string;
  readonly size: number;
  /** Below the root. */
  readonly path: string;
}

/** What a stanza of an index names. Throws BundleError for one that could not be served. */
export function aptPackage(text: string, part: string): AptPackage {
  const fields = fieldsOf(text);
  const field = (name: string) => fields.get(name) ?? '';
  const [name, version, architecture] = [field('Package'), field('Version'), field('Architecture')];
  const [digest, size] = [field('SHA256').toLowerCase(), Number(field('Size'))];
  const isOne =
    WORD.name.test(name) &&
    VERSION.test(version) &&
    WORD.architecture.test(architecture) &&
    /^[0-9a-f]{64}$/.test(digest) &&
    Number.isSafeInteger(size);
  if (!isOne)
    throw new BundleError('Malformed', part, `${JSON.stringify(name)} is no package that apt could install`);
  // By its content: items may have other files of one name.
  const path = `pool/${digest.slice(0, 32)}/${name}_${version.replaceAll(':', '%3a')}_${architecture}.deb`;
  const stanza = text.trim().replace(/^Filename:.*$/m, `Filename: ${path}`);
  return { name, version, architecture, stanza, sha256: digest, size, path };
}

/** The suites that an item is in: its own, and the one of its release. The name of a release is for the release alone. */
export const suitesOf = (name: string, release: string | undefined): string[] => [
  ...new Set([
    ...(IS_RELEASE.test(name) && name !== release ? [] : [name]),
    ...(release === undefined ? [] : [release]),
  ]),
];

export interface SuiteFile {
  /** Below `dists/<suite>/`. */
  readonly path: string;
  readonly bytes: Buffer;
}

export interface Suite {
  readonly files: readonly SuiteFile[];
  /** What the region signs. */
  readonly release: string;
}

/** The indexes of a suite. `publishedAt`: RFC 3339, when the newest of it was published: it never goes back. */
export function suiteOf(name: string, packages: readonly AptPackage[], publishedAt: string): Suite {
  const own = new Set(packages.map(({ architecture }) => architecture).filter((one) => one !== 'all'));
  const architectures = own.size === 0 ? ['all'] : [...own].sort();
  const files = architectures.flatMap((architecture): SuiteFile[] => {
    const of = packages.filter((one) => one.architecture === architecture || one.architecture === 'all');
    const bytes = Buffer.from(packagesText(of.map(({ stanza }) => stanza)), 'utf8');
    const path = `${COMPONENT}/binary-${architecture}/Packages`;
    return [
      { path, bytes },
      { path: `${path}.gz`, bytes: gzipSync(bytes, { level: 9 }) },
    ];
  });
  const text = releaseText({
    suite: name,
    version: publishedAt,
    created: publishedAt,
    architectures,
    component: COMPONENT,
    files: files.map(({ path, bytes }) => ({ path, sha256: hexOf(sha256(bytes)), size: bytes.length })),
  });
  // Whoever read the index before still finds what it names.
  return { files, release: text.replace(/^SHA256:$/m, 'Acquire-By-Hash: yes\nSHA256:') };
}
