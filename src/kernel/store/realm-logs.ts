/**
 * The logs as C2SP tlog-tiles serves them: checkpoints, tiles, entries. Reads only what is committed; signs only that.
 */
import type { Clock } from '../clock.ts';
import { notFound, unavailable } from '../errors.ts';
import type { LogName, RealmKeyring } from '../keys.ts';
import { signCheckpoint } from '../log/checkpoint.ts';
import { type Frontier, root, TILE_WIDTH } from '../log/merkle.ts';
import { addSignatures, encodeVkey } from '../log/note.ts';
import { type PersonalRecord, parsePersonalBytes } from '../log/personal.ts';
import { cosignOwn, logCosignerVkey } from '../log/publish.ts';
import { encodeEntryBundle, type Tile, tileWidth } from '../log/tile.ts';
import type { RealmId } from '../realm-id.ts';
import { type FoundLeaves, type LeafQuery, searchLeaves } from './leaf-search.ts';
import type { StoreLimits } from './limits.ts';
import type { KeptCheckpoint, LogStorage, ObjectChange } from './storage.ts';

export interface RealmLogs {
  /** The signed checkpoint of all that is committed, as served under `/checkpoint`. */
  latestCheckpoint(realm: RealmId, log: LogName): Promise<string>;
  /**
   * The bytes of a tile or an entry bundle. Throws `notFound` when the tree does not reach it, or never had a partial tile of
   * that width there.
   */
  tile(realm: RealmId, log: LogName, tile: Tile): Promise<Buffer>;
  /**
   * Signed checkpoints that were given out, smallest tree first: those taken into the region's log, and of those served at most one a
   * minute. The number kept of each log is bounded.
   */
  checkpoints(realm: RealmId, log: LogName): Promise<readonly string[]>;
  /**
   * What entries of a log say of persons, by index: of the 256 leaves from `bundle` · 256. What was erased is not there. Empty past the end
   * of the log.
   */
  personal(realm: RealmId, log: LogName, bundle: number): Promise<Readonly<Record<string, PersonalRecord>>>;
  /** `sha256:<hex>` of the bodies of changes that are there, by index: of the 256 leaves from `bundle` · 256. */
  bodies(realm: RealmId, bundle: number): Promise<Readonly<Record<string, string>>>;
  /** What a leaf of the `changes` log did to an object, with the body as it is stored. Throws `notFound` when it did nothing to any. */
  body(realm: RealmId, index: number): Promise<RecordedBody>;
  /** Leaves by what they are about, newest first; one look is bounded. */
  search(realm: RealmId, log: LogName, query: LeafQuery): Promise<FoundLeaves>;
  /** The key that verifies the log's checkpoints, as a vkey. */
  vkey(realm: RealmId, log: LogName): Promise<string>;
  /** The latest few checkpoints that witnesses cosigned, smallest tree first, with the cosignatures they have so far. */
  cosigned(realm: RealmId, log: LogName): Promise<readonly string[]>;
  /**
   * The checkpoint to be cosigned now. It stays the same for all witnesses, while the log grows, for about a minute: so that their cosignatures
   * come together on one.
   */
  toCosign(realm: RealmId, log: LogName): Promise<ToCosign>;
  /** Keeps cosignatures of that checkpoint, which the caller has verified: whole lines. */
  addCosignatures(log: LogName, target: ToCosign, lines: readonly string[]): Promise<void>;
  /** That key, and after it the post-quantum one that cosigns those that are published. */
  vkeys(realm: RealmId, log: LogName): Promise<readonly string[]>;
}

export interface RecordedBody {
  readonly change: Pick<ObjectChange, 'resource' | 'namespace' | 'name'>;
  /** The bytes that the leaf's digest covers, or why they are not there any more. */
  readonly body: Uint8Array | 'dropped' | 'erased';
}

/** A checkpoint that was published; `uid` of the realm it is of. */
export interface ToCosign {
  readonly uid: string;
  readonly size: number;
  readonly note: string;
}

/** Cosigned checkpoints kept of each log: enough for the slowest witness of a quorum to be waited for. */
const COSIGNED_MAX = 8;
/** Tries to add a cosignature while others add theirs. */
const ADDITIONS_MAX = 16;

interface Signed {
  readonly uid: string;
  readonly size: number;
  readonly note: string;
}

export class StoredRealmLogs implements RealmLogs {
  readonly #storage: LogStorage;
  readonly #keyring: RealmKeyring;
  /** The last checkpoint signed of each log: signing costs more than reading. */
  readonly #signed = new Map<string, Signed>();
  /** The last one cosigned of each log, or being cosigned: that costs ten times as much again. */
  readonly #published = new Map<string, Omit<Signed, 'note'> & { readonly note: Promise<string> }>();

  /** What witnesses are asked to cosign, of each log, and since when by the clock. */
  readonly #rounds = new Map<
    string,
    Omit<ToCosign, 'note'> & { readonly since_ms: number; readonly target: Promise<ToCosign> }
  >();

  readonly #clock: Clock;
  readonly #limits: Pick<StoreLimits, 'checkpoint_ms' | 'checkpoints_max'>;
  /** Which checkpoint of each log was kept last, and when by the clock. */
  readonly #kept = new Map<
    string,
    { readonly uid: string; readonly size: number; readonly time_ms: number }
  >();

  constructor(
    storage: LogStorage,
    keyring: RealmKeyring,
    clock: Clock,
    limits: Pick<StoreLimits, 'checkpoint_ms' | 'checkpoints_max'>,
  ) {
    this.#storage = storage;
    this.#keyring = keyring;
    this.#clock = clock;
    this.#limits = limits;
  }

  async latestCheckpoint(realm: RealmId, log: LogName): Promise<string> {
    const { uid, [log]: frontier } = await this.#record(realm);
    const note = await this.sign(realm, uid, log, frontier);
    const kept = this.#kept.get(`${realm} ${log}`);
    const isRecent = kept?.uid === uid && this.#clock.now() - kept.time_ms < this.#limits.checkpoint_ms;
    // Before it is given out: what was said of the log cannot be unsaid.
    if (!isRecent) await this.keep(realm, uid, log, { size: frontier.size, note });
    const published = await this.#publish(realm, uid, log, frontier.size, note);
    const cosigned = await this.#storage.readCosigned(uid, log);
    return cosigned.find(({ size }) => size === frontier.size)?.note ?? published;
  }

  async cosigned(realm: RealmId, log: LogName): Promise<readonly string[]> {
    const { uid } = await this.#record(realm);
    return (await this.#storage.readCosigned(uid, log)).map(({ note }) => note);
  }

  async toCosign(realm: RealmId, log: LogName): Promise<ToCosign> {
    const { uid, [log]: frontier } = await this.#record(realm);
    const key = `${realm} ${log}`;
    const round = this.#rounds.get(key);
    const now_ms = this.#clock.now();
    const isOver = (since_ms: number) => now_ms - since_ms >= this.#limits.checkpoint_ms;
    if (round?.uid === uid && (round.size === frontier.size || !isOver(round.since_ms))) return round.target;
    const target = this.#beginRound(realm, uid, log, frontier);
    const begun = { uid, size: frontier.size, since_ms: now_ms, target };
    // Before it is signed: witnesses that are asked at the same moment are asked about the same checkpoint.
    this.#rounds.set(key, begun);
    target.catch(() => {
      if (this.#rounds.get(key) === begun) this.#rounds.delete(key);
    });
    return target;
  }

  async #beginRound(realm: RealmId, uid: string, log: LogName, frontier: Frontier): Promise<ToCosign> {
    const { size } = frontier;
    const signed = await this.sign(realm, uid, log, frontier);
    await this.keep(realm, uid, log, { size, note: signed });
    return { uid, size, note: await this.#publish(realm, uid, log, size, signed) };
  }

  async addCosignatures(
    log: LogName,
    { uid, size, note }: ToCosign,
    lines: readonly string[],
  ): Promise<void> {
    for (let attempt = 0; attempt < ADDITIONS_MAX; attempt++) {
      const kept = (await this.#storage.readCosigned(uid, log)).find((one) => one.size === size)?.note;
      const merged = addSignatures(kept ?? note, lines);
      if (merged === kept) return;
      if (await this.#storage.keepCosigned(uid, log, { size, note: merged }, kept, COSIGNED_MAX)) return;
    }
    throw unavailable('too many cosignatures come at once', 1);
  }

  /** Has a checkpoint cosigned by the log's own post-quantum key. */
  #publish(realm: RealmId, uid: string, log: LogName, size: number, note: string): Promise<string> {
    const key = `${realm} ${log}`;
    const known = this.#published.get(key);
    if (known?.uid === uid && known.size === size) return known.note;
    const cosigned = this.#keyring.open(realm).then(({ cosigners }) => {
      const cosigner = cosigners?.[log];
      return cosigner ? cosignOwn(note, cosigner, Math.floor(this.#clock.now() / 1_000)) : note;
    });
    this.#published.set(key, { uid, size, note: cosigned });
    cosigned.catch(() => {
      if (this.#published.get(key)?.note === cosigned) this.#published.delete(key);
    });
    return cosigned;
  }

  async checkpoints(realm: RealmId, log: LogName): Promise<readonly string[]> {
    const { uid } = await this.#record(realm);
    return (await this.#storage.readCheckpoints(uid, log)).map(({ note }) => note);
  }

  /** Keeps a signed checkpoint, for `checkpoints`. */
  async keep(realm: RealmId, uid: string, log: LogName, checkpoint: KeptCheckpoint): Promise<void> {
    const key = `${realm} ${log}`;
    const kept = this.#kept.get(key);
    if (kept?.uid !== uid || kept.size !== checkpoint.size) {
      await this.#storage.keepCheckpoint(uid, log, checkpoint, this.#limits.checkpoints_max);
    }
    this.#kept.set(key, { uid, size: checkpoint.size, time_ms: this.#clock.now() });
  }

  /** Knows of the checkpoint that a new realm was made with, which storage keeps already. */
  begun(realm: RealmId, uid: string, log: LogName, { size }: KeptCheckpoint): void {
    this.#kept.set(`${realm} ${log}`, { uid, size, time_ms: this.#clock.now() });
  }

  /** Signs a state of the log that is committed. */
  async sign(realm: RealmId, uid: string, log: LogName, frontier: Frontier): Promise<string> {
    const key = `${realm} ${log}`;
    const signed = this.#signed.get(key);
    if (signed?.uid === uid && signed.size === frontier.size) return signed.note;
    const keys = await this.#keyring.open(realm);
    const note = signCheckpoint(keys.logs[log], frontier.size, root(frontier));
    this.#signed.set(key, { uid, size: frontier.size, note });
    return note;
  }

  async tile(realm: RealmId, log: LogName, tile: Tile): Promise<Buffer> {
    const record = await this.#record(realm);
    const { level, index, width } = tile;
    if (tileWidth(record[log].size, level, index) < width) {
      throw notFound({ kind: 'tile', name: `${level}/${index}` });
    }
    const from = index * TILE_WIDTH;
    if (level !== 'entries' && level > 0) {
      return Buffer.concat(await this.#storage.readNodes(record.uid, log, level, from, width));
    }
    const leaves = await this.#storage.readLeaves(record.uid, log, from, width);
    return level === 'entries'
      ? encodeEntryBundle(leaves.map(({ leaf }) => leaf))
      : Buffer.concat(leaves.map(({ hash }) => hash));
  }

  async personal(
    realm: RealmId,
    log: LogName,
    bundle: number,
  ): Promise<Readonly<Record<string, PersonalRecord>>> {
    const { uid } = await this.#record(realm);
    const leaves = await this.#storage.readLeaves(uid, log, bundle * TILE_WIDTH, TILE_WIDTH);
    return Object.fromEntries(
      leaves.flatMap(({ index, personal }) => (personal ? [[index, parsePersonalBytes(personal)]] : [])),
    );
  }

  async bodies(realm: RealmId, bundle: number): Promise<Readonly<Record<string, string>>> {
    const { uid } = await this.#record(realm);
    return Object.fromEntries(await this.#storage.bodyDigests(uid, bundle * TILE_WIDTH, TILE_WIDTH));
  }

  async body(realm: RealmId, index: number): Promise<RecordedBody> {
    const { uid, bodiesFloor } = await this.#record(realm);
    const [found] = (await this.#storage.readChanges(uid, index, 1)) ?? [];
    if (found?.index !== index || !found.change) throw notFound({ kind: 'body', name: String(index) });
    const { change } = found;
    if (change.body.length > 0) return { change, body: change.body };
    return { change, body: index <= bodiesFloor ? 'dropped' : 'erased' };
  }

  async search(realm: RealmId, log: LogName, query: LeafQuery): Promise<FoundLeaves> {
    const { uid, [log]: frontier } = await this.#record(realm);
    return searchLeaves(this.#storage, { uid, log, size: frontier.size }, query);
  }

  async vkey(realm: RealmId, log: LogName): Promise<string> {
    await this.#record(realm);
    const { origin, publicKey } = (await this.#keyring.open(realm)).logs[log];
    return encodeVkey(origin, publicKey);
  }

  async vkeys(realm: RealmId, log: LogName): Promise<readonly string[]> {
    const cosigner = (await this.#keyring.open(realm)).cosigners?.[log];
    return [await this.vkey(realm, log), ...(cosigner ? [logCosignerVkey(cosigner)] : [])];
  }

  /** Forgets what it knows of a realm that is gone. */
  forget(realm: RealmId): void {
    for (const log of ['changes', 'access']) {
      this.#signed.delete(`${realm} ${log}`);
      this.#published.delete(`${realm} ${log}`);
      this.#kept.delete(`${realm} ${log}`);
      this.#rounds.delete(`${realm} ${log}`);
    }
  }

  async #record(realm: RealmId) {
    const record = await this.#storage.readRealm(realm);
    if (!record) throw notFound({ kind: 'realm', name: realm });
    return record;
  }
}
