/**
 * Brings images into Incus: reads the file the region's operator put into the image folder, checks its digest, and
 * imports it once. It must never import a file whose digest is not what the Image says.
 */
import { stat } from 'node:fs/promises';
import { isIncusError } from '#engines/incus/errors.ts';
import { fileSha256 } from '#engines/incus/images.ts';
import type { Controller, ReconcileContext, RetryAfter } from '#kernel/controller.ts';
import type { ObjectKey } from '#kernel/realm.ts';
import { isDeleting, removeFinalizer } from '#kernel/reconcile/finalizers.ts';
import type { ComputeContext } from './context.ts';
import { IMAGE_FINALIZER, Image, type ImageObject } from './image.ts';
import { LABELS } from './names.ts';
import { Obstacle, obstacleOf } from './obstacle.ts';
import { writeStatus } from './status.ts';
import { sweepGoneRealms } from './sweep.ts';

const MISSING_FILE_RETRY_MS = 30_000;

export function imageController(compute: ComputeContext): Controller {
  return {
    name: 'image',
    realms: ['region'],
    kind: Image,
    concurrency: 1,
    async reconcile(key, context) {
      const image = context.realm.view.get(Image, key);
      if (!image) return undefined;
      if (isDeleting(image)) return remove(compute, key, image, context);
      const { uid } = image.metadata;
      try {
        const { fingerprint, size } = await bringIn(compute, image, context.signal);
        await writeStatus(
          context,
          Image,
          key,
          uid,
          { fingerprint, size },
          {
            ready: true,
            reason: 'Imported',
            message: 'instances can start from it',
          },
        );
        return undefined;
      } catch (error) {
        const obstacle = obstacleOf(error, 'imported');
        if (obstacle.detail)
          compute.logger.warn({ image: key.name, error: obstacle.detail }, obstacle.message);
        await writeStatus(
          context,
          Image,
          key,
          uid,
          {},
          {
            ready: false,
            reason: obstacle.reason,
            message: obstacle.message,
          },
        );
        return { retryAfter_ms: obstacle.retryAfter_ms };
      }
    },
    async sweep(context) {
      await sweepGoneRealms(compute, context);
      await sweepImages(compute, context);
    },
  };
}

async function bringIn(
  { incus, imageFile, regionId }: ComputeContext,
  image: ImageObject,
  signal: AbortSignal,
): Promise<{ fingerprint: string; size: number }> {
  const { file, sha256 } = image.spec.source;
  try {
    const { fingerprint, size, type } = await incus.images.get(sha256);
    checkType(image, type);
    return { fingerprint, size };
  } catch (error) {
    if (!isIncusError(error, 'NotFound')) throw error;
  }
  const path = await imageFile(image.spec.source);
  if (path === undefined) {
    throw new Obstacle(
      'FileMissing',
      `${file} was not published here and is not in the region’s image folder; put it there, and it is imported within half a minute`,
      { retryAfter_ms: MISSING_FILE_RETRY_MS },
    );
  }
  const { size } = await stat(path);
  const found = await fileSha256(path);
  if (found !== sha256) {
    throw new Obstacle(
      'DigestDiffers',
      `${file} has SHA-256 ${found}, not ${sha256} as spec.source says; nothing was imported`,
      { retryAfter_ms: MISSING_FILE_RETRY_MS },
    );
  }
  const fingerprint = await incus.images.import(
    { file: path, properties: { [LABELS.region]: regionId } },
    signal,
  );
  if (fingerprint !== sha256) {
    // The file was exchanged between the check and the import.
    await incus.images.delete(fingerprint);
    throw new Obstacle('DigestDiffers', `${file} changed while it was imported; nothing was kept`);
  }
  checkType(image, (await incus.images.get(fingerprint)).type);
  return { fingerprint, size };
}

function checkType(image: ImageObject, type: string): void {
  if (type === image.spec.type) return;
  throw new Obstacle(
    'TypeDiffers',
    `the file is an image of a ${type}, but spec.type says ${image.spec.type}`,
    {
      retryAfter_ms: MISSING_FILE_RETRY_MS,
    },
  );
}

async function remove(
  { incus, regionId }: ComputeContext,
  key: ObjectKey,
  image: ImageObject,
  { realm, change }: ReconcileContext,
): Promise<RetryAfter | undefined> {
  const { sha256 } = image.spec.source;
  const shared = realm.view
    .list(Image)
    .some((other) => other.metadata.uid !== image.metadata.uid && other.spec.source.sha256 === sha256);
  if (!shared) {
    try {
      // Whether or not its status came to say so, it may be there. One that was there before us is somebody else's.
      const { properties } = await incus.images.get(sha256);
      if (properties[LABELS.region] === regionId) await incus.images.delete(sha256);
    } catch (error) {
      if (!isIncusError(error, 'NotFound', 'Absent')) throw error;
    }
  }
  await removeFinalizer(realm.resources, Image, key, IMAGE_FINALIZER, change, image.metadata.uid);
  return undefined;
}

/** On an image that the region made for itself: no object of the catalogue accounts for it. */
export const NO_CATALOGUE = 'casemate.own';

/** Removes what this region imported and no object accounts for: the end of an import whose process, or whose object, was gone by then. */
async function sweepImages(
  { incus, regionId, logger }: ComputeContext,
  { realm, realms }: ReconcileContext,
): Promise<void> {
  try {
    // Incus first, objects after, as fresh as they are anywhere: whatever Incus holds had its object before.
    const held = await incus.images.list();
    await realms.fresh(realm.id);
    const wanted = new Set(realm.view.list(Image).map(({ spec }) => spec.source.sha256));
    for (const { fingerprint, properties } of held) {
      if (properties[LABELS.region] !== regionId || wanted.has(fingerprint)) continue;
      if (NO_CATALOGUE in properties) continue;
      logger.warn({ fingerprint }, 'removing an image that no object accounts for');
      await incus.images.delete(fingerprint);
    }
  } catch (error) {
    if (!isIncusError(error, 'NotFound', 'Absent')) throw error;
  }
}
