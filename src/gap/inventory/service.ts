/** What inventories hand to the composition root: their kind, and the action that takes one. */
import { type Clock, rfc3339 } from '#kernel/clock.ts';
import type { ActionConnector } from '#kernel/connect.ts';
import type { Kind } from '#kernel/kind.ts';
import type { Realms } from '#kernel/realm.ts';
import type { Service } from '#kernel/service.ts';
import { sha256 } from '../bundle/descriptor.ts';
import { ContentStore } from '../import/content-store.ts';
import { gapFolders } from '../import/folders.ts';
import { inventoryText } from './inventory.ts';
import { ContentInventory, INVENTORY_KEY } from './inventory-kind.ts';
import { summaryOf, takeInventory } from './take.ts';

export const INVENTORY_KINDS: readonly Kind[] = [ContentInventory];

export interface InventoryServiceOptions {
  /** The folder that all of the gap lies in. */
  readonly folder: string;
  readonly clock: Pick<Clock, 'now'>;
  /** Not to be called before all services are made. */
  readonly realms: () => Pick<Realms, 'use'>;
}

export function inventoryService({ folder, clock, realms }: InventoryServiceOptions): Service {
  const content = new ContentStore(gapFolders(folder).content);
  const take: ActionConnector = {
    type: 'action',
    async call({ realm, actor, requestId }) {
      const inventory = await takeInventory(content, rfc3339(clock.now()));
      const text = inventoryText(inventory);
      const { object } = await realms().use(realm, ({ resources }) =>
        resources.modify(
          ContentInventory,
          INVENTORY_KEY,
          { actor, via: 'api', requestId },
          (current) => ({ ...current, status: summaryOf(inventory, sha256(text)) }),
          { subresource: 'status' },
        ),
      );
      return { inventory: text, resourceVersion: String(object.metadata.resourceVersion) };
    },
  };
  return {
    name: 'inventory',
    kinds: INVENTORY_KINDS,
    connectors: { [`${ContentInventory.resource}/take`]: take },
  };
}
