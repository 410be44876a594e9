/**
 * Base images of published bundles come into the catalogue, as Image objects: once each, so that what operators made of the catalogue afterwards is left alone.
 */
import { readFile } from 'node:fs/promises';
import { Type } from 'typebox';
import { artifactTypeOf } from '#gap/bundle/content/content-type.ts';
import { TITLE } from '#gap/bundle/descriptor.ts';
import { readerOf } from '#gap/bundle/json.ts';
import { readManifest } from '#gap/bundle/manifest.ts';
import type { ContentStore } from '#gap/import/content-store.ts';
import { BundleImport } from '#gap/import/import-kind.ts';
import type { Controller, ReconcileContext } from '#kernel/controller.ts';
import { isStatusError } from '#kernel/errors.ts';
import type { Logger } from '#kernel/logger.ts';
import { isConditionTrue, setCondition } from '#kernel/reconcile/conditions.ts';
import { Image } from '#services/compute/image.ts';

/** Of a BundleImport: its images were put into the catalogue. */
export const CATALOGUED = 'Catalogued';

const readDescription = readerOf(
  Type.Object({
    name: Type.String(),
    displayName: Type.String(),
    type: Type.Union([Type.Literal('container'), Type.Literal('virtual-machine')]),
    architecture: Type.Union([Type.Literal('amd64'), Type.Literal('arm64')]),
    osfamily: Type.String(),
    file: Type.String(),
    sha256: Type.String(),
    minimums: Type.Object({ memory: Type.String(), disk: Type.String() }),
    /** RFC 3339: the state of Debian it holds. */
    builtFrom: Type.String(),
  }),
);
type ImageDescription = ReturnType<typeof readDescription>;

export interface CatalogueOptions {
  readonly content: Pick<ContentStore, 'bundles' | 'blobPath'>;
  readonly logger: Logger;
}

export function catalogueController(options: CatalogueOptions): Controller {
  return {
    name: 'base-images',
    realms: ['region'],
    kind: BundleImport,
    concurrency: 1,
    async reconcile(key, context) {
      const current = context.realm.view.get(BundleImport, key);
      const { status, metadata } = current ?? {};
      if (metadata === undefined || status?.phase !== 'Published') return undefined;
      if (isConditionTrue(status.conditions, CATALOGUED)) return undefined;
      for (const description of await imagesOf(options, metadata.name)) {
        await addImage(description, options, context);
      }
      await context.realm.resources.modify(
        BundleImport,
        key,
        context.change,
        (now) => {
          if (now.metadata.uid !== metadata.uid || now.status === undefined) return now;
          const said = {
            type: CATALOGUED,
            status: 'True',
            reason: 'Done',
            message: 'its images are in the catalogue',
          } as const;
          const conditions = [...setCondition(now.status.conditions, said, context.clock)];
          return { ...now, status: { ...now.status, conditions } };
        },
        { subresource: 'status' },
      );
      return undefined;
    },
  };
}

/** Of the bundle that came with that import; none when it holds no image. */
async function imagesOf({ content }: CatalogueOptions, name: string): Promise<ImageDescription[]> {
  const bundle = (await content.bundles()).find((one) => one.import === name);
  const found: ImageDescription[] = [];
  for (const { artifactType, manifest, path } of bundle?.items ?? []) {
    if (artifactType !== artifactTypeOf('base-image')) continue;
    const { layers } = readManifest(await readFile(content.blobPath(manifest.digest)), path);
    const layer = layers.find(
      ({ mediaType, annotations }) => mediaType === 'application/json' && annotations?.[TITLE] !== undefined,
    );
    if (layer !== undefined)
      found.push(readDescription(await readFile(content.blobPath(layer.digest)), path));
  }
  return found;
}

async function addImage(
  description: ImageDescription,
  { logger }: CatalogueOptions,
  { realm, change }: ReconcileContext,
): Promise<void> {
  const { name, displayName, type, architecture, osfamily, file, sha256, minimums, builtFrom } = description;
  const images = realm.view.list(Image);
  if (images.some((image) => image.spec.source.sha256 === sha256)) return;
  // An image is what it is for ever; a newer one of the same name is told apart by its day.
  const isTaken = images.some((image) => image.metadata.name === name);
  const chosen = isTaken ? `${name}-${builtFrom.slice(0, 10).replaceAll('-', '')}` : name;
  // The base images of a distribution are a family: who names it gets the newest.
  const family = osfamily;
  const spec = { displayName, family, type, architecture, osfamily, source: { file, sha256 }, minimums };
  try {
    await realm.resources.create(Image, undefined, { metadata: { name: chosen }, spec }, change);
  } catch (error) {
    if (!isStatusError(error)) throw error;
    logger.warn({ image: chosen, error: error.message }, 'an image could not be added to the catalogue');
  }
}
