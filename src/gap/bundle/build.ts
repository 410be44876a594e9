/**
 * Builds a bundle from a recipe: reads what it names, writes manifests and statements about each item, and the list of it all, ready to be signed.
 * The same inputs give the same bytes; nothing here reads a clock.
 */

import { mkdtemp, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { layoutFiles, unsignedMetadata } from './assemble.ts';
import { provenanceBytes } from './attest/provenance.ts';
import { sbomBytes } from './attest/sbom.ts';
import { vexBytes } from './attest/vex.ts';
import type { Blob } from './blob.ts';
import { blobOfBytes } from './blob.ts';
import { blocksBytes } from './blocks.ts';
import { targetPathOf } from './content/base-item.ts';
import type { Collected, Layer, OwnContent } from './content/content-type.ts';
import { contentTypeOf } from './content/types.ts';
import type { Candidate } from './delta/against.ts';
import type { Deltas } from './delta/document.ts';
import { type DeltaOptions, makeDeltas } from './delta/make.ts';
import { BLOCKS_OF, type Descriptor, hexOf, MEDIA } from './descriptor.ts';
import { messageOf } from './json.ts';
import { manifestBytes } from './manifest.ts';
import type { OutputFile } from './output.ts';
import { BundleError } from './problem.ts';
import type { Recipe, RecipeItem } from './recipe.ts';
import { signersOf } from './tuf/check-role.ts';
import { type Delegation, signatoriesOf } from './tuf/delegations.ts';
import { parsePublicSigner } from './tuf/key-file.ts';
import type { Signable } from './tuf/metadata.ts';
import { signedDigest } from './tuf/metadata.ts';
import type { RootSigned } from './tuf/schema.ts';

export interface BuildOptions {
  /** Where the recipe lies. */
  readonly folder: string;
  /** The chain of roots, from the first. */
  readonly roots: readonly Signable<RootSigned>[];
  /** Of Casemate. */
  readonly toolVersion: string;
  readonly report: (line: string) => void;
  /** An existing folder for what has to be fetched, to be removed once the bundle is written. */
  readonly scratch: string;
  /** For a region that has something already. */
  readonly deltas?: DeltaOptions;
}

/** An item with all that belongs to it, blobs in the order in which they are read when it is verified. */
export interface BuiltItem {
  readonly path: string;
  readonly artifactType: string | undefined;
  /** Of its manifest. */
  readonly mediaType: string;
  readonly manifest: Blob;
  readonly companion: Blob;
  readonly blobs: readonly Blob[];
}

export interface Built {
  /** Of the list of contents, in hexadecimal: the bundle's digest. */
  readonly digest: string;
  readonly items: readonly BuiltItem[];
  readonly files: readonly OutputFile[];
  /** Where parts of it do not travel whole. */
  readonly deltas?: Deltas;
  /** Old content that would have been of use, and was not given. */
  readonly notAtHand?: readonly Candidate[];
}

/** Throws BundleError that names what cannot be built. */
export async function buildBundle(recipe: Recipe, options: BuildOptions): Promise<Built> {
  const items: BuiltItem[] = [];
  for (const item of recipe.items) items.push(await buildItem(item, recipe, options));
  items.sort((a, b) => (a.path < b.path ? -1 : 1));
  const carried = options.deltas && (await makeDeltas(items, { ...options, ...options.deltas }));
  const metadata = unsignedMetadata(recipe, options.roots, items, {
    deltas: carried?.deltas,
    delegations: await delegationsOf(recipe, options.folder),
  });
  const root = options.roots.at(-1);
  const signatories = root && signatoriesOf(root.signed, metadata.targets.signed);
  // Throws for signers that are not distinct, or of another profile than the root's: nobody could verify it.
  if (signatories !== undefined) signersOf(signatories, 'delegations');
  return {
    digest: signedDigest(metadata.targets),
    items,
    files: layoutFiles(metadata, items, carried),
    ...(carried === undefined ? {} : { deltas: carried.deltas, notAtHand: carried.notAtHand }),
  };
}

async function delegationsOf({ delegations = [] }: Recipe, folder: string): Promise<Delegation[]> {
  return Promise.all(
    delegations.map(async ({ signers, ...delegation }) => ({
      ...delegation,
      signers: await Promise.all(
        signers.map(async (file) => {
          const path = resolve(folder, file);
          const bytes = await readFile(path).catch((error: unknown) => {
            throw new BundleError('Missing', path, messageOf(error));
          });
          return parsePublicSigner(bytes, path);
        }),
      ),
    })),
  );
}

async function buildItem(item: RecipeItem, recipe: Recipe, options: BuildOptions): Promise<BuiltItem> {
  const type = contentTypeOf(item.type);
  if (type === undefined) throw new BundleError('Malformed', item.type, 'is no type of content');
  const path = targetPathOf(item);
  options.report(path);
  const collected = await type.collect(item, {
    ...options,
    created: recipe.created,
    scratch: await mkdtemp(join(options.scratch, 'item-')),
  });
  const isForeign = 'manifest' in collected;
  const { mediaType, bytes } = isForeign
    ? collected.manifest
    : { mediaType: MEDIA.manifest, bytes: ownManifest(collected) };
  const small = isForeign ? collected.small : [collected.config];
  const manifest = blobOfBytes(bytes);
  const statements = statementsOf(item, recipe, collected, path, hexOf(manifest.digest), options.toolVersion);
  const blocks = collected.layers
    .filter(({ blob }) => blob.blocks.length > 0)
    .map(({ blob }) => blocksLayer(blob));
  const companionLayers = [...statements, ...unique(blocks)];
  const companion = blobOfBytes(
    manifestBytes({
      artifactType: MEDIA.companion,
      config: descriptorOf(EMPTY),
      layers: companionLayers.map(descriptorOf),
      subject: { mediaType, digest: manifest.digest, size: manifest.size },
    }),
  );
  return {
    path,
    artifactType: collected.artifactType,
    mediaType,
    manifest,
    companion,
    blobs: [EMPTY, ...companionLayers, ...small, ...collected.layers].map(({ blob }) => blob),
  };
}

const EMPTY: Layer = { mediaType: MEDIA.empty, blob: blobOfBytes(Buffer.from('{}')) };

const descriptorOf = ({ mediaType, blob, annotations }: Layer): Descriptor => ({
  mediaType,
  digest: blob.digest,
  size: blob.size,
  ...(annotations === undefined ? {} : { annotations }),
});

function ownManifest({ artifactType, config, layers }: OwnContent): Buffer {
  return manifestBytes({
    ...(artifactType === undefined ? {} : { artifactType }),
    config: descriptorOf(config),
    layers: layers.map(descriptorOf),
  });
}

function statementsOf(
  item: RecipeItem,
  recipe: Recipe,
  collected: Collected,
  path: string,
  sha256: string,
  toolVersion: string,
): Layer[] {
  const { created, name: author } = recipe;
  const layer = (mediaType: string, bytes: Buffer): Layer => ({ mediaType, blob: blobOfBytes(bytes) });
  return [
    layer(MEDIA.sbom, sbomBytes({ ...item, created }, collected.parts)),
    layer(MEDIA.provenance, provenanceBytes(item, collected.materials, { toolVersion, path, sha256 })),
    ...(item.vex === undefined
      ? []
      : [layer(MEDIA.vex, vexBytes(item.vex, { author, created, path, sha256 }))]),
  ];
}

const blocksLayer = ({ size, blocks, digest }: Blob): Layer => ({
  mediaType: MEDIA.blocks,
  blob: blobOfBytes(blocksBytes(size, blocks)),
  annotations: { [BLOCKS_OF]: digest },
});

/** Two files of an item may have the same content. */
const unique = (layers: readonly Layer[]): Layer[] => [
  ...new Map(layers.map((layer) => [layer.annotations?.[BLOCKS_OF], layer])).values(),
];
