/**
 * A named pipe in the run folder, through which a process writes or speaks to whoever supervises it: unlike a pipe without a name, the program that takes over can go on
 * reading it (`hand-over.ts`). The process has the writing end only, so it is told when nobody reads any more.
 */
import { spawnSync } from 'node:child_process';
import { closeSync, constants, existsSync, openSync, readSync } from 'node:fs';
import { Socket } from 'node:net';

const { O_NONBLOCK, O_RDWR, O_WRONLY } = constants;

/** What a pipe holds, see pipe(7), a few times over: what others go on writing is not waited for. */
const PIPE_BYTES = 65_536;
const LAST_READS_MAX = 4;

export class Pipe {
  readonly #path: string;
  /** Of the reading end; with a writing end of its own, so that it never comes to an end. */
  readonly descriptor: number;
  readonly #socket: Socket;
  readonly #onData: (chunk: Uint8Array) => void;

  /** `onData` gets what is written, in order. */
  constructor(path: string, onData: (chunk: Uint8Array) => void) {
    this.#path = path;
    this.#onData = onData;
    if (!existsSync(path)) {
      const { status, stderr } = spawnSync('mkfifo', ['--mode=600', path], { encoding: 'utf8' });
      if (status !== 0) throw new Error(`cannot make ${path}: ${stderr.trim()}`);
    }
    this.descriptor = openSync(path, O_RDWR | O_NONBLOCK);
    this.#socket = new Socket({ fd: this.descriptor, readable: true, writable: false });
    this.#socket.on('data', onData);
    this.#socket.on('error', () => {});
    // What is read keeps nobody alive.
    this.#socket.unref();
  }

  /** A writing end for a process that is about to start; whoever asks closes it. */
  writer(): number {
    return openSync(this.#path, O_WRONLY | O_NONBLOCK);
  }

  /** With what is still in it. */
  close(): void {
    if (this.#socket.destroyed) return;
    const room = Buffer.allocUnsafe(PIPE_BYTES);
    for (let reads = 0; reads < LAST_READS_MAX; reads++) {
      const length = readNow(this.descriptor, room);
      if (length === 0) break;
      this.#onData(room.subarray(0, length));
    }
    this.#socket.destroy();
  }
}

/** 0 when nothing is there. */
function readNow(descriptor: number, room: Uint8Array): number {
  try {
    return readSync(descriptor, room);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return 0;
    throw error;
  }
}

/** Calls `work` with writing ends, and closes them. */
export function withWriters<T>(pipes: readonly Pipe[], work: (writers: readonly number[]) => T): T {
  const writers = pipes.map((pipe) => pipe.writer());
  try {
    return work(writers);
  } finally {
    for (const writer of writers) closeSync(writer);
  }
}
