/** One carrier at work: commands in it, whose output or input is a stream. It must never log what passes through. */
import { Readable } from 'node:stream';
import type { Incus } from '#engines/incus/client.ts';
import { Pipe } from '#services/compute/pipe.ts';

/** Of what a command said on standard error, for the message when it fails. */
const SAID_CHARACTERS_MAX = 4_096;
/** Whoever takes the output may wait for a repository that is away for a while. */
const DELIVERY_LIMIT_MS = 60 * 60_000;

export class Carrier {
  readonly #incus: Incus;
  readonly #project: string;
  readonly #name: string;
  readonly #close: () => Promise<void>;

  constructor(incus: Incus, project: string, name: string, close: () => Promise<void>) {
    this.#incus = incus;
    this.#project = project;
    this.#name = name;
    this.#close = close;
  }

  /** What a command writes, as fast as it is taken. The stream fails when the command does; destroying it ends the command. */
  async read(command: readonly string[], signal: AbortSignal): Promise<Readable> {
    const pipe = new Pipe();
    const said = new Said();
    const session = await this.#incus.exec(this.#project, this.#name, {
      command,
      interactive: false,
      deliveryLimit_ms: DELIVERY_LIMIT_MS,
      stdout: (chunk) => pipe.push(chunk),
      stderr: async (chunk) => said.add(chunk),
    });
    session.end();
    const kill = () => session.kill();
    signal.addEventListener('abort', kill, { once: true });
    session.done
      .then(
        (code) => pipe.end(code === 0 ? undefined : failure(command, code, said)),
        (error: unknown) => pipe.end(signal.aborted ? signal.reason : error),
      )
      .finally(() => signal.removeEventListener('abort', kill));
    const output = Readable.from(pipe, { objectMode: false });
    output.once('close', kill);
    return output;
  }

  /** Gives a command its input, to the end; resolves once it ended well. */
  async write(
    command: readonly string[],
    input: AsyncIterable<Uint8Array>,
    signal: AbortSignal,
  ): Promise<void> {
    const said = new Said();
    const session = await this.#incus.exec(this.#project, this.#name, {
      command,
      interactive: false,
      stdout: async () => {},
      stderr: async (chunk) => said.add(chunk),
    });
    let ended = false;
    const done = session.done.finally(() => {
      ended = true;
    });
    done.catch(() => {}); // looked at below
    const kill = () => session.kill();
    signal.addEventListener('abort', kill, { once: true });
    try {
      for await (const chunk of input) {
        signal.throwIfAborted();
        // What follows a tar's end is read all the same: whoever gives it wants to know that all of it was right.
        if (!ended) await session.write(chunk);
        else if ((await done) !== 0) break;
      }
      session.end();
      const code = await done;
      signal.throwIfAborted();
      if (code !== 0) throw failure(command, code, said);
    } catch (error) {
      kill();
      throw signal.aborted ? signal.reason : error;
    } finally {
      signal.removeEventListener('abort', kill);
    }
  }

  /** A command that takes nothing. */
  async run(command: readonly string[], signal: AbortSignal): Promise<void> {
    await this.write(command, nothing(), signal);
  }

  /** Ends it and all that was in it. */
  close(): Promise<void> {
    return this.#close();
  }
}

async function* nothing(): AsyncGenerator<Uint8Array> {}

class Said {
  #text = '';
  add(chunk: Buffer): void {
    this.#text = (this.#text + chunk.toString('utf8')).slice(-SAID_CHARACTERS_MAX);
  }
  get text(): string {
    return this.#text.trim();
  }
}

const failure = (command: readonly string[], code: number, { text }: Said): Error =>
  new Error(`${command[0]} ended with ${code}: ${text}`);
