/** `casemate exec`: runs a command in an instance, with a terminal if wanted. Its exit code becomes ours. */
import type { WebSocket } from 'ws';
import type { Status } from '#kernel/errors.ts';
import { CHANNEL, frame } from '#kernel/wire/channels.ts';
import { ownCommand } from '../own-command.ts';
import { objectPath } from './discovery.ts';
import { ApiError, CliError, EXIT, usageError } from './errors.ts';
import { textAt, valueAt } from './objects.ts';
import type { SessionOptions } from './options.ts';
import { inSession, type Session } from './session.ts';
import { parseStreamTarget } from './targets.ts';

export interface ExecOptions extends SessionOptions {
  readonly stdin?: boolean;
  readonly tty?: boolean;
}

const PROTOCOL_V5 = 'v5.channel.k8s.io';
const PROTOCOL_V4 = 'v4.channel.k8s.io';
// Past this, reading input waits until the server has taken what was sent.
const UNSENT_BYTES_MAX = 1024 * 1024;
const DRAIN_LOOK_MS = 20;

/** The exit code that the error channel's Status says. Throws when the command could not run at all. */
export function exitCodeOfStatus(text: string): number {
  const answer: unknown = JSON.parse(text);
  if (textAt(answer, 'status') === 'Success') return 0;
  if (textAt(answer, 'reason') === 'NonZeroExitCode') {
    const causes = valueAt(answer, 'details', 'causes');
    const exit = Array.isArray(causes)
      ? causes.find((cause) => textAt(cause, 'reason') === 'ExitCode')
      : undefined;
    const code = Number(textAt(exit, 'message'));
    return Number.isInteger(code) ? code : EXIT.error;
  }
  const status = answer as Partial<Status>;
  throw new ApiError({ ...status, code: status.code ?? 500 });
}

const pause = (delay_ms: number) => new Promise((resolve) => setTimeout(resolve, delay_ms));

async function sendInput(socket: WebSocket, canClose: boolean): Promise<void> {
  for await (const chunk of process.stdin as AsyncIterable<Buffer>) {
    if (socket.readyState !== socket.OPEN) return;
    socket.send(frame(CHANNEL.stdin, chunk));
    while (socket.bufferedAmount > UNSENT_BYTES_MAX && socket.readyState === socket.OPEN)
      await pause(DRAIN_LOOK_MS);
  }
  // Only v5 can say that there is no more input.
  if (canClose && socket.readyState === socket.OPEN)
    socket.send(frame(CHANNEL.close, Uint8Array.of(CHANNEL.stdin)));
}

function sendSize(socket: WebSocket): void {
  const { columns, rows } = process.stdout;
  if (columns && rows)
    socket.send(frame(CHANNEL.resize, Buffer.from(JSON.stringify({ Width: columns, Height: rows }))));
}

/** Joins this terminal to the socket until the command ends; gives its exit code. */
export async function runExec(
  socket: WebSocket,
  options: { readonly stdin: boolean; readonly tty: boolean },
): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  let ended: number | undefined;
  socket.on('message', (message: Buffer) => {
    const data = message.subarray(1);
    switch (message[0]) {
      case CHANNEL.stdout:
        if (!process.stdout.write(data)) {
          socket.pause();
          process.stdout.once('drain', () => socket.resume());
        }
        break;
      case CHANNEL.stderr:
        process.stderr.write(data);
        break;
      case CHANNEL.error:
        try {
          ended = exitCodeOfStatus(data.toString('utf8'));
        } catch (error) {
          reject(error);
        }
        break;
    }
  });
  socket.once('close', () => {
    if (ended === undefined) reject(new CliError('the connection broke before the command ended'));
    else resolve(ended);
  });
  socket.once('error', reject);
  const isRaw = options.tty && process.stdin.isTTY;
  const resize = () => sendSize(socket);
  try {
    if (isRaw) process.stdin.setRawMode(true);
    if (options.tty) {
      sendSize(socket);
      process.stdout.on('resize', resize);
    }
    socket.resume();
    if (options.stdin) sendInput(socket, socket.protocol === PROTOCOL_V5).catch(reject);
    return await promise;
  } finally {
    process.stdout.off('resize', resize);
    if (isRaw) process.stdin.setRawMode(false);
    // What nobody reads any more must not keep the process.
    process.stdin.destroy();
    socket.terminate();
  }
}

export const exec = inSession(
  async (session: Session, options: ExecOptions, target: string, command: string[]) => {
    // Like a login: a terminal and a shell, when nothing else is said.
    const isLogin = command.length === 0;
    if (isLogin && !process.stdin.isTTY)
      throw usageError('which command?', `${ownCommand()} exec INSTANCE -- COMMAND…`);
    const tty = options.tty ?? isLogin;
    const stdin = options.stdin ?? isLogin;
    if (tty && !process.stdin.isTTY) throw usageError('-t needs a terminal, and standard input is none');
    const { type, name } = parseStreamTarget(await session.types(), target, 'exec');
    const path = `${objectPath(type, session.projectFor(type), name)}/exec`;
    const shell = ['/bin/sh', '-c', 'exec "$(command -v bash || command -v sh)" -l'];
    const query = { command: isLogin ? shell : command, stdin, stdout: true, stderr: !tty, tty };
    const socket = await session.client.connect(path, query, [PROTOCOL_V5, PROTOCOL_V4]);
    process.exitCode = await runExec(socket, { stdin, tty });
  },
);
