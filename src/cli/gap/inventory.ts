/** `casemate gap inventory`: what the region has published, as a file to carry back, with the proof that the region said so. */
import { writeFile } from 'node:fs/promises';
import { inventoryFile } from '#gap/inventory/inventory.ts';
import { INVENTORY_KEY } from '#gap/inventory/inventory-kind.ts';
import { bodyJson } from '#kernel/log/body.ts';
import { mebibytes } from '../bundle/progress.ts';
import { leafBody, proveObject } from '../ledger/receipts.ts';
import { ownCommand, shellWord } from '../own-command.ts';
import { objectPath } from '../resources/discovery.ts';
import type { SessionOptions } from '../resources/options.ts';
import { printJson, printLines } from '../resources/output.ts';
import { inSession, type Session } from '../resources/session.ts';
import { find, gapType, make } from './objects.ts';

interface InventoryOptions extends SessionOptions {
  readonly out: string;
  readonly output: 'text' | 'json';
}

interface Taken {
  readonly inventory: string;
  readonly resourceVersion: string;
}

export const inventory = inSession(async (session: Session, { out, output }: InventoryOptions) => {
  const type = await gapType(session, 'ContentInventory');
  const { name } = INVENTORY_KEY;
  const { metadata } = (await find(session, type, name)) ?? (await make(session, type, name, {}));
  const taken = await session.client.json<Taken>({
    method: 'POST',
    path: `${objectPath(type, undefined, name)}/take`,
    body: {},
  });
  const { resourceVersion } = taken;
  const receipt = await proveObject(session, { ...metadata, resourceVersion });
  const object = await leafBody(session, Number(resourceVersion));
  await writeFile(out, inventoryFile(taken.inventory, object, receipt));
  const { blobs = 0, bytes = 0, bundles = [], sha256 } = statusOf(object);
  if (output === 'json')
    return printJson({ out, leaf: Number(resourceVersion), sha256, blobs, bytes, bundles });
  const file = shellWord(out);
  printLines([
    `${out}: ${bundles.length} ${bundles.length === 1 ? 'bundle' : 'bundles'}, ${blobs} pieces of content, ${mebibytes(bytes)}`,
    ...bundles.map((one) => `  ${one.name} ${one.version}, digest ${one.digest}`),
    `  list ${sha256}, in leaf ${resourceVersion} of the region’s ledger`,
    'Carry it to where bundles are built, with the ledger’s key:',
    `  ${ownCommand()} ledger key > region.vkey`,
    `  ${ownCommand()} bundle build RECIPE --out NEXT.bundle --against ${file} --region-key region.vkey --base OLD.bundle`,
  ]);
});

interface TakenStatus {
  readonly sha256?: string;
  readonly blobs?: number;
  readonly bytes?: number;
  readonly bundles?: readonly { readonly name: string; readonly version: number; readonly digest: string }[];
}

function statusOf(object: Uint8Array): TakenStatus {
  const json = Buffer.from(bodyJson(object)).toString('utf8');
  return (JSON.parse(json) as { readonly status?: TakenStatus }).status ?? {};
}
