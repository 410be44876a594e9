/**
 * The base content of a region as bundles: what this machine built goes the same way into the region as what was carried here. One bundle an image, in the machine's
 * cache for all of its regions, each with a root of its own. The key that signs it is made for it and forgotten: nothing else can ever be signed with it, so trusting that
 * root is trusting these bytes.
 */
import { constants, existsSync } from 'node:fs';
import {
  access,
  chmod,
  copyFile,
  link,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
} from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { buildBundle } from '#gap/bundle/build.ts';
import { writeBundle } from '#gap/bundle/output.ts';
import { signBundle } from '#gap/bundle/sign.ts';
import { metadataBytes } from '#gap/bundle/tuf/metadata.ts';
import { rootOf, signRoot } from '#gap/bundle/tuf/root.ts';
import { newSigner } from '#gap/bundle/tuf/signer.ts';
import { writeDurably } from '#trust/files.ts';
import type { Report } from '../install/apply.ts';
import { programVersion } from '../program.ts';
import { BASE_FOLDER, BUNDLE_FILE, IMAGES_MAX, ROOT_FILE } from './places.ts';

/** Of bundles as this release writes and reads them; what an earlier one left in the cache may be of another form. */
const BUNDLE_FOLDER = '.base-v2';
/** What was not finished is never looked at. */
const DRAFT = '.new-';
const DIGITS = 12;
/** A bundle's own word on its age is only ever remarked on; this is longer than Debian looks after a release. */
const YEARS_VALID = 10;

/** What `content/debian/build.sh` says of an image, as far as it matters here. */
interface ImageDescription {
  readonly name: string;
  readonly file: string;
  readonly sha256: string;
  /** RFC 3339: the state of Debian it holds. */
  readonly builtFrom: string;
}

/** Puts a bundle of every image of the cache into a region's inbox, and makes those that are missing. Again does nothing more. */
export async function placeBaseContent(cache: string, inbox: string, report: Report): Promise<void> {
  if (!existsSync(cache)) return;
  const files = (await readdir(cache)).filter((name) => name.endsWith('.json')).toSorted();
  const base = join(inbox, BASE_FOLDER);
  await mkdir(base, { recursive: true, mode: 0o755 });
  for (const file of files.slice(0, IMAGES_MAX)) {
    const description: ImageDescription = JSON.parse(await readFile(join(cache, file), 'utf8'));
    const id = `${file.slice(0, -'.json'.length)}-${description.sha256.slice(0, DIGITS)}`;
    const place = join(base, id);
    if (existsSync(place)) continue;
    // Who may not write to the cache has it in their own region only.
    const made = (await isWritable(cache)) ? join(cache, `${id}${BUNDLE_FOLDER}`) : place;
    if (!existsSync(made)) await makeBundle(cache, file, description, made, report);
    if (made !== place) await copyInto(made, place);
  }
}

async function makeBundle(
  cache: string,
  file: string,
  description: ImageDescription,
  made: string,
  report: Report,
): Promise<void> {
  const { name, builtFrom } = description;
  const work = await mkdtemp(join(dirname(made), DRAFT));
  try {
    report(`base image ${name}: making the bundle that brings it into a region`);
    const expires = later(builtFrom);
    const signer = newSigner('this-machine', 'hybrid');
    const one = [signer.public];
    const root = signRoot(
      [
        rootOf(1, {
          profile: 'hybrid',
          expires,
          rootSigners: one,
          rootThreshold: 1,
          contentSigners: one,
          contentThreshold: 1,
        }),
      ],
      signer,
    );
    const recipe = {
      name: `base-${file.slice(0, -'.json'.length)}`,
      version: 1,
      created: builtFrom,
      expires,
      roots: '.',
      items: [
        {
          type: 'base-image',
          name,
          version: builtFrom.slice(0, 10).replaceAll('-', '.'),
          licence: 'LicenseRef-Debian',
          image: file,
        },
      ],
    };
    const scratch = join(work, 'scratch');
    await mkdir(scratch);
    const silent = () => {};
    const built = await buildBundle(recipe, {
      folder: cache,
      roots: [root],
      scratch,
      toolVersion: programVersion(),
      report: silent,
    });
    await rm(scratch, { recursive: true });
    const bundle = join(work, BUNDLE_FILE);
    await writeBundle(bundle, 'tar', built.files, silent);
    await signBundle(bundle, signer);
    await writeDurably(join(work, ROOT_FILE), metadataBytes(root).toString('utf8'), 0o644);
    await chmod(bundle, 0o644);
    await chmod(work, 0o755);
    await settle(work, made);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** The files are never changed, so they may share their room. */
async function copyInto(from: string, to: string): Promise<void> {
  const work = await mkdtemp(join(dirname(to), DRAFT));
  try {
    for (const name of [BUNDLE_FILE, ROOT_FILE]) {
      await link(join(from, name), join(work, name)).catch(() =>
        copyFile(join(from, name), join(work, name)),
      );
    }
    await chmod(work, 0o755);
    await settle(work, to);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

const isWritable = (folder: string): Promise<boolean> =>
  access(folder, constants.W_OK).then(
    () => true,
    () => false,
  );

/** In one step; another `up` may have been quicker. */
async function settle(work: string, place: string): Promise<void> {
  try {
    await rename(work, place);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ENOTEMPTY' && code !== 'EEXIST') throw error;
  }
}

function later(time: string): string {
  const date = new Date(time);
  date.setUTCFullYear(date.getUTCFullYear() + YEARS_VALID);
  return `${date.toISOString().slice(0, 19)}Z`;
}
