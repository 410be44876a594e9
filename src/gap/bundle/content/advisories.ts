/**
 * Content of type `advisories`: what is known to be vulnerable, out of Debian's security tracker, OSV and OpenVEX documents. The inputs are read and judged where the bundle is
 * built; what is carried is the file that a region looks packages up in (`../../advisories/store/format.ts`), a tenth of their size. The same inputs give the same file.
 */
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { lstat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { type Static, Type } from 'typebox';
import { AdvisoryError } from '../../advisories/problem.ts';
import { type BuildInput, buildStore, SKIPPED_MAX } from '../../advisories/store/build.ts';
import { blobOfFile } from '../blob.ts';
import { hexOf, TITLE } from '../descriptor.ts';
import { messageOf, valueChecker } from '../json.ts';
import { BundleError } from '../problem.ts';
import { TIME_PATTERN } from '../tuf/schema.ts';
import { ADVISORIES_TYPE, STORE_MEDIA_TYPE } from './advisories-type.ts';
import { baseFields, targetPathOf } from './base-item.ts';
import { type CollectOptions, type ContentType, configLayer, type OwnContent } from './content-type.ts';

const { spawn } = process.getBuiltinModule('node:child_process');

const TYPE = 'advisories';
const FILES_MAX = 64;
const CHUNK_BYTES = 256 * 1024;
const SAID_CHARACTERS_KEPT = 2_000;

const Item = Type.Object(
  {
    ...baseFields,
    asOf: Type.Optional(
      Type.String({
        pattern: TIME_PATTERN,
        description:
          'when the files were current, such as 2026-11-22T00:00:00Z: Debian’s tracker does not say',
      }),
    ),
    skip: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: SKIPPED_MAX,
        description: 'how many entries of each file may be left out when they cannot be read',
      }),
    ),
    files: Type.Array(
      Type.Object(
        {
          kind: Type.Union([Type.Literal('debian-tracker'), Type.Literal('osv'), Type.Literal('openvex')], {
            description: 'debian-tracker, osv or openvex',
          }),
          path: Type.String({
            minLength: 1,
            maxLength: 4_096,
            description: 'JSON, or for osv and openvex a .zip of it, relative to the recipe',
          }),
        },
        { additionalProperties: false },
      ),
      { minItems: 1, maxItems: FILES_MAX },
    ),
  },
  { additionalProperties: false },
);
type Item = Static<typeof Item>;

const check = valueChecker(Item);

export const advisoriesType: ContentType<OwnContent> = {
  name: TYPE,
  check: (item, part) => {
    check(item, part);
  },
  collect: (item, options) => collect(check(item, item.name), options),
};

async function collect(item: Item, options: CollectOptions): Promise<OwnContent> {
  const part = targetPathOf(item);
  const files: { readonly name: string; readonly sha256: string }[] = [];
  const inputs: BuildInput[] = [];
  for (const { kind, path } of item.files) {
    const full = resolve(options.folder, path);
    const info = await lstat(full).catch((error: unknown) => {
      throw new BundleError('Missing', full, messageOf(error));
    });
    if (!info.isFile()) throw new BundleError('Malformed', full, 'is no file; links are not followed');
    files.push({ name: basename(full), sha256: hexOf((await blobOfFile(full)).digest) });
    const chunks = full.endsWith('.zip')
      ? unzipped(full)
      : (createReadStream(full, { highWaterMark: CHUNK_BYTES }) as AsyncIterable<Uint8Array>);
    inputs.push({ kind, name: basename(full), chunks });
  }
  options.report(`reading ${files.map(({ name }) => name).join(', ')}`);
  const path = join(options.scratch, 'advisories');
  const built = await buildStore({
    path,
    inputs,
    skip_max: item.skip ?? 0,
    ...(item.asOf === undefined ? {} : { asOf: item.asOf }),
  }).catch((error: unknown) => {
    if (!(error instanceof AdvisoryError)) throw error;
    throw new BundleError(error.code === 'TooLarge' ? 'TooLarge' : 'Malformed', part, error.message);
  });
  const { asOf, packages, advisories, statements, sources } = built.index;
  const blob = await blobOfFile(path);
  return {
    artifactType: ADVISORIES_TYPE,
    config: configLayer(item, { asOf, packages, advisories, statements, sources }),
    layers: [{ mediaType: STORE_MEDIA_TYPE, blob, annotations: { [TITLE]: 'advisories' } }],
    parts: [{ type: 'file', name: 'advisories', licence: item.licence, sha256: hexOf(blob.digest) }],
    materials: files.map((file) => ({
      ...file,
      ...(item.source === undefined ? {} : { uri: item.source }),
    })),
  };
}

/** What is in a zip file, one after the other, by Debian's unzip: OSV's `all.zip` of npm unfolds into a gigabyte, of which this holds a chunk. */
async function* unzipped(path: string): AsyncGenerator<Uint8Array> {
  const child = spawn('unzip', ['-p', path], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, LC_ALL: 'C' },
  });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => {
    said = `${said}${chunk.toString('utf8')}`.slice(-SAID_CHARACTERS_KEPT);
  });
  const ended = once(child, 'close').catch((error: unknown) => {
    throw new BundleError('Missing', path, `unzip: ${messageOf(error)}; apt-get install unzip`);
  });
  // Judged below, once what it printed was read.
  ended.catch(() => {});
  try {
    yield* child.stdout;
    const [code] = await ended;
    if (code !== 0) throw new BundleError('Malformed', path, `cannot be unzipped: ${said.trim()}`);
  } finally {
    child.kill();
  }
}
