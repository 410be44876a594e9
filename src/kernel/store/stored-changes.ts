/**
 * Changes as they are in storage, opened: to be applied to the state in memory, and told to watches that resume from before it.
 */
import { expired, unavailable } from '../errors.ts';
import type { RealmKeys } from '../keys.ts';
import type { Kind } from '../kind.ts';
import type { RealmId } from '../realm-id.ts';
import type { KindRegistry } from '../registry.ts';
import type { Change } from './change.ts';
import type { ObjectEntry } from './entry.ts';
import { openStored } from './sealing.ts';
import type { HistoricChange, LogStorage, ObjectChange, StoredChange } from './storage.ts';
import type { WatchScope } from './watch-hub.ts';
import type { ChangeEvent } from './watch-ring.ts';

/** The realm that changes are of, and what opens their bodies. */
export interface ChangesOf {
  readonly id: RealmId;
  readonly uid: string;
  readonly registry: KindRegistry;
  readonly keys: RealmKeys;
}

export interface HistorySource extends ChangesOf {
  readonly storage: LogStorage;
  /** More changes than this are not resumed from. */
  readonly limit: number;
  /** Told why storage did not answer. */
  readonly fault: (error: unknown) => void;
}

export interface OpenedChange {
  readonly type: ObjectChange['type'];
  readonly kind: Kind;
  readonly entry: ObjectEntry;
}

/** Undefined for kinds that this release does not know. */
export function openChange(realm: ChangesOf, stored: ObjectChange): OpenedChange | undefined {
  const kind = realm.registry.resource(stored.resource);
  if (!kind) return undefined;
  const entry = openStored(kind, stored.uid, stored.body, realm.uid, realm.keys.sealer);
  return { type: stored.type, kind, entry };
}

/** Undefined: an object went that was never here. */
export function changeOf(
  { type, kind, entry }: OpenedChange,
  previous: ObjectEntry | undefined,
): Change | undefined {
  if (!previous) return type === 'deleted' ? undefined : { type: 'created', kind, entry };
  return { type: type === 'deleted' ? 'deleted' : 'updated', kind, entry, previous };
}

/** Whether the body of this change was dropped: none is empty by itself. */
export const isForgotten = ({ change }: StoredChange): boolean => change?.body.length === 0;

/**
 * What a watch missed between two revisions. Throws Expired when that is no longer kept or too much, ServiceUnavailable when storage does
 * not answer.
 */
export async function readHistory(
  realm: HistorySource,
  scope: WatchScope,
  after: number,
  upTo: number,
): Promise<readonly ChangeEvent[]> {
  const { limit } = realm;
  const query = {
    realmUid: realm.uid,
    after,
    upTo,
    ...(scope.kind ? { resource: scope.kind.resource } : {}),
    ...(scope.namespace === undefined ? {} : { namespace: scope.namespace }),
    limit: limit + 1,
  };
  const rows = await realm.storage.readHistory(query).catch((error: unknown) => {
    realm.fault(error);
    throw unavailable(`the history of ${realm.id} cannot be read at the moment; try again`, 1);
  });
  if (!rows || rows.some(isErased))
    throw expired(`too old resource version: ${after}; list again, then watch from there`);
  if (rows.length > limit) {
    throw expired(
      `more than ${limit} changes since resource version ${after}; list again, then watch from there`,
    );
  }
  return rows.flatMap((row) => historicEvent(realm, row) ?? []);
}

/** Whether a body that a watch would show was erased. */
const isErased = ({ change, previousBody }: HistoricChange): boolean =>
  change.body.length === 0 || previousBody?.length === 0;

function historicEvent(realm: ChangesOf, { change, previousBody }: HistoricChange): ChangeEvent | undefined {
  const kind = realm.registry.resource(change.resource);
  if (!kind) return undefined;
  const open = (body: Uint8Array) => openStored(kind, change.uid, body, realm.uid, realm.keys.sealer);
  const type = { created: 'ADDED', updated: 'MODIFIED', deleted: 'DELETED' } as const;
  return {
    type: type[change.type],
    kind,
    entry: open(change.body),
    ...(previousBody ? { previous: open(previousBody) } : {}),
  };
}
