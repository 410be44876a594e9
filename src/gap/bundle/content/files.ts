/** Content of type `files`: files and folders of this machine, each file a layer under its own name. For models, documents, anything. */
import { lstat, readdir } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { type Static, Type } from 'typebox';
import { blobOfFile } from '../blob.ts';
import { hexOf, TITLE } from '../descriptor.ts';
import { valueChecker } from '../json.ts';
import { LAYERS_MAX } from '../limits.ts';
import { BundleError } from '../problem.ts';
import { baseFields } from './base-item.ts';
import {
  artifactTypeOf,
  type CollectOptions,
  type ContentType,
  configLayer,
  type Layer,
  type OwnContent,
} from './content-type.ts';

const TYPE = 'files';
const DEPTH_MAX = 32;
const DEFAULT_MEDIA_TYPE = 'application/octet-stream';
/** Relative, without `.` and `..`, without anything that a terminal or a shell would take for something else. */
const FILE_NAME_PATTERN = '^(?!\\.{1,2}(?:/|$))[^\\p{C}\\\\/]+(?:/(?!\\.{1,2}(?:/|$))[^\\p{C}\\\\/]+)*$';
const fileName = new RegExp(FILE_NAME_PATTERN, 'u');

const Item = Type.Object(
  {
    ...baseFields,
    files: Type.Array(
      Type.Object(
        {
          path: Type.String({
            minLength: 1,
            maxLength: 4_096,
            description: 'a file or a folder, relative to the recipe',
          }),
          as: Type.Optional(
            Type.String({ minLength: 1, maxLength: 1_024, description: 'its name in the bundle' }),
          ),
          mediaType: Type.Optional(
            Type.String({
              pattern: '^[a-z0-9][a-z0-9!#$&^_.+-]{0,126}/[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}$',
              description: 'a media type such as application/pdf',
            }),
          ),
        },
        { additionalProperties: false },
      ),
      { minItems: 1, maxItems: LAYERS_MAX },
    ),
  },
  { additionalProperties: false },
);
type Item = Static<typeof Item>;

const check = valueChecker(Item);

interface Found {
  readonly name: string;
  readonly path: string;
  readonly mediaType: string;
  readonly executable: boolean;
}

export const filesType: ContentType<OwnContent> = {
  name: TYPE,
  check: (item, part) => {
    check(item, part);
  },
  collect: (item, options) => collect(check(item, item.name), options),
};

async function collect(item: Item, options: CollectOptions): Promise<OwnContent> {
  const found = new Map<string, Found>();
  for (const { path, as, mediaType = DEFAULT_MEDIA_TYPE } of item.files) {
    const full = resolve(options.folder, path);
    await find(full, as ?? basename(full), mediaType, found, 0);
  }
  const files = [...found.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  const layers: Layer[] = [];
  const listed: { name: string; mediaType: string; executable: boolean; sha256: string; size: number }[] = [];
  for (const { name: title, path, mediaType, executable } of files) {
    options.report(`reading ${title}`);
    const blob = await blobOfFile(path);
    layers.push({ mediaType, blob, annotations: { [TITLE]: title } });
    listed.push({ name: title, mediaType, executable, sha256: hexOf(blob.digest), size: blob.size });
  }
  const { licence, source } = item;
  return {
    artifactType: artifactTypeOf(TYPE),
    config: configLayer(item, { files: listed }),
    layers,
    parts: listed.map((file) => ({ type: 'file', name: file.name, licence, sha256: file.sha256 })),
    materials: listed.map((file) => ({
      name: file.name,
      sha256: file.sha256,
      ...(source === undefined ? {} : { uri: source }),
    })),
  };
}

/** Follows no link: what a link points at may be another thing tomorrow. */
async function find(path: string, name: string, mediaType: string, found: Map<string, Found>, depth: number) {
  const malformed = (why: string) => new BundleError('Malformed', path, why);
  const info = await lstat(path).catch((error: unknown) => {
    throw new BundleError('Missing', path, error instanceof Error ? error.message : String(error));
  });
  if (info.isDirectory()) {
    if (depth >= DEPTH_MAX) throw new BundleError('TooLarge', path, `is more than ${DEPTH_MAX} folders deep`);
    for (const child of (await readdir(path)).sort()) {
      await find(join(path, child), `${name}/${child}`, mediaType, found, depth + 1);
    }
    return;
  }
  if (!info.isFile()) throw malformed('is neither a file nor a folder; links are not followed');
  if (!fileName.test(name))
    throw malformed(`${JSON.stringify(name)} cannot be a name in a bundle; give another one with "as"`);
  if (found.has(name))
    throw malformed(`another file has the name ${name} already; give another one with "as"`);
  if (found.size >= LAYERS_MAX)
    throw new BundleError('TooLarge', path, `an item has at most ${LAYERS_MAX} files`);
  found.set(name, { name, path, mediaType, executable: (info.mode & 0o100) !== 0 });
}
