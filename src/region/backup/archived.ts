/** What lies in an archive of changes, which may go on being written meanwhile: its region need not stand still for whoever reads it. */
import type { KeyObject } from 'node:crypto';
import { createWriteStream, existsSync } from 'node:fs';
import { chmod, chown, copyFile, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { type Account, isRoot } from '../embedded/accounts.ts';
import { MOVES_MAX, SEGMENTS_MAX } from './bounds.ts';
import { openSealed, SEALED_SUFFIX } from './sealed-file.ts';
import { parseSegment, type Segment } from './segments.ts';

/** Where the archive has what is not a whole segment yet, in the clear. */
export const OPEN_FOLDER = 'open';
export const PARTIAL = '.partial';
/** In the archive: which cluster it is of. */
export const CLUSTER_MARK = 'cluster';

/** Where what is taken out of an archive comes to lie, in the clear. */
export interface Into {
  readonly folder: string;
  readonly identity: KeyObject;
  readonly account: Account;
}

export interface ArchivedSegments {
  readonly segments: readonly Segment[];
  /** By its name, which is one of them. */
  bringIn(name: string, into: Into): Promise<void>;
}

/** Throws when there are more than anybody has. */
export async function archivedSegments(archive: string): Promise<ArchivedSegments> {
  let places = await placesIn(archive);
  return {
    segments: [...places.keys()].flatMap((name) => parseSegment(name) ?? []),
    async bringIn(name, into) {
      for (let moves = 0; ; moves += 1) {
        const from = places.get(name);
        if (from === undefined) throw new Error(`${name} is no longer in ${archive}`);
        try {
          return await bringIn(from, name, into);
        } catch (error) {
          if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || moves === MOVES_MAX) throw error;
          // It became whole, or was sealed.
          await rm(join(into.folder, name), { force: true });
          places = await placesIn(archive);
        }
      }
    },
  };
}

/** Where each lies. A whole one before a part of it; and of parts the one that is still written. */
async function placesIn(archive: string): Promise<ReadonlyMap<string, string>> {
  const places = new Map<string, string>();
  // What is still written first: what is sealed meanwhile is found, if not here, then there.
  const open = existsSync(join(archive, OPEN_FOLDER)) ? await readdir(join(archive, OPEN_FOLDER)) : [];
  const sealed = await readdir(archive);
  if (sealed.length > SEGMENTS_MAX) throw new Error(`${archive} has more than ${SEGMENTS_MAX} segments`);
  const take = (folder: string, names: readonly string[], suffix: string) => {
    for (const file of names) {
      const name = file.slice(0, file.length - suffix.length);
      if (file.endsWith(suffix) && parseSegment(name) !== undefined) places.set(name, join(folder, file));
    }
  };
  // What is taken later stands in the place of what was taken before.
  take(archive, sealed, `${PARTIAL}${SEALED_SUFFIX}`);
  take(join(archive, OPEN_FOLDER), open, PARTIAL);
  take(join(archive, OPEN_FOLDER), open, '');
  take(archive, sealed, SEALED_SUFFIX);
  return places;
}

/** One file of it, opened where it is sealed. */
export async function bringIn(
  from: string,
  name: string,
  { folder, identity, account }: Into,
): Promise<void> {
  const to = join(folder, name);
  if (from.endsWith(SEALED_SUFFIX)) {
    await pipeline(openSealed(from, identity), createWriteStream(to, { flags: 'wx', mode: 0o600 }));
  } else {
    await copyFile(from, to);
    await chmod(to, 0o600);
  }
  if (isRoot()) await chown(to, account.uid, account.gid);
}
