/** How an item came about: an in-toto statement with the predicate of SLSA 1.0, over the item's manifest. The same item gives the same bytes. Pure. */
import type { Material } from '../content/content-type.ts';
import { jsonBytes } from '../json.ts';
import type { RecipeItem } from '../recipe.ts';

/** Names, not addresses: nothing is ever fetched there. `.internal` never resolves on the public Internet. */
const BUILD_TYPE = (type: string) => `https://bundle.casemate.internal/${type}/v1`;
const BUILDER = 'https://bundle.casemate.internal/build';

export interface ProvenanceOptions {
  /** Of Casemate. */
  readonly toolVersion: string;
  /** The item's path in the signed list. */
  readonly path: string;
  /** SHA-256 of its manifest, in hexadecimal. */
  readonly sha256: string;
}

export function provenanceBytes(
  item: RecipeItem,
  materials: readonly Material[],
  { toolVersion, path, sha256 }: ProvenanceOptions,
): Buffer {
  return jsonBytes({
    _type: 'https://in-toto.io/Statement/v1',
    subject: [{ name: path, digest: { sha256 } }],
    predicateType: 'https://slsa.dev/provenance/v1',
    predicate: {
      buildDefinition: {
        buildType: BUILD_TYPE(item.type),
        externalParameters: { item },
        resolvedDependencies: materials.map(({ name, uri, sha256: digest }) => ({
          name,
          ...(uri === undefined ? {} : { uri }),
          ...(digest === undefined ? {} : { digest: { sha256: digest } }),
        })),
      },
      runDetails: { builder: { id: BUILDER, version: { casemate: toolVersion } } },
    },
  });
}
