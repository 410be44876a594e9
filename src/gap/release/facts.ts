/**
 * What a release of Casemate says of itself, in the config of its item: its version, what it runs on, how far it brings the database, and every file of it with its
 * digest. What is installed is what stands here, and nothing else.
 */
import { type Static, Type } from 'typebox';
import { readerOf } from '../bundle/json.ts';
import { LAYERS_MAX } from '../bundle/limits.ts';

export const RELEASE_TYPE = 'release';
/** There is one program; its versions are those of the item. */
export const RELEASE_NAME = 'casemate';
export const MIGRATIONS_MAX = 9_999;

/** Relative, segments without a leading dot but for a few that npm makes; none leads out. */
export const FILE_PATTERN =
  '^(?!.*(?:^|/)\\.{1,2}(?:/|$))[A-Za-z0-9_@.+][A-Za-z0-9_@.+,()\\[\\]$ ~-]*(?:/[A-Za-z0-9_@.+][A-Za-z0-9_@.+,()\\[\\]$ ~-]*)*$';

const Migration = Type.Object({
  version: Type.Integer({ minimum: 1, maximum: MIGRATIONS_MAX }),
  name: Type.String({ maxLength: 255 }),
  /** SHA-256 of the file. */
  checksum: Type.String({ pattern: '^[0-9a-f]{64}$' }),
  /** The oldest schema whose programs can work with what it leaves behind. */
  worksFrom: Type.Integer({ minimum: 1, maximum: MIGRATIONS_MAX }),
});
export type MigrationFacts = Static<typeof Migration>;

export const PACKAGES_MAX = 256;
const PACKAGE_FILES_MAX = 16;
/** Absolute, of the folders that Debian installs into; `*` stands for a part of one segment. */
const INSTALLED_PATTERN =
  '^/(?:usr|bin|sbin|lib|etc|opt)(?:/(?!\\.{1,2}(?:/|$))(?=[^/])[A-Za-z0-9_.+-]*\\*?[A-Za-z0-9_.+-]*)+$';

/** A Debian package, and the files of which one must be here, whoever put it there. */
const Package = Type.Object({
  name: Type.String({ pattern: '^[a-z0-9][a-z0-9.+-]+$', maxLength: 128 }),
  purpose: Type.String({ maxLength: 32 }),
  files: Type.Array(Type.String({ pattern: INSTALLED_PATTERN, maxLength: 255 }), {
    minItems: 1,
    maxItems: PACKAGE_FILES_MAX,
  }),
  /** Only on machines that can run virtual machines. */
  onlyWith: Type.Optional(Type.Literal('virtualization')),
});
export type PackageFacts = Readonly<Omit<Static<typeof Package>, 'files'>> & {
  readonly files: readonly string[];
};
export const PackageList = Type.Array(Package, { maxItems: PACKAGES_MAX });

const ReleaseFile = Type.Object({
  name: Type.String({ pattern: FILE_PATTERN, maxLength: 1_024 }),
  executable: Type.Boolean(),
  sha256: Type.String({ pattern: '^[0-9a-f]{64}$' }),
  size: Type.Integer({ minimum: 0 }),
});
export type ReleaseFile = Static<typeof ReleaseFile>;

const Config = Type.Object(
  {
    type: Type.Literal(RELEASE_TYPE),
    name: Type.Literal(RELEASE_NAME),
    version: Type.String({ maxLength: 128 }),
    release: Type.Object({
      /** As Debian and OCI call it. */
      architecture: Type.Union([Type.Literal('amd64'), Type.Literal('arm64')]),
      /** Version of Node that is in it. */
      node: Type.String({ maxLength: 64 }),
      /** All that it has, in order. */
      migrations: Type.Array(Migration, { minItems: 1, maxItems: MIGRATIONS_MAX }),
      /** Debian packages that it needs on the machine. Absent in releases of before it was said. */
      packages: Type.Optional(PackageList),
    }),
    files: Type.Array(ReleaseFile, { minItems: 1, maxItems: LAYERS_MAX }),
  },
  { additionalProperties: true },
);
export type ReleaseConfig = Static<typeof Config>;
export type ReleaseFacts = ReleaseConfig['release'];

/** Throws BundleError that names the field. */
export const readReleaseConfig = readerOf(Config);
