/**
 * Puts the base images of the image folder into the region's catalogue, as Image objects. What operators made of the
 * catalogue is left alone: an image they deleted comes back only when its file is a new one.
 */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { systemActor } from '#kernel/access.ts';
import { type Clock, sleep } from '#kernel/clock.ts';
import { isStatusError } from '#kernel/errors.ts';
import type { Logger } from '#kernel/logger.ts';
import type { Random } from '#kernel/random.ts';
import type { Realms } from '#kernel/realm.ts';
import { REGION } from '#kernel/realm-id.ts';
import { isConditionTrue } from '#kernel/reconcile/conditions.ts';
import { Image } from '#services/compute/image.ts';

const IMPORT_LIMIT_MS = 120_000;
const IMPORT_POLL_MS = 25;
const IMAGES_MAX = 100;

/** What a recipe writes beside an image. */
interface ImageDescription {
  readonly name: string;
  readonly displayName: string;
  readonly type: 'container' | 'virtual-machine';
  readonly architecture: string;
  readonly osfamily: string;
  readonly file: string;
  readonly sha256: string;
  readonly minimums: { readonly memory: string; readonly disk: string };
  /** RFC 3339: the state of Debian it holds. */
  readonly builtFrom: string;
}

export interface CatalogueOptions {
  readonly realms: Realms;
  readonly folder: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

/** Adds what is missing; returns the names of the images that it added. */
export async function fillCatalogue(options: CatalogueOptions): Promise<readonly string[]> {
  const added: string[] = [];
  for (const description of await readDescriptions(options)) {
    const name = await addImage(options, description);
    if (name !== undefined) added.push(name);
  }
  return added;
}

async function readDescriptions({ folder, logger }: CatalogueOptions): Promise<ImageDescription[]> {
  let files: string[];
  try {
    files = await readdir(folder);
  } catch (error) {
    logger.warn({ folder, error: String(error) }, 'the image folder cannot be read');
    return [];
  }
  const descriptions: ImageDescription[] = [];
  for (const file of files
    .filter((name) => name.endsWith('.json'))
    .toSorted()
    .slice(0, IMAGES_MAX)) {
    try {
      descriptions.push(JSON.parse(await readFile(join(folder, file), 'utf8')) as ImageDescription);
    } catch (error) {
      logger.warn({ file, error: String(error) }, 'an image description cannot be read');
    }
  }
  return descriptions;
}

async function addImage(
  { realms, random, logger }: CatalogueOptions,
  description: ImageDescription,
): Promise<string | undefined> {
  const { name, displayName, type, architecture, osfamily, file, sha256, minimums, builtFrom } = description;
  const change = {
    actor: systemActor(REGION, 'bootstrap'),
    via: 'bootstrap',
    requestId: random.uuid(),
  };
  return realms.use(REGION, async (realm) => {
    const images = realm.view.list(Image);
    if (images.some((image) => image.spec.source.sha256 === sha256)) return undefined;
    // An image is what it is for ever; a newer one of the same name is told apart by its day.
    const isTaken = images.some((image) => image.metadata.name === name);
    const chosen = isTaken ? `${name}-${builtFrom.slice(0, 10).replaceAll('-', '')}` : name;
    // The base images of a distribution are a family: who names it gets the newest.
    const family = osfamily;
    const spec = { displayName, family, type, architecture, osfamily, source: { file, sha256 }, minimums };
    try {
      await realm.resources.create(Image, undefined, { metadata: { name: chosen }, spec }, change);
      return chosen;
    } catch (error) {
      if (!isStatusError(error)) throw error;
      logger.warn({ image: chosen, error: error.message }, 'an image could not be added to the catalogue');
      return undefined;
    }
  });
}

/** Waits until the images can be started from. Returns those that cannot after a while. */
export async function untilImported(
  { realms, clock }: CatalogueOptions,
  names: readonly string[],
): Promise<readonly string[]> {
  const deadline_ms = clock.now() + IMPORT_LIMIT_MS;
  for (;;) {
    const waiting = await realms.use(REGION, ({ view }) =>
      names.filter((name) => !isConditionTrue(view.get(Image, { name })?.status?.conditions, 'Ready')),
    );
    if (waiting.length === 0 || clock.now() >= deadline_ms) return waiting;
    await sleep(clock, IMPORT_POLL_MS);
  }
}
