/** Reads out of published content what a mirror needs: items of one type with their configuration and layers, each checked against its digest again. */
import type { TSchema } from 'typebox';
import { artifactTypeOf } from '../bundle/content/content-type.ts';
import { type Descriptor, MEDIA, TITLE } from '../bundle/descriptor.ts';
import { readerOf } from '../bundle/json.ts';
import { CONFIG_BYTES_MAX, MANIFEST_BYTES_MAX } from '../bundle/limits.ts';
import { readManifest } from '../bundle/manifest.ts';
import type { ContentStore, PublishedBundle } from '../import/content-store.ts';
import { readContent } from '../import/read-content.ts';

export interface PublishedItem {
  /** `<type>/<name>/<version>`. */
  readonly path: string;
  readonly name: string;
  readonly config: Buffer;
  readonly layers: ReadonlyMap<string, Descriptor>;
  /** In-toto statement about it. */
  readonly provenance: Descriptor | undefined;
}

/** Each item of that type in a bundle. */
export async function itemsOf(
  store: Pick<ContentStore, 'blobPath'>,
  bundle: PublishedBundle,
  type: string,
): Promise<PublishedItem[]> {
  const found: PublishedItem[] = [];
  for (const { path, artifactType, manifest, companion } of bundle.items) {
    if (artifactType !== artifactTypeOf(type)) continue;
    const { config, layers } = readManifest(
      await readContent(store, manifest, MANIFEST_BYTES_MAX, path),
      path,
    );
    const about = readManifest(
      await readContent(store, companion, MANIFEST_BYTES_MAX, `${path}: companion`),
      `${path}: companion`,
    );
    found.push({
      path,
      name: path.split('/')[1] ?? '',
      config: await readContent(store, config, CONFIG_BYTES_MAX, `${path}: config`),
      layers: new Map(layers.map((layer) => [layer.annotations?.[TITLE] ?? '', layer])),
      provenance: about.layers.find(({ mediaType }) => mediaType === MEDIA.provenance),
    });
  }
  return found;
}

/** A function that reads an item's configuration. */
export const configReader = <T extends TSchema>(schema: T) => {
  const read = readerOf(schema);
  return ({ config, path }: PublishedItem) => read(config, `${path}: config`);
};
