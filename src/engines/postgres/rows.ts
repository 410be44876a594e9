/**
 * Rows of the store's tables, and how they become what the store asks for. Pure.
 */

import { frontierOf, type TileNode } from '#kernel/log/merkle.ts';
import type { RealmId } from '#kernel/realm-id.ts';
import type { Append, ObjectChange, RealmRecord, StoredChange, StoredLeaf } from '#kernel/store/storage.ts';
import { bigintArray, byteaArray, smallintArray, textArray } from './binary-array.ts';

export interface RealmRow {
  readonly id: RealmId;
  readonly uid: string;
  readonly changes_size: number;
  readonly changes_frontier: Buffer;
  readonly access_size: number;
  readonly access_frontier: Buffer;
  readonly history_floor: number;
  readonly bodies_floor: number;
  readonly bodies_due_ms: number;
  readonly records_floor: number;
}

export interface LeafRow {
  readonly personal?: Buffer | null;
  readonly leaf_index: number;
  readonly time_ms: number;
  readonly leaf: Buffer;
  readonly hash: Buffer;
}

export interface ChangeRow extends LeafRow {
  readonly effect: ObjectChange['type'] | null;
  readonly resource: string;
  readonly namespace: string | null;
  /** Null once it was erased. */
  readonly name: string | null;
  readonly object: string;
  readonly previous: number | null;
  readonly body: Buffer;
}

export function realmRecord(row: RealmRow): RealmRecord {
  return {
    id: row.id,
    uid: row.uid,
    changes: frontierOf(row.changes_size, row.changes_frontier),
    access: frontierOf(row.access_size, row.access_frontier),
    historyFloor: row.history_floor,
    bodiesFloor: row.bodies_floor,
    bodiesDue_ms: row.bodies_due_ms,
    recordsFloor: row.records_floor,
  };
}

export function storedLeaf(row: LeafRow): StoredLeaf {
  const { leaf_index, leaf, hash, time_ms, personal } = row;
  return { index: leaf_index, leaf, hash, time_ms, ...(personal ? { personal } : {}) };
}

export function storedChange(row: ChangeRow): StoredChange {
  const change = objectChange(row);
  return change ? { ...storedLeaf(row), change } : storedLeaf(row);
}

export function objectChange(row: ChangeRow): ObjectChange | undefined {
  if (row.effect === null) return undefined;
  return {
    type: row.effect,
    resource: row.resource,
    namespace: row.namespace ?? undefined,
    name: row.name ?? '',
    uid: row.object,
    previous: row.previous ?? undefined,
    body: row.body,
  };
}

/** The columns that both logs have, as arrays. */
export function leafColumns(leaves: readonly StoredLeaf[]): Buffer[] {
  return [
    bigintArray(leaves.map(({ index }) => index)),
    bigintArray(leaves.map(({ time_ms }) => time_ms)),
    byteaArray(leaves.map(({ leaf }) => leaf)),
    byteaArray(leaves.map(({ hash }) => hash)),
  ];
}

export function nodeColumns(nodes: readonly TileNode[]): Buffer[] {
  return [
    smallintArray(nodes.map(({ level }) => level)),
    bigintArray(nodes.map(({ index }) => index)),
    byteaArray(nodes.map(({ hash }) => hash)),
  ];
}

export const personalColumn = (leaves: readonly StoredLeaf[]): Buffer =>
  byteaArray(leaves.map(({ personal }) => personal ?? null));

/** The effects of changes, as arrays: a leaf without one has nulls. */
export function effectColumns(leaves: readonly StoredChange[]): Buffer[] {
  const column = <Value>(of: (change: ObjectChange) => Value | undefined) =>
    leaves.map(({ change }) => (change ? (of(change) ?? null) : null));
  return [
    textArray(column(({ type }) => type)),
    textArray(column(({ resource }) => resource)),
    textArray(column(({ namespace }) => namespace)),
    textArray(column(({ name }) => name)),
    textArray(column(({ uid }) => uid)),
    bigintArray(column(({ previous }) => previous)),
    byteaArray(column(({ body }) => body)),
  ];
}

/** What the objects are after all changes of an append: where each that is left is found, and which are gone. */
export function objectColumns(append: Append<StoredChange>): Buffer[] {
  const kept = new Map<string, number>();
  const removed: string[] = [];
  for (const { index, change } of append.leaves) {
    if (!change) continue;
    if (change.type === 'deleted') {
      kept.delete(change.uid);
      removed.push(change.uid);
    } else kept.set(change.uid, index);
  }
  return [textArray([...kept.keys()]), bigintArray([...kept.values()]), textArray(removed)];
}
