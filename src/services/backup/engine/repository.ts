/** A repository as controllers see it; `session.ts` makes it so with restic. */
import type { Readable } from 'node:stream';
import type { Content, FailureReason, RepositoryAccess, Saved, Snapshot } from './protocol.ts';

export interface Repository {
  /** Saves a tar. What is there already, of whatever earlier tar, is not sent again. A tar that breaks off leaves nothing behind. */
  save(
    tar: Readable,
    as: { readonly path: string; readonly host: string; readonly tags: readonly string[] },
  ): Promise<Saved>;
  /** The tar of a snapshot; `content` once it was read to its end. */
  read(snapshot: string, path: string): { readonly tar: Readable; readonly content: Promise<Content> };
  /** Reads it all, and lets it go nowhere. */
  digest(snapshot: string, path: string): Promise<Content>;
  /** Those with that tag. */
  snapshots(tag: string): Promise<readonly Snapshot[]>;
  /** Safe to repeat: what is not there is no error. */
  forget(snapshots: readonly string[]): Promise<void>;
  /** Gives room back, a bounded part of it at a time. */
  prune(): Promise<void>;
  /** Whether all that belongs to the repository is there, and so much of its data as it was written. Throws RepositoryError `Damaged`. */
  check(read_percent: number): Promise<void>;
  close(): void;
}

/** Throws RepositoryError. `make`: where there is none, one is made; without it, what is asked for first finds out. */
export type OpenRepository = (
  access: RepositoryAccess,
  options: { readonly make: boolean; readonly signal: AbortSignal },
) => Promise<Repository>;

export class RepositoryError extends Error {
  override readonly name = 'RepositoryError';
  readonly reason: FailureReason;

  constructor(reason: FailureReason, message: string, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
  }
}

export const isRepositoryError = (
  error: unknown,
  ...reasons: readonly FailureReason[]
): error is RepositoryError =>
  error instanceof RepositoryError && (reasons.length === 0 || reasons.includes(error.reason));
