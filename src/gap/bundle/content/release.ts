/**
 * Content of type `release`: a checkout of Casemate with the packages that it needs, each file a layer, so that a region that has a file already gets it from itself.
 * Two builds of one commit give the same bytes; of a checkout with changes that nobody committed nothing is built.
 */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type Static, Type } from 'typebox';
import { npmPurl } from '../../advisories/purl.ts';
import { RELEASE_NAME, RELEASE_TYPE, type ReleaseFile } from '../../release/facts.ts';
import { readTree } from '../../release/tree.ts';
import { blobOfFile } from '../blob.ts';
import { hexOf, TITLE } from '../descriptor.ts';
import { valueChecker } from '../json.ts';
import { BundleError } from '../problem.ts';
import { baseFields } from './base-item.ts';
import {
  artifactTypeOf,
  type CollectOptions,
  type ContentType,
  configLayer,
  type Layer,
  type Material,
  type OwnContent,
} from './content-type.ts';
import { runTool } from './run-tool.ts';

const MEDIA_TYPE = 'application/octet-stream';

const Item = Type.Object(
  {
    ...baseFields,
    name: Type.Literal(RELEASE_NAME, { description: 'casemate' }),
    tree: Type.String({
      minLength: 1,
      maxLength: 4_096,
      description: 'a checkout of Casemate with its packages, relative to the recipe',
    }),
  },
  { additionalProperties: false },
);
type Item = Static<typeof Item>;

const check = valueChecker(Item);

export const releaseType: ContentType<OwnContent> = {
  name: RELEASE_TYPE,
  check: (item, part) => {
    check(item, part);
  },
  collect: (item, options) => collect(check(item, item.name), options),
};

async function collect(item: Item, options: CollectOptions): Promise<OwnContent> {
  const folder = resolve(options.folder, item.tree);
  const commit = await commitOf(folder);
  const { version, facts, files, packages } = await readTree(folder);
  if (item.version !== version) {
    throw new BundleError(
      'Malformed',
      item.tree,
      `is Casemate ${version}, and not ${item.version}: the item’s version must be that`,
    );
  }
  const layers: Layer[] = [];
  const listed: ReleaseFile[] = [];
  options.report(`reading ${files.length} files of Casemate ${version}`);
  for (const { name, executable } of files) {
    const blob = await blobOfFile(join(folder, name));
    layers.push({ mediaType: MEDIA_TYPE, blob, annotations: { [TITLE]: name } });
    listed.push({ name, executable, sha256: hexOf(blob.digest), size: blob.size });
  }
  return {
    artifactType: artifactTypeOf(RELEASE_TYPE),
    config: configLayer(item, { release: facts, files: listed }),
    layers,
    parts: packages.map(({ name, version: of, licence }) => ({
      type: 'library',
      name,
      version: of,
      ...(licence === undefined ? {} : { licence }),
      purl: npmPurl(name, of),
    })),
    materials: [
      ...commit,
      ...listed
        .filter(({ name }) => name.startsWith('package'))
        .map(({ name, sha256 }) => ({ name, sha256 })),
    ],
  };
}

/** The commit that a checkout is at; none where the folder is no checkout of git's. */
async function commitOf(folder: string): Promise<Material[]> {
  if (!existsSync(join(folder, '.git'))) return [];
  const git = (...args: readonly string[]) => runTool('git', ['-C', folder, ...args], folder);
  const changed = (await git('status', '--porcelain', '--untracked-files=all')).trim().split('\n')[0];
  if (changed !== '') {
    throw new BundleError(
      'Unexpected',
      folder,
      `has changes that nobody committed, such as "${changed}": a release is built from a clean checkout`,
    );
  }
  return [{ name: `git commit ${(await git('rev-parse', 'HEAD')).trim()}` }];
}
