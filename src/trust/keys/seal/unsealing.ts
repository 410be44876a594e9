/**
 * Opens a sealed master key bit by bit: a passphrase at once, shares as their custodians come. Keeps what it was given in memory only, and
 * forgets it when it is open.
 */
import type { SymmetricKey } from '../wrapping.ts';
import {
  checkShare,
  openWithPassphrase,
  openWithShares,
  PASSPHRASE_LENGTH_MAX,
  type SealedMaster,
  UnsealError,
} from './sealed-master.ts';
import { parseShare, type Share, ShareError } from './share-text.ts';

export interface UnsealState {
  readonly seal: SealedMaster['seal'];
  readonly open: boolean;
  /** Shares that were given, by number, and how many it takes; of a passphrase none of one. */
  readonly given: readonly number[];
  readonly needed: number;
}

export class Unsealing {
  readonly #sealed: SealedMaster;
  readonly #shares = new Map<number, Share>();
  #turn: Promise<unknown> = Promise.resolve();
  #open = false;
  readonly #opened = Promise.withResolvers<SymmetricKey>();

  constructor(sealed: SealedMaster) {
    this.#sealed = sealed;
  }

  /** Resolves when it is open. */
  get masterKey(): Promise<SymmetricKey> {
    return this.#opened.promise;
  }

  get state(): UnsealState {
    const sealed = this.#sealed;
    return {
      seal: sealed.seal,
      open: this.#open,
      given: [...this.#shares.keys()].sort((a, b) => a - b),
      needed: sealed.seal === 'shares' ? sealed.threshold : 1,
    };
  }

  /** Takes a passphrase or a share, one at a time. Throws UnsealError. */
  offer(text: string): Promise<UnsealState> {
    const turn = this.#turn.then(() => this.#take(text));
    this.#turn = turn.catch(() => {});
    return turn;
  }

  async #take(text: string): Promise<UnsealState> {
    if (this.#open) return this.state;
    const sealed = this.#sealed;
    if (sealed.seal === 'passphrase') {
      if (text.length > PASSPHRASE_LENGTH_MAX) throw new UnsealError('that is not the passphrase');
      this.#done(await openWithPassphrase(sealed, Buffer.from(text, 'utf8')));
      return this.state;
    }
    const share = readShare(text);
    checkShare(sealed, share);
    this.#shares.set(share.index, share);
    if (this.#shares.size >= sealed.threshold) {
      this.#done(await openWithShares(sealed, [...this.#shares.values()]));
    }
    return this.state;
  }

  #done(masterKey: SymmetricKey): void {
    this.#open = true;
    for (const { bytes } of this.#shares.values()) bytes.fill(0);
    this.#opened.resolve(masterKey);
  }
}

function readShare(text: string): Share {
  try {
    return parseShare(text);
  } catch (error) {
    if (error instanceof ShareError) throw new UnsealError(error.message);
    throw error;
  }
}

/** In words, for whoever waits. */
export function sealedReason({ seal, given, needed }: UnsealState): string {
  if (seal === 'passphrase') return 'the region is sealed: somebody who knows its passphrase must open it';
  const left = needed - given.length;
  return `the region is sealed: ${left} more of its key custodians must open it (${given.length} of ${needed} did)`;
}
