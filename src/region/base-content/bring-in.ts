/**
 * Takes the base content that this machine made through the gap, as any bundle goes: received, verified, scanned, published, each step a leaf. Only who agrees differs:
 * whoever owns the machine put it there and ran `casemate up`, which is what the leaves say; nobody else can bring a bundle in that way.
 */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { BundleImport, type BundleImportObject } from '#gap/import/import-kind.ts';
import { systemActor } from '#kernel/access.ts';
import { type Clock, sleep } from '#kernel/clock.ts';
import type { KubeObject } from '#kernel/object.ts';
import type { Random } from '#kernel/random.ts';
import type { Realms } from '#kernel/realm.ts';
import { REGION } from '#kernel/realm-id.ts';
import { isConditionTrue } from '#kernel/reconcile/conditions.ts';
import { Image } from '#services/compute/image.ts';
import { CATALOGUED } from './catalogue.ts';
import { BASE_FOLDER, BUNDLE_FILE, IMAGES_MAX, ROOT_FILE } from './places.ts';

const LIMIT_MS = 240_000;
const POLL_MS = 25;
const NAME_PATTERN = /^[a-z0-9]([-a-z0-9.]{0,180}[a-z0-9])?$/;

export interface BringInOptions {
  readonly realms: Realms;
  readonly inbox: string;
  /** Whether there is an engine that images go into. */
  readonly hasEngine: boolean;
  readonly clock: Clock;
  readonly random: Random;
}

/** Resolves when it is content and instances can start from it, or after a while. Returns what is not, and why. */
export async function bringInBaseContent(options: BringInOptions): Promise<readonly string[]> {
  const { realms, inbox, clock, hasEngine } = options;
  const deadline_ms = clock.now() + LIMIT_MS;
  const notes: string[] = [];
  const known = await realms.use(REGION, async ({ view }) => new Set(view.list(Image).map(nameOfObject)));
  for (const id of await placed(inbox)) {
    const isNew = await ensureImport(options, id);
    if (!isNew) continue;
    for (;;) {
      const current = await realms.use(REGION, ({ view }) => view.get(BundleImport, { name: nameOf(id) }));
      if (current === undefined || isConditionTrue(current.status?.conditions, CATALOGUED)) break;
      const phase = current.status?.phase;
      if (phase === 'AwaitingApproval') await agree(options, current);
      if (phase === 'Refused' || clock.now() >= deadline_ms) {
        notes.push(`${nameOf(id)} is ${phase}: casemate gap show ${nameOf(id)}`);
        break;
      }
      await sleep(clock, POLL_MS);
    }
  }
  for (;;) {
    const waiting = await realms.use(REGION, ({ view }) =>
      // What operators put there themselves may wait for its file for ever.
      view
        .list(Image)
        .filter((image) => !known.has(nameOfObject(image)))
        .filter(({ status }) => !isConditionTrue(status?.conditions, 'Ready')),
    );
    if (waiting.length === 0 || !hasEngine || notes.length > 0) return notes;
    if (clock.now() >= deadline_ms) {
      return waiting.map(
        ({ metadata: { name } }) => `image ${name} is not imported yet: see kubectl describe image ${name}`,
      );
    }
    await sleep(clock, POLL_MS);
  }
}

const nameOfObject = ({ metadata }: KubeObject): string => metadata.name;

const nameOf = (id: string): string => `${BASE_FOLDER}-${id}`;

async function placed(inbox: string): Promise<readonly string[]> {
  try {
    const names = await readdir(join(inbox, BASE_FOLDER));
    return names
      .filter((name) => NAME_PATTERN.test(name))
      .toSorted()
      .slice(0, IMAGES_MAX);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

/** Whether it is still on its way. What was refused or retired is not begun again by itself; what people deleted is, as long as it lies in the inbox. */
async function ensureImport({ realms, inbox, random }: BringInOptions, id: string): Promise<boolean> {
  const name = nameOf(id);
  const root = await readFile(join(inbox, BASE_FOLDER, id, ROOT_FILE), 'utf8');
  return realms.use(REGION, async (realm) => {
    const current = realm.view.get(BundleImport, { name });
    if (current !== undefined) {
      const { phase, conditions } = current.status ?? {};
      return phase !== 'Refused' && phase !== 'Retired' && !isConditionTrue(conditions, CATALOGUED);
    }
    const spec = { source: `${BASE_FOLDER}/${id}/${BUNDLE_FILE}`, root };
    await realm.resources.create(BundleImport, undefined, { metadata: { name }, spec }, change(random));
    return true;
  });
}

async function agree({ realms, random }: BringInOptions, current: BundleImportObject): Promise<void> {
  const digest = current.status?.bundle?.digest;
  if (digest === undefined || current.spec.publish !== undefined) return;
  await realms.use(REGION, ({ resources }) =>
    resources.modify(BundleImport, { name: current.metadata.name }, change(random), (now) => ({
      ...now,
      spec: { ...now.spec, publish: digest },
    })),
  );
}

const change = (random: Random) => ({
  actor: systemActor(REGION, 'bootstrap'),
  via: 'bootstrap',
  requestId: random.uuid(),
});
