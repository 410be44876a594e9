/**
 * Runs a command in an instance over Incus' WebSockets: one for a terminal, three without, and one for control. Output
 * is taken only as fast as the reader takes it. It must never log a command's input or output.
 */
import type WebSocket from 'ws';
import { IncusError, isIncusError } from './errors.ts';
import { waitFor } from './operations.ts';
import type { IncusTransport } from './transport.ts';
import type { IncusOperation } from './types.ts';

export interface ExecRequest {
  readonly command: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  /** A terminal: one stream, with a size. Otherwise stdout and stderr come apart. */
  readonly interactive: boolean;
  readonly width?: number;
  readonly height?: number;
  /** Numeric, inside the instance. Default root. */
  readonly user?: number;
  readonly workingFolder?: string;
  /** How long the reader may take for the last output once the command has ended; default `DELIVERY_LIMIT_MS`. What is late is lost. */
  readonly deliveryLimit_ms?: number;
  /** Called in order; the next chunk waits for it. For a terminal all output comes here. */
  stdout(chunk: Buffer): Promise<void>;
  stderr(chunk: Buffer): Promise<void>;
}

export interface ExecSession {
  /** Resolves when the instance can take more. */
  write(chunk: Uint8Array): Promise<void>;
  /** No more input. A terminal has no such thing: there it sends an end-of-transmission character. */
  end(): void;
  resize(width: number, height: number): void;
  /** A signal by number, to the command. */
  signal(number: number): void;
  /** Drops the session: the command is killed. */
  kill(): void;
  /** Resolves with the exit code once the command ended and all output was delivered. Rejects with IncusError. */
  readonly done: Promise<number>;
}

const SIGKILL = 9;
const END_OF_TRANSMISSION = 4;
/** A shell may stay open for a day. */
const SESSION_LIMIT_MS = 24 * 3600_000;

/** How long a reader may take for the last output once the command has ended. */
const DELIVERY_LIMIT_MS = 60_000;

type Descriptors = Readonly<Record<'0' | '1' | '2' | 'control', string>>;

export async function execute(
  transport: IncusTransport,
  project: string,
  instance: string,
  request: ExecRequest,
): Promise<ExecSession> {
  const { operation } = await transport.send(
    'POST',
    `/1.0/instances/${encodeURIComponent(instance)}/exec`,
    {
      command: request.command,
      environment: request.environment ?? {},
      interactive: request.interactive,
      'wait-for-websocket': true,
      ...(request.interactive ? { width: request.width ?? 80, height: request.height ?? 24 } : {}),
      ...(request.user === undefined ? {} : { user: request.user }),
      ...(request.workingFolder === undefined ? {} : { cwd: request.workingFolder }),
    },
    { query: { project } },
  );
  if (!operation) throw new IncusError('Failed', 'Incus started no operation for exec');
  const secrets = descriptors(operation);
  const open = (secret: string) =>
    transport.websocket(`/1.0/operations/${operation.id}/websocket`, { secret });
  // All at once: Incus starts the command when the last one is attached.
  const [control, input, output, errors] = await Promise.all([
    open(secrets.control),
    open(secrets['0']),
    request.interactive ? undefined : open(secrets['1']),
    request.interactive ? undefined : open(secrets['2']),
  ]);
  return new Session(transport, operation, request, control, input, output, errors);
}

function descriptors(operation: IncusOperation): Descriptors {
  const fds = operation.metadata?.fds;
  if (typeof fds !== 'object' || fds === null || !('control' in fds) || !('0' in fds)) {
    throw new IncusError('Failed', 'Incus gave no streams for exec');
  }
  return fds as Descriptors;
}

class Session implements ExecSession {
  readonly done: Promise<number>;
  readonly #control: WebSocket;
  readonly #input: WebSocket;
  readonly #interactive: boolean;
  readonly #sockets: readonly WebSocket[];

  constructor(
    transport: IncusTransport,
    operation: IncusOperation,
    request: ExecRequest,
    control: WebSocket,
    input: WebSocket,
    output: WebSocket | undefined,
    errors: WebSocket | undefined,
  ) {
    this.#control = control;
    this.#input = input;
    this.#interactive = request.interactive;
    this.#sockets = [control, input, output, errors].filter((socket) => socket !== undefined);
    const delivered = [
      drain(output ?? input, (chunk) => request.stdout(chunk)),
      ...(errors ? [drain(errors, (chunk) => request.stderr(chunk))] : []),
    ];
    ignore(control);
    if (output) ignore(input);
    this.done = this.#finish(transport, operation, delivered, request.deliveryLimit_ms ?? DELIVERY_LIMIT_MS);
    this.done.catch(() => {}); // the caller may look later
  }

  async #finish(
    transport: IncusTransport,
    operation: IncusOperation,
    delivered: readonly Promise<void>[],
    deliveryLimit_ms: number,
  ): Promise<number> {
    try {
      // A daemon that hangs for a moment costs nobody a shell.
      const ended = await waitFor(transport, operation, { limit_ms: SESSION_LIMIT_MS, isPatient: true });
      const cancel = transport.clock.after(deliveryLimit_ms, () => {
        for (const socket of this.#sockets) socket.terminate();
      });
      await Promise.all(delivered).finally(cancel);
      const code = ended.metadata?.return;
      if (typeof code !== 'number') throw new IncusError('Failed', 'Incus gave no exit code');
      return code;
    } catch (error) {
      // 127: not found inside, 126: not executable; Incus reports these as errors, a shell as exit codes.
      if (isIncusError(error) && /Command not found/i.test(error.message)) return 127;
      if (isIncusError(error) && /Command not executable/i.test(error.message)) return 126;
      throw error;
    } finally {
      for (const socket of this.#sockets) socket.close();
    }
  }

  write(chunk: Uint8Array): Promise<void> {
    return new Promise((resolve) => {
      // A command that ended takes no more; that is for `done` to say.
      if (this.#input.readyState !== this.#input.OPEN) resolve();
      else this.#input.send(chunk, { binary: true }, () => resolve());
    });
  }

  end(): void {
    if (this.#input.readyState !== this.#input.OPEN) return;
    if (this.#interactive) this.#input.send(Buffer.from([END_OF_TRANSMISSION]), { binary: true });
    else this.#input.send(''); // an empty text message is Incus' end of stream
  }

  resize(width: number, height: number): void {
    this.#command({ command: 'window-resize', args: { width: String(width), height: String(height) } });
  }

  signal(number: number): void {
    this.#command({ command: 'signal', signal: number });
  }

  kill(): void {
    this.signal(SIGKILL);
    for (const socket of this.#sockets) socket.close();
  }

  #command(message: unknown): void {
    if (this.#control.readyState === this.#control.OPEN) this.#control.send(JSON.stringify(message));
  }
}

/** Delivers every chunk in order, holding the socket back while the reader is busy; resolves at the end of the stream. */
function drain(socket: WebSocket, deliver: (chunk: Buffer) => Promise<void>): Promise<void> {
  return new Promise((resolve, reject) => {
    let chain: Promise<void> = Promise.resolve();
    socket.on('message', (data: Buffer, isBinary: boolean) => {
      if (!isBinary && data.length === 0) {
        socket.close(); // end of stream; on a terminal Incus waits for us to close it
        return;
      }
      socket.pause();
      chain = chain
        .then(() => deliver(data))
        .then(
          () => socket.resume(),
          (error: unknown) => {
            reject(error);
            socket.terminate();
          },
        );
    });
    socket.on('close', () => chain.then(resolve));
    socket.on('error', () => socket.terminate());
    socket.resume();
  });
}

function ignore(socket: WebSocket): void {
  socket.on('error', () => socket.terminate());
  socket.on('message', () => {});
  socket.resume();
}
