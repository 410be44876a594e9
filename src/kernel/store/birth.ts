/**
 * How a realm comes to be: it is in memory first, and the first commit of its lane makes it in storage, in one transaction with its
 * genesis, its first objects and its first checkpoints. So no realm is ever found without what it was to begin with.
 */
import { alreadyExists } from '../errors.ts';
import type { LogName, RealmKeys } from '../keys.ts';
import { signCheckpoint } from '../log/checkpoint.ts';
import { type Frontier, root } from '../log/merkle.ts';
import type { Append, CommitOutcome, KeptCheckpoint, LogStorage, NewRealm, StoredChange } from './storage.ts';

export class Birth {
  readonly #storage: Pick<LogStorage, 'createRealm'>;
  readonly #genesis: NewRealm;
  readonly #keys: RealmKeys;
  #checkpoints: Readonly<Record<LogName, KeptCheckpoint>> | undefined;

  constructor(storage: Pick<LogStorage, 'createRealm'>, genesis: NewRealm, keys: RealmKeys) {
    this.#storage = storage;
    this.#genesis = genesis;
    this.#keys = keys;
  }

  /** The checkpoints it was made with, once it was, or may have been. */
  get checkpoints(): Readonly<Record<LogName, KeptCheckpoint>> | undefined {
    return this.#checkpoints;
  }

  /** Makes the realm with these as its first changes. Throws `alreadyExists` when there is one of that name. */
  async commit(first?: Append<StoredChange>): Promise<CommitOutcome> {
    const { changes, access, id } = this.#genesis;
    const begun = first ? joined(changes, first) : changes;
    this.#checkpoints = {
      changes: this.#checkpoint('changes', begun.frontier),
      access: this.#checkpoint('access', access.frontier),
    };
    const made = await this.#storage.createRealm({
      ...this.#genesis,
      changes: begun,
      checkpoints: this.#checkpoints,
    });
    if (!made) throw alreadyExists({ kind: 'realm', name: id });
    return 'committed';
  }

  #checkpoint(log: LogName, frontier: Frontier): KeptCheckpoint {
    return { size: frontier.size, note: signCheckpoint(this.#keys.logs[log], frontier.size, root(frontier)) };
  }
}

function joined(genesis: NewRealm['changes'], first: Append<StoredChange>): NewRealm['changes'] {
  return {
    leaves: [...genesis.leaves, ...first.leaves],
    tileNodes: [...genesis.tileNodes, ...first.tileNodes],
    frontier: first.frontier,
  };
}
