/**
 * What a region has published, as a file that is carried back: for deltas, made where the old bundles are. The list is a text whose digest stands in an object of the region, and so in a
 * leaf of its ledger; the leaf's receipt comes along, so that anybody who has the ledger's key can check it. Pure.
 */
import { type Static, Type } from 'typebox';
import { bodyDigest } from '#kernel/log/leaf.ts';
import { openBody } from '#trust/ledger/bodies.ts';
import type { Policy } from '#trust/ledger/policy.ts';
import { checkReceipt } from '#trust/ledger/receipt.ts';
import { type Had, type HadItem, hadOf } from '../bundle/delta/against.ts';
import { sha256 } from '../bundle/descriptor.ts';
import { jsonBytes, messageOf, readerOf, valueChecker } from '../bundle/json.ts';
import { BLOB_BYTES_MAX, ITEMS_MAX, LAYERS_MAX, MIB } from '../bundle/limits.ts';
import { BundleError } from '../bundle/problem.ts';
import { BUNDLES_MAX } from '../import/content-store.ts';
import { INVENTORY_RESOURCE } from './inventory-kind.ts';

export const INVENTORY_BYTES_MAX = 256 * MIB;

const closed = { additionalProperties: false };
const Digest = Type.String({ pattern: '^sha256:[0-9a-f]{64}$' });
const text = (maxLength = 1_024) => Type.String({ maxLength });

const Inventory = Type.Object(
  {
    format: Type.Literal('casemate-inventory-v1'),
    takenAt: text(64),
    /** The newest first. */
    bundles: Type.Array(
      Type.Object(
        {
          name: text(),
          version: Type.Integer(),
          digest: Digest,
          created: text(64),
          items: Type.Array(
            Type.Object(
              {
                path: text(),
                /** Of its manifest. */
                digest: Digest,
                /** Its content; absent where a newer bundle here has the same item. */
                layers: Type.Optional(
                  Type.Array(
                    Type.Object(
                      {
                        digest: Digest,
                        size: Type.Integer({ minimum: 0, maximum: BLOB_BYTES_MAX }),
                        /** Its name within the item. */
                        title: Type.Optional(text(4_096)),
                      },
                      closed,
                    ),
                    { maxItems: LAYERS_MAX },
                  ),
                ),
              },
              closed,
            ),
            { maxItems: ITEMS_MAX },
          ),
        },
        closed,
      ),
      { maxItems: BUNDLES_MAX },
    ),
  },
  closed,
);
export type Inventory = Static<typeof Inventory>;

const readInventory = readerOf(Inventory);

export const inventoryText = (inventory: Inventory): string => jsonBytes(inventory).toString('utf8');

const File = Type.Object(
  {
    format: Type.Literal('casemate-inventory-file-v1'),
    /** The list: `inventoryText`. */
    inventory: Type.String(),
    /** The object that has its digest, as the ledger keeps it, in base64: the leaf has the digest of that. */
    object: Type.String({ maxLength: 8 * MIB }),
    /** C2SP tlog-proof. */
    receipt: Type.String({ maxLength: MIB }),
  },
  closed,
);
const readFile = readerOf(File);

export const inventoryFile = (inventory: string, object: Uint8Array, receipt: string): Buffer =>
  jsonBytes({
    format: 'casemate-inventory-file-v1',
    inventory,
    object: Buffer.from(object).toString('base64'),
    receipt,
  });

const InventoryObject = Type.Object({
  kind: Type.Literal('ContentInventory'),
  status: Type.Object({ sha256: Type.String() }),
});
const checkObject = valueChecker(InventoryObject);

export interface OpenedInventory {
  readonly inventory: Inventory;
  /** The ledger that vouches for it; undefined when no key was given, and nobody does. */
  readonly ledger: string | undefined;
}

/** Reads the file; with `trust`, the ledger's keys or a policy, proves it too. Throws BundleError that names `part`. */
export function openInventory(bytes: Uint8Array, part: string, trust?: Policy | string): OpenedInventory {
  if (bytes.length > INVENTORY_BYTES_MAX)
    throw new BundleError('TooLarge', part, `has more than ${INVENTORY_BYTES_MAX} bytes`);
  const file = readFile(bytes, part);
  const ledger = trust === undefined ? undefined : proven(file, part, trust);
  return { inventory: readInventory(Buffer.from(file.inventory), part), ledger };
}

function proven(
  { inventory, object, receipt }: Static<typeof File>,
  part: string,
  trust: Policy | string,
): string {
  const untrusted = (why: string) => new BundleError('Untrusted', part, why);
  let checked: ReturnType<typeof checkReceipt>;
  try {
    checked = checkReceipt(receipt, trust);
  } catch (error) {
    throw untrusted(`its receipt proves nothing: ${messageOf(error)}`);
  }
  const { leaf, checkpoint } = checked;
  if (leaf.type !== 'change' || leaf.resource !== INVENTORY_RESOURCE)
    throw untrusted('its receipt is about something else');
  const bytes = Buffer.from(object, 'base64');
  if (bodyDigest(bytes) !== leaf.digest)
    throw untrusted('its object is not the one that the receipt is about');
  const { status } = checkObject(openBody(leaf, bytes), part);
  if (status.sha256 !== sha256(inventory))
    throw new BundleError('WrongDigest', part, 'its list is not the one that the region vouched for');
  return checkpoint.origin;
}

/** What deltas are made against. */
export function hadByInventory({ bundles }: Inventory): Had {
  const items: HadItem[] = bundles.flatMap(({ items }) =>
    items.flatMap(({ path, layers }) => (layers === undefined ? [] : [{ path, layers }])),
  );
  return hadOf(items);
}
