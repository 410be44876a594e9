/**
 * What a process at a repository is asked, one thing after the other, and answers: JSON in frames (`frames.ts`). With `save` the tar follows as data, and with `read` it comes; every
 * question ends with one answer.
 */

/** Where a repository is and what opens it. Nothing of it stands in an argument or an environment that others can see, nor in a record. */
export interface RepositoryAccess {
  /** As restic writes it: `s3:https://host:port/bucket/prefix`. */
  readonly url: string;
  readonly region: string;
  readonly accessKey: string;
  readonly secret: string;
  readonly password: string;
  /** PEM; empty where no server is. */
  readonly certificateAuthority: string;
}

export type Question =
  /** First of all, once. `make`: the repository is looked for at once, and one is made where there is none. Else what comes first finds out. */
  | { readonly ask: 'open'; readonly access: RepositoryAccess; readonly make: boolean }
  | { readonly ask: 'save'; readonly path: string; readonly host: string; readonly tags: readonly string[] }
  | { readonly ask: 'read'; readonly snapshot: string; readonly path: string }
  /** The same, and nothing of it leaves the process. */
  | { readonly ask: 'digest'; readonly snapshot: string; readonly path: string }
  | { readonly ask: 'snapshots'; readonly tag: string }
  | { readonly ask: 'forget'; readonly snapshots: readonly string[] }
  | { readonly ask: 'prune' }
  | { readonly ask: 'check'; readonly read_percent: number };

export interface Content {
  readonly bytes: number;
  /** Of the tar, in hex. */
  readonly sha256: string;
}

export interface Saved extends Content {
  readonly snapshot: string;
  /** What the repository grew by. */
  readonly added: number;
}

export interface Snapshot {
  readonly id: string;
  readonly path: string;
  /** RFC 3339. */
  readonly time: string;
  readonly tags: readonly string[];
}

/** Why something could not be done, as far as it can be told apart. */
export type FailureReason =
  /** The password is another one's. */
  | 'WrongPassword'
  | 'NoRepository'
  /** Access, network, TLS, room. */
  | 'Unreachable'
  /** What lies there is not what was put there. */
  | 'Damaged'
  | 'NotFound'
  /** Somebody else is at it, alone. */
  | 'Locked'
  /** It was killed, or ended without a word. */
  | 'Ended'
  | 'Failed';

export type Answer =
  | { readonly answer: 'done'; readonly result: unknown }
  | { readonly answer: 'failed'; readonly reason: FailureReason; readonly message: string };
