/**
 * What `kubectl logs` shows of an instance: its system's journal while it runs; the console where there is no journal; and
 * when it is stopped, what the console said last.
 */
import type { ExecSession } from '#engines/incus/exec.ts';
import { sleep } from '#kernel/clock.ts';
import type { ConnectRequest } from '#kernel/connect.ts';
import { badRequest } from '#kernel/errors.ts';
import { ConsoleHistory, lastLines } from './console-history.ts';
import type { ComputeContext } from './context.ts';
import {
  clearly,
  isNotRunning,
  isWithoutAgent,
  type Place,
  type Places,
  takesNoCommand,
} from './engine-instance.ts';
import { Pipe } from './pipe.ts';

const FOLLOW_EVERY_MS = 500;
const NO_JOURNAL = 127;
/** journalctl has a word for it, and a number is enough. */
const LINES_MAX = 1_000_000;

interface LogOptions {
  readonly follow: boolean;
  readonly tailLines: number | undefined;
  readonly sinceSeconds: number | undefined;
  readonly limit_bytes: number;
}

export class InstanceLogs {
  readonly #compute: ComputeContext;
  readonly #places: Places;
  readonly #history = new ConsoleHistory();

  constructor(compute: ComputeContext, places: Places) {
    this.#compute = compute;
    this.#places = places;
  }

  async open(request: ConnectRequest): Promise<AsyncIterable<Uint8Array>> {
    const options = readOptions(request.query);
    const place = await this.#places.of(request);
    const journal = await this.#journal(request, place, options);
    return limited(journal ?? this.#console(request, place, options), options.limit_bytes);
  }

  /** Undefined when the instance does not run or has no journal. */
  async #journal(
    request: ConnectRequest,
    { project, name }: Place,
    options: LogOptions,
  ): Promise<AsyncIterable<Uint8Array> | undefined> {
    const pipe = new Pipe();
    let session: ExecSession;
    let heard: () => void = () => {};
    const first = new Promise<void>((resolve) => {
      heard = resolve;
    });
    try {
      session = await this.#compute.incus.exec(project, name, {
        command: journalCommand(options),
        interactive: false,
        stdout: (chunk) => {
          heard();
          return pipe.push(chunk);
        },
        stderr: async () => {},
      });
    } catch (error) {
      if (isNotRunning(error) || isWithoutAgent(error) || takesNoCommand(error)) return undefined;
      return clearly(request, () => Promise.reject(error));
    }
    session.end();
    const stop = () => session.kill();
    request.signal.addEventListener('abort', stop, { once: true });
    const ended = session.done.then(
      (code) => {
        pipe.end();
        return code;
      },
      () => {
        pipe.end(); // killed, because the reader has gone
        return 0;
      },
    );
    void ended.finally(() => request.signal.removeEventListener('abort', stop));
    // A journal that is followed and has nothing to say yet is a journal all the same.
    const code = options.follow && options.tailLines === 0 ? undefined : await Promise.race([first, ended]);
    return code === NO_JOURNAL ? undefined : stoppedWithReader(pipe, stop);
  }

  async *#console(
    request: ConnectRequest,
    { project, name }: Place,
    { follow, tailLines }: LogOptions,
  ): AsyncGenerator<Uint8Array> {
    const { uid } = request.object.metadata;
    const { instances } = this.#compute.incus;
    const running = () => clearly(request, async () => (await instances.state(project, name)).pid > 0);
    const read = () => clearly(request, () => instances.consoleLog(project, name));
    let text: Buffer = await read();
    // Of a stopped instance Incus gives everything at once, of a running one only what is new.
    if (await running()) text = this.#history.append(uid, text);
    yield tailLines === undefined ? text : lastLines(text, tailLines);
    while (follow) {
      try {
        await sleep(this.#compute.clock, FOLLOW_EVERY_MS, request.signal);
      } catch {
        return; // the client has gone
      }
      if (!(await running())) return;
      const piece = await read();
      this.#history.append(uid, piece);
      yield piece;
    }
  }
}

/** Only numbers go into it: nothing a user wrote is ever part of the command. */
function journalCommand({ follow, tailLines, sinceSeconds }: LogOptions): readonly string[] {
  const lines = Math.min(tailLines ?? LINES_MAX, LINES_MAX);
  const since = sinceSeconds === undefined ? '' : ` --since=-${sinceSeconds}s`;
  const journal = `journalctl --boot --no-pager --quiet --output=short-iso --lines=${lines}${since}${follow ? ' --follow' : ''}`;
  return ['/bin/sh', '-c', `command -v journalctl >/dev/null || exit ${NO_JOURNAL}; exec ${journal}`];
}

function readOptions(query: URLSearchParams): LogOptions {
  if (query.get('previous') === 'true') {
    throw badRequest('previous: an instance has one log; journalctl --boot=-1 in it shows the boot before');
  }
  return {
    follow: query.get('follow') === 'true',
    tailLines: wholeNumber(query, 'tailLines'),
    sinceSeconds: wholeNumber(query, 'sinceSeconds'),
    limit_bytes: wholeNumber(query, 'limitBytes') ?? Number.POSITIVE_INFINITY,
  };
}

function wholeNumber(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name);
  if (text === null) return undefined;
  if (!/^\d{1,9}$/.test(text)) throw badRequest(`${name}: "${text}" is not a whole number of 0 or more`);
  return Number(text);
}

async function* stoppedWithReader(
  chunks: AsyncIterable<Uint8Array>,
  stop: () => void,
): AsyncGenerator<Uint8Array> {
  try {
    yield* chunks;
  } finally {
    stop();
  }
}

async function* limited(chunks: AsyncIterable<Uint8Array>, limit_bytes: number): AsyncGenerator<Uint8Array> {
  let left_bytes = limit_bytes;
  for await (const chunk of chunks) {
    if (chunk.length > 0) yield chunk.subarray(0, left_bytes);
    left_bytes -= chunk.length;
    if (left_bytes <= 0) return;
  }
}
