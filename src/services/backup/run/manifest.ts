/** What a run says of itself in the repository: written last, so what has one is whole. With it and the password a backup is restored where nobody ever heard of it. */
import { Readable } from 'node:stream';
import type { Repository } from '../engine/repository.ts';
import { isBackedUp } from '../what.ts';
import { type Item, MANIFEST_PATH, MANIFEST_TAG, runTag } from './backup.ts';

const FORMAT = 'casemate-backup-v1';
const BYTES_MAX = 4 * 2 ** 20;

/** What of an item it takes to restore it. */
export type SavedItem = Pick<Item, 'kind' | 'name'> & {
  readonly snapshot: string;
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
};

export interface RunManifest {
  readonly format: typeof FORMAT;
  readonly organization: string;
  readonly project: string;
  readonly plan: string;
  readonly backup: string;
  readonly uid: string;
  /** RFC 3339. */
  readonly startedAt: string;
  readonly items: readonly SavedItem[];
}

const projectTag = (project: string): string => `project:${project}`;

/** The snapshot's id. */
export async function saveManifest(
  repository: Repository,
  manifest: Omit<RunManifest, 'format'>,
): Promise<string> {
  const text = `${JSON.stringify({ format: FORMAT, ...manifest }, null, 1)}\n`;
  const { snapshot } = await repository.save(Readable.from([Buffer.from(text)]), {
    path: MANIFEST_PATH,
    host: manifest.organization,
    tags: [MANIFEST_TAG, runTag(manifest.uid), projectTag(manifest.project)],
  });
  return snapshot;
}

/** The id of the newest one; undefined: there is none. */
export async function newestManifest(
  repository: Repository,
  {
    project,
    before_ms = Number.POSITIVE_INFINITY,
  }: { readonly project?: string; readonly before_ms?: number },
): Promise<string | undefined> {
  const found = (await repository.snapshots(MANIFEST_TAG)).filter(
    ({ tags, time }) =>
      (project === undefined || tags.includes(projectTag(project))) && Date.parse(time) <= before_ms,
  );
  return found.toSorted((one, other) => Date.parse(other.time) - Date.parse(one.time))[0]?.id;
}

/** Throws when it is none. */
export async function readManifestOf(repository: Repository, snapshot: string): Promise<RunManifest> {
  const { tar, content } = repository.read(snapshot, MANIFEST_PATH);
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of tar as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > BYTES_MAX) throw new Error(`what a backup says of itself has more than ${BYTES_MAX} bytes`);
    chunks.push(chunk);
  }
  await content;
  const manifest = JSON.parse(Buffer.concat(chunks).toString('utf8')) as RunManifest;
  if (manifest.format !== FORMAT || !manifest.items.every(({ kind }) => isBackedUp(kind))) {
    throw new Error('what this backup says of itself is of another release, or none');
  }
  return manifest;
}
