/**
 * What the wire serves of a realm's logs, as C2SP tlog-tiles resources; the wire adds who may read and the content types.
 * Leaves hold digests only; a body of an object is given out one at a time, and the wire asks whether the reader may get that object.
 */
import { isStatusError } from '../errors.ts';
import type { LogName } from '../keys.ts';
import { parseTilePath } from '../log/tile.ts';
import type { RealmId } from '../realm-id.ts';
import type { FoundLeaves, LeafQuery } from '../store/leaf-search.ts';
import type { RealmLogs, RecordedBody } from '../store/realm-logs.ts';

export interface LedgerSource {
  /** The latest signed checkpoint (c2sp.org/tlog-checkpoint). */
  checkpoint(realm: RealmId, log: LogName): Promise<string>;
  /**
   * A tile by its path (`tile/0/x001/234.p/5`, `tile/entries/000`). Undefined when there is none: the path is malformed, or the
   * log is not that large.
   */
  tile(realm: RealmId, log: LogName, path: string): Promise<Uint8Array | undefined>;
  /** The log's verifier keys (`<name>+<hash>+<base64>`, c2sp.org/signed-note), a line each: Ed25519, then ML-DSA-44. */
  key(realm: RealmId, log: LogName): Promise<string>;
  /** Earlier signed checkpoints, oldest first, bounded. Absent where they are not kept; then the path is 404. */
  checkpoints?(realm: RealmId, log: LogName): Promise<readonly string[]>;
  /** What entries of a log say of persons, by index, of 256 leaves. Absent where it is not kept. */
  personal?(realm: RealmId, log: LogName, bundle: number): Promise<Readonly<Record<string, unknown>>>;
  /** Digests of the bodies of changes that are there, by index, of 256 leaves. Absent where they are not kept. */
  bodies?(realm: RealmId, bundle: number): Promise<Readonly<Record<string, string>>>;
  /** The body that a change recorded, as stored. Throws `notFound` when the leaf is of no object. Absent where they are not kept. */
  body?(realm: RealmId, index: number): Promise<RecordedBody>;
  /** The latest few that witnesses cosigned, oldest first. Absent where there are none. */
  cosigned?(realm: RealmId, log: LogName): Promise<readonly string[]>;
  /** Leaves by what they are about, newest first. Absent where nobody looks for them. */
  search?(realm: RealmId, log: LogName, query: LeafQuery): Promise<FoundLeaves>;
}

/** The store's logs as a source. */
export function ledgerSource(logs: RealmLogs): LedgerSource {
  return {
    checkpoint: (realm, log) => logs.latestCheckpoint(realm, log),
    checkpoints: (realm, log) => logs.checkpoints(realm, log),
    personal: (realm, log, bundle) => logs.personal(realm, log, bundle),
    bodies: (realm, bundle) => logs.bodies(realm, bundle),
    body: (realm, index) => logs.body(realm, index),
    cosigned: (realm, log) => logs.cosigned(realm, log),
    search: (realm, log, query) => logs.search(realm, log, query),
    key: async (realm, log) => (await logs.vkeys(realm, log)).join('\n'),
    async tile(realm, log, path) {
      const tile = parseTilePath(path);
      if (tile === undefined) return undefined;
      try {
        return await logs.tile(realm, log, tile);
      } catch (error) {
        if (isStatusError(error, 'NotFound')) return undefined;
        throw error;
      }
    },
  };
}
