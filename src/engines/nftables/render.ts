/**
 * Turns a filter model into nft's language: one transaction that replaces the region's two tables and touches nothing else on
 * the host. Pure, and deterministic: the same model gives the same text. It must only ever see a model that `parseModel` passed.
 *
 * How packets travel. The ports of a bridge do not talk to each other at all: the bridge table drops every frame between them, and
 * the host answers ARP for neighbours (`proxy_arp_pvlan`, see `sysctls.ts`), so that two instances of one network reach each other
 * through the host's routing, where connection tracking works on every kernel (in the bridge family it is often not built). An
 * instance therefore cannot reach another with anything but filtered IPv4: no ARP spoofing, no rogue DHCP. IPv6 is
 * dropped for now, as are broadcasts between instances.
 *
 * How rules scale. Endpoints, bridges and forwards are elements of sets and maps; only flows are rules, each in a chain of its zone
 * that a map leads to. The cost of a packet depends on the flows of its own zone and on nothing else in the region.
 */
import type { FilterModel } from './model.ts';
import { tableName } from './names.ts';
import { bridgeTable } from './render/bridge-table.ts';
import { inetTable } from './render/inet-table.ts';

/** The transaction that puts the model in force. `digest` is kept as the tables' comment, to tell later what is in force. */
export function renderModel(model: FilterModel, digest: string): string {
  const table = tableName(model.region);
  return [
    ...replaceTable(`bridge ${table}`),
    ...bridgeTable(model, table, digest),
    ...replaceTable(`inet ${table}`),
    ...inetTable(model, table, digest),
    '',
  ].join('\n');
}

/** The transaction that removes the region's tables, whether or not they are there. */
export function renderClear(region: string): string {
  const table = tableName(region);
  return [...replaceTable(`bridge ${table}`), ...replaceTable(`inet ${table}`), ''].join('\n');
}

// `add` makes sure that `delete` finds something: together they never fail.
const replaceTable = (name: string): string[] => [`add table ${name}`, `delete table ${name}`];
