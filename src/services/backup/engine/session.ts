/** A repository behind a process of its own, which ends with what it was asked for. One question at a time; a second one waits for the first. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { Readable, type Writable } from 'node:stream';
import { type Frame, FrameError, jsonOf, readFrames, writeFrame, writeJson } from './frames.ts';
import type { Answer, Content, Question, RepositoryAccess, Saved, Snapshot } from './protocol.ts';
import { type OpenRepository, type Repository, RepositoryError } from './repository.ts';

/** What leads to a process that was just started, and from it. */
export interface Conversation {
  readonly input: Readable;
  readonly output: Writable;
}

/** Throws when none can be started now. */
export type StartProcess = () => Promise<Conversation>;

/** At the supervisor's socket. */
export const startedAt =
  (socket: string): StartProcess =>
  async () => {
    const connection = connect(socket);
    await once(connection, 'connect');
    return { input: connection, output: connection };
  };

export const openedBy =
  (start: StartProcess): OpenRepository =>
  async (access, { make, signal }) => {
    signal.throwIfAborted();
    let conversation: Conversation;
    try {
      conversation = await start();
    } catch (error) {
      throw new RepositoryError(
        'Ended',
        `nobody starts a process at the repository: ${(error as Error).message}`,
      );
    }
    const session = new Session(conversation, signal);
    try {
      await session.open(access, make);
      return session;
    } catch (error) {
      session.close();
      throw error;
    }
  };

class Session implements Repository {
  readonly #input: Readable;
  readonly #output: Writable;
  readonly #frames: AsyncGenerator<Frame>;
  readonly #signal: AbortSignal;
  readonly #onAbort = () => this.close();
  #last: Promise<unknown> = Promise.resolve();

  constructor({ input, output }: Conversation, signal: AbortSignal) {
    this.#input = input;
    this.#output = output;
    this.#signal = signal;
    // Whoever waits for the next frame hears of it.
    input.on('error', () => {});
    output.on('error', () => {});
    this.#frames = readFrames(input);
    signal.addEventListener('abort', this.#onAbort, { once: true });
  }

  async open(access: RepositoryAccess, make: boolean): Promise<void> {
    await this.#ask({ ask: 'open', access, make });
  }

  save(
    tar: Readable,
    as: { readonly path: string; readonly host: string; readonly tags: readonly string[] },
  ): Promise<Saved> {
    return this.#inTurn(async () => {
      await writeJson(this.#output, { ask: 'save', ...as } satisfies Question);
      // It may end early: what it says then counts, not that nobody takes more.
      const answer = this.#answer();
      answer.catch(() => {});
      let isAnswered = false;
      const answered = answer.then(
        () => {},
        () => {},
      );
      void answered.then(() => {
        isAnswered = true;
      });
      try {
        for await (const chunk of tar as AsyncIterable<Buffer>) {
          if (isAnswered) break;
          await Promise.race([writeFrame(this.#output, 'data', chunk), answered]);
        }
      } catch (error) {
        // Nothing may take what was sent for a whole tar: the process goes, and restic with it.
        this.close();
        throw error;
      }
      await writeFrame(this.#output, 'end');
      return (await answer) as Saved;
    });
  }

  read(snapshot: string, path: string): { readonly tar: Readable; readonly content: Promise<Content> } {
    const content = Promise.withResolvers<Content>();
    content.promise.catch(() => {});
    const turn = Promise.withResolvers<void>();
    const before = this.#last;
    this.#last = turn.promise;
    const generate = async function* (this: Session): AsyncGenerator<Buffer> {
      await before.catch(() => {});
      try {
        await writeJson(this.#output, { ask: 'read', snapshot, path } satisfies Question);
        for (;;) {
          const frame = await this.#next();
          if (frame.type === 'data') yield frame.bytes;
          else {
            content.resolve(resultOf(frame) as Content);
            return;
          }
        }
      } catch (error) {
        content.reject(error);
        throw error;
      } finally {
        turn.resolve();
        content.reject(new RepositoryError('Ended', 'it was not read to its end'));
      }
    };
    const tar = Readable.from(generate.call(this), { objectMode: false, highWaterMark: 256 * 1024 });
    // What is left of it cannot be told from the next answer.
    tar.once('close', () => !tar.readableEnded && this.close());
    return { tar, content: content.promise };
  }

  digest(snapshot: string, path: string): Promise<Content> {
    return this.#ask({ ask: 'digest', snapshot, path }) as Promise<Content>;
  }

  snapshots(tag: string): Promise<readonly Snapshot[]> {
    return this.#ask({ ask: 'snapshots', tag }) as Promise<readonly Snapshot[]>;
  }

  async forget(snapshots: readonly string[]): Promise<void> {
    if (snapshots.length > 0) await this.#ask({ ask: 'forget', snapshots });
  }

  async prune(): Promise<void> {
    await this.#ask({ ask: 'prune' });
  }

  async check(read_percent: number): Promise<void> {
    await this.#ask({ ask: 'check', read_percent });
  }

  close(): void {
    this.#signal.removeEventListener('abort', this.#onAbort);
    this.#input.destroy();
    this.#output.destroy();
  }

  #ask(question: Question): Promise<unknown> {
    return this.#inTurn(async () => {
      await writeJson(this.#output, question);
      return this.#answer();
    });
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(work, work).catch((error: unknown) => {
      this.#signal.throwIfAborted();
      throw error instanceof FrameError
        ? new RepositoryError('Ended', error.message, { cause: error })
        : error;
    });
    this.#last = turn.catch(() => {});
    return turn;
  }

  async #answer(): Promise<unknown> {
    return resultOf(await this.#next());
  }

  async #next(): Promise<Frame> {
    try {
      const { value, done } = await this.#frames.next();
      if (done !== true) return value;
    } catch (error) {
      this.#signal.throwIfAborted();
      if (error instanceof FrameError) throw new RepositoryError('Ended', error.message, { cause: error });
      throw new RepositoryError('Ended', `the process at the repository: ${(error as Error).message}`, {
        cause: error,
      });
    }
    throw new RepositoryError('Ended', 'the process at the repository ended');
  }
}

function resultOf(frame: Frame): unknown {
  if (frame.type !== 'json')
    throw new RepositoryError('Failed', 'the process at the repository spoke out of turn');
  const answer = jsonOf(frame) as Answer;
  if (answer.answer === 'failed') throw new RepositoryError(answer.reason, answer.message);
  return answer.result;
}
