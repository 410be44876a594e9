/**
 * The store's storage on PostgreSQL. Every method is one statement or one transaction; what is atomic in `LogStorage` is atomic here.
 */
import type pg from 'pg';
import type { LogName } from '#kernel/keys.ts';
import type { RealmId } from '#kernel/realm-id.ts';
import {
  type Append,
  type CommitOutcome,
  type HistoricChange,
  type HistoryQuery,
  type KeptCheckpoint,
  type LogStorage,
  type NewRealm,
  type PersonalRange,
  type RealmRecord,
  StorageFullError,
  type StoredChange,
  type StoredLeaf,
  type StoredObject,
  type TakeObjects,
  type WakeUp,
} from '#kernel/store/storage.ts';
import * as bodies from './bodies.ts';
import { BEGIN_LONG, transaction } from './database.ts';
import { createRealm } from './new-realm.ts';
import {
  type ChangeRow,
  effectColumns,
  type LeafRow,
  leafColumns,
  nodeColumns,
  objectChange,
  objectColumns,
  personalColumn,
  type RealmRow,
  realmRecord,
  storedChange,
  storedLeaf,
} from './rows.ts';
import * as sql from './statements.ts';
import type { WakeUps } from './wake-ups.ts';

/** Objects read at once when a realm is loaded. */
const LOAD_PORTION = 1_000;

type Queryable = Pick<pg.Pool, 'query'>;

export class PostgresStorage implements LogStorage {
  readonly #pool: pg.Pool;
  readonly #wakeUps: WakeUps;

  /** Owns neither: closing the storage closes nothing of theirs. */
  constructor(pool: pg.Pool, wakeUps: WakeUps) {
    this.#pool = pool;
    this.#wakeUps = wakeUps;
  }

  async createRealm(realm: NewRealm): Promise<boolean> {
    return (await write(this.#pool, createRealm(realm))) === 'committed';
  }

  async destroyRealm(realmUid: string): Promise<void> {
    await transaction(this.#pool, BEGIN_LONG, async (client) => {
      for (const statement of sql.DESTROY_REALM) await client.query(statement, [realmUid]);
    });
    this.#wakeUps.tell(realmUid, 0);
  }

  async listRealms(): Promise<readonly RealmId[]> {
    const rows = await this.#rows<{ id: RealmId }>('list-realms', sql.LIST_REALMS, []);
    return rows.map(({ id }) => id);
  }

  async readRealm(id: RealmId): Promise<RealmRecord | undefined> {
    const [row] = await this.#rows<RealmRow>('read-realm', sql.READ_REALM, [id]);
    return row && realmRecord(row);
  }

  async loadRealm(id: RealmId, take: TakeObjects): Promise<RealmRecord | undefined> {
    return transaction(this.#pool, 'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY', async (client) => {
      const { rows } = await client.query<RealmRow>(sql.READ_REALM, [id]);
      const [realm] = rows;
      if (!realm) return undefined;
      const record = realmRecord(realm);
      const read = (after: string) =>
        client.query<StoredObject>(sql.READ_OBJECTS, [realm.uid, after, LOAD_PORTION]);
      let portion = read('');
      for (;;) {
        const objects = (await portion).rows;
        const last = objects.length < LOAD_PORTION ? undefined : objects.at(-1);
        // The database reads the next ones while these are taken.
        if (last) portion = read(last.uid);
        // Awaited in the next round, unless taking these fails.
        portion.catch(() => {});
        if (objects.length > 0) take(objects, record);
        if (!last) return record;
      }
    });
  }

  async commitChanges(append: Append<StoredChange>): Promise<CommitOutcome> {
    const outcome = await commitChanges(this.#pool, append);
    if (outcome === 'committed') this.#wakeUps.tell(append.realmUid, append.frontier.size);
    return outcome;
  }

  commitAccess(append: Append<StoredLeaf>): Promise<CommitOutcome> {
    return commitAccess(this.#pool, append);
  }

  async readChanges(
    realmUid: string,
    from: number,
    limit: number,
  ): Promise<readonly StoredChange[] | undefined> {
    const rows = await this.#rows<Nullable<ChangeRow>>('read-changes', sql.READ_CHANGES, [
      realmUid,
      from,
      limit,
    ]);
    return rows.length === 0 ? undefined : rows.filter(isPresent).map(storedChange);
  }

  async readSizes(realmUids: readonly string[]): Promise<ReadonlyMap<string, number>> {
    if (realmUids.length === 0) return new Map();
    const rows = await this.#rows<{ uid: string; changes_size: number }>('read-sizes', sql.READ_SIZES, [
      realmUids,
    ]);
    return new Map(rows.map(({ uid, changes_size }) => [uid, changes_size]));
  }

  async readHistory(query: HistoryQuery): Promise<readonly HistoricChange[] | undefined> {
    const { realmUid, after, upTo, resource, namespace, limit } = query;
    const rows = await this.#rows<Nullable<ChangeRow & { previous_body: Buffer | null }>>(
      'read-history',
      sql.READ_HISTORY,
      [realmUid, after, upTo, resource ?? null, namespace ?? null, limit],
    );
    if (rows.length === 0) return undefined;
    return rows.filter(isPresent).flatMap((row) => {
      const change = objectChange(row);
      if (!change) return [];
      const previous = row.previous_body === null ? {} : { previousBody: row.previous_body };
      return [{ ...storedLeaf(row), change, ...previous }];
    });
  }

  async raiseHistoryFloor(realmUid: string, floor: number): Promise<void> {
    await this.#rows('raise-history-floor', sql.RAISE_HISTORY_FLOOR, [realmUid, floor]);
  }

  async raiseRecordsFloor(realmUid: string, floor: number): Promise<void> {
    await this.#rows('raise-records-floor', sql.RAISE_RECORDS_FLOOR, [realmUid, floor]);
  }

  async oldChanges(realmUid: string, after: number, before_ms: number, changes_max: number): Promise<number> {
    return (await bodies.oldChanges(this.#pool, realmUid, after, before_ms, changes_max)).upTo;
  }

  replacedBodies(realmUid: string, before_ms: number, changes_max: number) {
    return bodies.replacedBodies(this.#pool, realmUid, before_ms, changes_max);
  }

  dropReplacedBodies(realmUid: string, upTo: number): Promise<number> {
    return bodies.dropReplacedBodies(this.#pool, realmUid, upTo);
  }

  pastBodies(realmUid: string, from: number, to: number) {
    return bodies.pastBodies(this.#pool, realmUid, from, to);
  }

  erasePastBodies(realmUid: string, from: number, to: number): Promise<number> {
    return bodies.erasePastBodies(this.#pool, realmUid, from, to);
  }

  bodyDigests(realmUid: string, from: number, count: number) {
    return bodies.bodyDigests(this.#pool, realmUid, from, count);
  }

  async realmsWithBodiesDue(now_ms: number, limit: number): Promise<readonly RealmId[]> {
    const rows = await this.#rows<{ id: RealmId }>('bodies-due', sql.REALMS_WITH_BODIES_DUE, [now_ms, limit]);
    return rows.map(({ id }) => id);
  }

  async setBodiesDue(realmUid: string, due_ms: number): Promise<void> {
    await this.#rows('set-bodies-due', sql.SET_BODIES_DUE, [realmUid, due_ms]);
  }

  async lastChangeBefore(realmUid: string, time_ms: number): Promise<number> {
    const [row] = await this.#rows<{ leaf_index: number }>('last-change-before', sql.LAST_CHANGE_BEFORE, [
      realmUid,
      time_ms,
    ]);
    return row?.leaf_index ?? -1;
  }

  async readLeaves(
    realmUid: string,
    log: LogName,
    from: number,
    count: number,
  ): Promise<readonly StoredLeaf[]> {
    const rows = await this.#rows<LeafRow>(`read-leaves-${log}`, sql.READ_LEAVES[log], [
      realmUid,
      from,
      from + count,
    ]);
    return rows.map(storedLeaf);
  }

  async personalRecords(realmUid: string, log: LogName, { from, to, before_ms }: PersonalRange) {
    const [row] = await this.#rows<{ first: number | null; last: number | null; count: number }>(
      `personal-records-${log}`,
      sql.PERSONAL_RECORDS[log],
      [realmUid, from, to, before_ms],
    );
    if (!row || row.first === null || row.last === null) return undefined;
    return { from: row.first, to: row.last, count: row.count };
  }

  async erasePersonal(
    realmUid: string,
    log: LogName,
    { from, to, before_ms }: PersonalRange,
  ): Promise<number> {
    const { rowCount } = await this.#pool.query(sql.ERASE_PERSONAL[log], [realmUid, from, to, before_ms]);
    return rowCount ?? 0;
  }

  async readNodes(
    realmUid: string,
    log: LogName,
    level: number,
    from: number,
    count: number,
  ): Promise<readonly Uint8Array[]> {
    const rows = await this.#rows<{ hash: Buffer }>('read-nodes', sql.READ_NODES, [
      realmUid,
      log,
      level,
      from,
      from + count,
    ]);
    return rows.map(({ hash }) => hash);
  }

  async keepCheckpoint(
    realmUid: string,
    log: LogName,
    { size, note }: KeptCheckpoint,
    keep_max: number,
  ): Promise<void> {
    const kept = await this.#rows('keep-checkpoint', sql.KEEP_CHECKPOINT, [realmUid, log, size, note]);
    if (kept.length > 0)
      await this.#rows('drop-checkpoints', sql.DROP_CHECKPOINTS, [realmUid, log, keep_max]);
  }

  readCheckpoints(realmUid: string, log: LogName): Promise<readonly KeptCheckpoint[]> {
    return this.#rows<KeptCheckpoint>('read-checkpoints', sql.READ_CHECKPOINTS, [realmUid, log]);
  }

  async keepCosigned(
    realmUid: string,
    log: LogName,
    { size, note }: KeptCheckpoint,
    previous: string | undefined,
    keep_max: number,
  ): Promise<boolean> {
    const parameters = [realmUid, log, size, note, previous ?? null];
    const kept = await this.#rows('keep-cosigned', sql.KEEP_COSIGNED, parameters);
    if (kept.length === 0) return false;
    await this.#rows('drop-cosigned', sql.DROP_COSIGNED, [realmUid, log, keep_max]);
    return true;
  }

  readCosigned(realmUid: string, log: LogName): Promise<readonly KeptCheckpoint[]> {
    return this.#rows<KeptCheckpoint>('read-cosigned', sql.READ_COSIGNED, [realmUid, log]);
  }

  listen(wake: WakeUp): Promise<() => Promise<void>> {
    return this.#wakeUps.listen(wake);
  }

  async close(): Promise<void> {}

  /** Runs a prepared statement. */
  async #rows<Row extends pg.QueryResultRow>(
    name: string,
    text: string,
    values: unknown[],
  ): Promise<readonly Row[]> {
    return (await this.#pool.query<Row>({ name, text, values })).rows;
  }
}

type Nullable<Row> = Row | { readonly leaf_index: null };

const isPresent = <Row extends { readonly leaf_index: number }>(row: Nullable<Row>): row is Row =>
  row.leaf_index !== null;

// disk_full of PostgreSQL's appendix A. An error it tells us of has undone its transaction; when it cannot even do that it ends.
const DISK_FULL = '53100';

/** Throws `StorageFullError` where the database says that it has no room. */
async function write(on: Queryable, query: pg.QueryConfig): Promise<CommitOutcome> {
  try {
    const { rowCount } = await on.query(query);
    return rowCount === 1 ? 'committed' : 'stale';
  } catch (error) {
    if ((error as { readonly code?: string }).code !== DISK_FULL) throw error;
    throw new StorageFullError('the database has no room left on its disk', { cause: error });
  }
}

function commitChanges(on: Queryable, append: Append<StoredChange>): Promise<CommitOutcome> {
  return write(on, {
    name: 'commit-changes',
    text: sql.COMMIT_CHANGES,
    values: [
      ...headOf(append),
      ...leafColumns(append.leaves),
      ...effectColumns(append.leaves),
      personalColumn(append.leaves),
      ...objectColumns(append),
      ...nodeColumns(append.tileNodes),
    ],
  });
}

function commitAccess(on: Queryable, append: Append<StoredLeaf>): Promise<CommitOutcome> {
  return write(on, {
    name: 'commit-access',
    text: sql.COMMIT_ACCESS,
    values: [
      ...headOf(append),
      ...leafColumns(append.leaves),
      personalColumn(append.leaves),
      ...nodeColumns(append.tileNodes),
    ],
  });
}

const headOf = ({ realmUid, expectedSize, frontier }: Append<StoredLeaf>): unknown[] => [
  realmUid,
  expectedSize,
  frontier.size,
  frontier.hashes,
];
