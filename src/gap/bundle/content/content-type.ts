/** What a type of content has to tell, to be built into bundles. Adding a type is adding a file here and a line in types.ts. */
import { type Blob, blobOfBytes } from '../blob.ts';
import { jsonBytes } from '../json.ts';
import type { RecipeItem } from '../recipe.ts';
import type { BaseItem } from './base-item.ts';

export interface Layer {
  readonly mediaType: string;
  readonly blob: Blob;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** One thing in the item, for the SBOM. */
export interface Part {
  readonly type: 'file' | 'library' | 'container' | 'operating-system';
  readonly name: string;
  readonly version?: string;
  readonly licence?: string;
  /** A package URL, where its kind of package has one. */
  readonly purl?: string;
  readonly sha256?: string;
}

/** What the item was made of, for the provenance. */
export interface Material {
  readonly name: string;
  readonly uri?: string;
  readonly sha256?: string;
}

interface Content {
  readonly artifactType?: string;
  readonly layers: readonly Layer[];
  readonly parts: readonly Part[];
  readonly materials: readonly Material[];
}

/** What we describe ourselves. */
export interface OwnContent extends Content {
  readonly config: Layer;
}

/** What has a manifest of its makers. */
export interface ForeignContent extends Content {
  /** Of an image, or the list of images for several architectures. */
  readonly manifest: { readonly mediaType: string; readonly bytes: Buffer };
  /** Manifests of the images of a list, then configurations. */
  readonly small: readonly Layer[];
}

export type Collected = OwnContent | ForeignContent;

export interface CollectOptions {
  /** Where the recipe lies: its paths are relative to this. */
  readonly folder: string;
  readonly report: (line: string) => void;
  /** An existing folder for what has to be fetched; what is made there must stay until the bundle is written. */
  readonly scratch: string;
  /** When the bundle was made, by its recipe. RFC 3339. */
  readonly created: string;
}

export interface ContentType<C extends Collected = Collected> {
  readonly name: string;
  /** Throws BundleError, which names `part` and the field, for an item that is not right. */
  check(item: RecipeItem, part: string): void;
  /** `item` was checked. */
  collect(item: RecipeItem, options: CollectOptions): Promise<C>;
}

export const artifactTypeOf = (type: string): string => `application/vnd.casemate.content.${type}.v1`;

/** The config blob of an item of ours: what it is, then what its type has to say. */
export function configLayer(
  { type, name, version, licence, description, source }: BaseItem,
  more: Readonly<Record<string, unknown>>,
): Layer {
  return {
    mediaType: `application/vnd.casemate.content.${type}.config.v1+json`,
    blob: blobOfBytes(
      jsonBytes({
        type,
        name,
        version,
        licence,
        ...(description === undefined ? {} : { description }),
        ...(source === undefined ? {} : { source }),
        ...more,
      }),
    ),
  };
}
