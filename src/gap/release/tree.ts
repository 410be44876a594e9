/**
 * Which files of a checkout are a release, and what they say of themselves: the program, the packages it needs with the Node among them, and nothing of tests or tools.
 * Reads only; the same checkout gives the same, whoever made it.
 */
import { createHash } from 'node:crypto';
import { open, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Static, Type } from 'typebox';
import { readMigrations } from '#engines/postgres/migrate.ts';
import { messageOf, readerOf } from '../bundle/json.ts';
import { LAYERS_MAX, MIB } from '../bundle/limits.ts';
import { BundleError } from '../bundle/problem.ts';
import { FILE_PATTERN, PackageList, type ReleaseFacts } from './facts.ts';

const DEPTH_MAX = 32;
const JSON_BYTES_MAX = 16 * MIB;
const MIGRATIONS = 'src/engines/postgres/migrations';
const PACKAGES = 'src/region/install/packages.json';
export const NODE = 'node_modules/node/bin/node';
export const LAUNCHER = 'casemate';
/** The launcher's word for packages that are those of the lock file. */
const STAMP = 'node_modules/.casemate-lock-digest';

const TOP = ['LICENSE', LAUNCHER, 'package.json', 'package-lock.json', STAMP] as const;
/** The console as it was built: what builds it stays behind. */
const FOLDERS = ['src', 'content', 'console/dist'] as const;
/** What of the registry's packages is in it. */
const CONSOLE_PACKAGES = 'console/dist/packages.json';
/** What only people who work on the program need. */
const LEFT_OUT = /\.test\.ts$/;
const LEFT_OUT_OF_PACKAGES = /\.(?:d\.[cm]?ts|map)$/;
const EXECUTABLE: readonly string[] = [LAUNCHER, NODE];

const fileName = new RegExp(FILE_PATTERN, 'u');

const readPackage = readerOf(
  Type.Object({
    name: Type.String(),
    version: Type.String({ pattern: '^[0-9]+\\.[0-9]+\\.[0-9]+(?:-[0-9A-Za-z.-]+)?$', maxLength: 64 }),
    license: Type.Optional(Type.Unknown()),
  }),
);

const readPackages = readerOf(PackageList);

const readLock = readerOf(
  Type.Object({
    packages: Type.Record(
      Type.String(),
      Type.Object({
        version: Type.Optional(Type.String({ maxLength: 256 })),
        license: Type.Optional(Type.Unknown()),
        dev: Type.Optional(Type.Boolean()),
        optional: Type.Optional(Type.Boolean()),
        link: Type.Optional(Type.Boolean()),
      }),
    ),
  }),
);

const readBundled = readerOf(
  Type.Array(
    Type.Object({
      name: Type.String({ maxLength: 214 }),
      version: Type.String({ maxLength: 256 }),
      license: Type.Optional(Type.Unknown()),
    }),
    { maxItems: 4_096 },
  ),
);

export interface TreeFile {
  readonly name: string;
  readonly executable: boolean;
}

export interface TreePackage {
  readonly name: string;
  readonly version: string;
  readonly licence: string | undefined;
}

export interface ReleaseTree {
  readonly version: string;
  readonly facts: ReleaseFacts;
  /** In the order of their names. */
  readonly files: readonly TreeFile[];
  readonly packages: readonly TreePackage[];
}

const licenceOf = (license: unknown) => (typeof license === 'string' ? license : undefined);

/** Throws BundleError, which names the file, for a folder that is no whole checkout with its packages. */
export async function readTree(folder: string): Promise<ReleaseTree> {
  const text = (name: string, max = JSON_BYTES_MAX) => readSmall(join(folder, name), max);
  const { version } = readPackage(await text('package.json'), join(folder, 'package.json'));
  const lockBytes = await text('package-lock.json');
  const lock = readLock(lockBytes, join(folder, 'package-lock.json'));
  const stamp = (await text(STAMP)).toString('utf8').trim();
  if (stamp !== createHash('sha256').update(lockBytes).digest('hex')) {
    throw new BundleError(
      'WrongDigest',
      join(folder, STAMP),
      `the packages are not those of package-lock.json: run ${join(folder, LAUNCHER)} --version once`,
    );
  }
  const names: string[] = [...TOP];
  for (const top of FOLDERS) await find(folder, top, (name) => !LEFT_OUT.test(name), names, 0);
  const packages: TreePackage[] = [];
  for (const [path, found] of Object.entries(lock.packages)) {
    // A folder of this checkout is no package: what is needed of it is in FOLDERS.
    if (!path.startsWith('node_modules/') || found.link === true || found.dev === true) continue;
    const before = names.length;
    await find(folder, path, (name) => !LEFT_OUT_OF_PACKAGES.test(name), names, 0);
    if (names.length === before) {
      if (found.optional === true) continue;
      throw new BundleError('Missing', join(folder, path), 'a package of package-lock.json is not there');
    }
    packages.push({
      name: path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length),
      version: found.version ?? '',
      licence: licenceOf(found.license),
    });
  }
  const known = new Set(packages.map(({ name, version: of }) => `${name}@${of}`));
  const bundled = readBundled(await text(CONSOLE_PACKAGES), join(folder, CONSOLE_PACKAGES));
  packages.push(
    ...bundled
      .filter(({ name, version: of }) => !known.has(`${name}@${of}`))
      .map(({ name, version: of, license }) => ({ name, version: of, licence: licenceOf(license) })),
  );
  return {
    version,
    facts: {
      architecture: await architectureOf(join(folder, NODE)),
      node: packages.find(({ name }) => name === 'node')?.version ?? '',
      migrations: await migrationsIn(folder),
      packages: packagesIn(await text(PACKAGES), join(folder, PACKAGES)),
    },
    files: names.sort().map((name) => ({ name, executable: EXECUTABLE.includes(name) })),
    packages,
  };
}

/** No links are followed, and folders of packages within packages are entries of the lock file themselves. */
async function find(
  root: string,
  folder: string,
  wanted: (name: string) => boolean,
  names: string[],
  depth: number,
): Promise<void> {
  if (depth > DEPTH_MAX) throw new BundleError('TooLarge', folder, `is more than ${DEPTH_MAX} folders deep`);
  const entries = await readdir(join(root, folder), { withFileTypes: true }).catch(
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT' && depth === 0) return [];
      throw new BundleError('Missing', join(root, folder), error.message);
    },
  );
  for (const entry of entries) {
    const name = `${folder}/${entry.name}`;
    if (entry.isDirectory()) {
      if (entry.name !== 'node_modules') await find(root, name, wanted, names, depth + 1);
    } else if (wanted(name)) {
      if (!entry.isFile())
        throw new BundleError('Malformed', join(root, name), 'is no plain file; a release has no links');
      if (!fileName.test(name))
        throw new BundleError('Malformed', join(root, name), 'has a name that no file of a release may have');
      if (names.length >= LAYERS_MAX)
        throw new BundleError('TooLarge', root, `a release has at most ${LAYERS_MAX} files`);
      names.push(name);
    }
  }
}

async function readSmall(path: string, max: number): Promise<Buffer> {
  const bytes = await readFile(path).catch((error: unknown) => {
    throw new BundleError('Missing', path, messageOf(error));
  });
  if (bytes.length > max) throw new BundleError('TooLarge', path, `has more than ${max} bytes`);
  return bytes;
}

async function migrationsIn(folder: string): Promise<ReleaseFacts['migrations']> {
  const path = join(folder, MIGRATIONS);
  const migrations = await readMigrations(path).catch((error: unknown) => {
    throw new BundleError('Malformed', path, messageOf(error));
  });
  return migrations.map(({ version, name, checksum, worksFrom }) => ({ version, name, checksum, worksFrom }));
}

/** What the release before has to know of them, and no more. */
function packagesIn(bytes: Buffer, part: string): Static<typeof PackageList> {
  return readPackages(bytes, part).map(({ name, purpose, files, onlyWith }) => ({
    name,
    purpose,
    files,
    ...(onlyWith === undefined ? {} : { onlyWith }),
  }));
}

/** By the header of an ELF file (e_machine, at byte 18). */
async function architectureOf(path: string): Promise<ReleaseFacts['architecture']> {
  const file = await open(path, 'r').catch((error: unknown) => {
    throw new BundleError('Missing', path, messageOf(error));
  });
  try {
    const header = Buffer.alloc(20);
    await file.read(header, 0, header.length, 0);
    const machine = header.subarray(0, 4).equals(Buffer.from('\x7fELF', 'latin1'))
      ? header.readUInt16LE(18)
      : 0;
    const found = ({ 62: 'amd64', 183: 'arm64' } as const)[machine];
    if (found === undefined) throw new BundleError('Malformed', path, 'is no program for amd64 or arm64');
    return found;
  } finally {
    await file.close();
  }
}
