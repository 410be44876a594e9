/** A repository in memory, which can be damaged: what restic is to controllers, as far as they see of it. Tests only. */
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import type { Clock } from '#kernel/clock.ts';
import { rfc3339 } from '#kernel/clock.ts';
import type { Content, FailureReason } from '../engine/protocol.ts';
import { type OpenRepository, type Repository, RepositoryError } from '../engine/repository.ts';

interface Kept {
  readonly path: string;
  readonly tags: readonly string[];
  readonly time: string;
  bytes: Buffer;
}

export class Shelf {
  readonly kept = new Map<string, Kept>();
  readonly opened: string[] = [];
  password: string | undefined;
  pruned = 0;
  /** What every question is answered with. */
  failing: FailureReason | undefined;
  readonly #clock: Clock;
  #made = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  readonly open: OpenRepository = async ({ url, password }, { make }) => {
    this.opened.push(url);
    if (make) this.password ??= password;
    if (this.password !== undefined && this.password !== password)
      throw new RepositoryError('WrongPassword', 'wrong password');
    this.#check();
    return this.#repository();
  };

  /** Paths of all that is there, without the manifests of runs. */
  get paths(): readonly string[] {
    return [...this.kept.values()].map(({ path }) => path).filter((path) => !path.startsWith('/casemate/'));
  }

  damage(path: string): void {
    for (const one of this.kept.values())
      if (one.path === path) one.bytes = Buffer.concat([one.bytes, Buffer.from('!')]);
  }

  #check(): void {
    if (this.failing !== undefined) throw new RepositoryError(this.failing, 'as the test has it');
    if (this.password === undefined) throw new RepositoryError('NoRepository', 'nothing was made yet');
  }

  #repository(): Repository {
    const contentOf = (snapshot: string): { bytes: Buffer; content: Content } => {
      this.#check();
      const found = this.kept.get(snapshot);
      if (found === undefined) throw new RepositoryError('NotFound', `no snapshot ${snapshot}`);
      const sha256 = createHash('sha256').update(found.bytes).digest('hex');
      return { bytes: found.bytes, content: { bytes: found.bytes.length, sha256 } };
    };
    return {
      save: async (tar, { path, tags }) => {
        this.#check();
        const chunks: Buffer[] = [];
        for await (const chunk of tar as AsyncIterable<Buffer>) chunks.push(chunk);
        const bytes = Buffer.concat(chunks);
        const known = [...this.kept.values()].some((one) => one.bytes.equals(bytes));
        this.#made += 1;
        const snapshot = `s${this.#made}`;
        this.kept.set(snapshot, { path, tags, bytes, time: rfc3339(this.#clock.now()) });
        return { snapshot, added: known ? 0 : bytes.length, ...contentOf(snapshot).content };
      },
      read: (snapshot) => {
        const { bytes, content } = contentOf(snapshot);
        return { tar: Readable.from([bytes]), content: Promise.resolve(content) };
      },
      digest: async (snapshot) => contentOf(snapshot).content,
      snapshots: async (tag) => {
        this.#check();
        return [...this.kept]
          .filter(([, { tags }]) => tags.includes(tag))
          .map(([id, one]) => ({ id, ...one }));
      },
      forget: async (snapshots) => {
        this.#check();
        for (const id of snapshots) this.kept.delete(id);
      },
      prune: async () => {
        this.#check();
        this.pruned += 1;
      },
      check: async () => this.#check(),
      close: () => {},
    };
  }
}
