/**
 * The supervisor's control socket: one JSON line asks, one JSON line answers. Only root, or whoever started the region,
 * can open it (the folder's mode sees to that).
 */
import { chmodSync, rmSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import type { SupervisorStatus } from './definition.ts';

const REQUEST_BYTES_MAX = 1_024;
const ANSWER_BYTES_MAX = 1_048_576;

export type ControlCommand = 'status' | 'stop';

export interface ControlHandlers {
  status(): SupervisorStatus;
  /** Resolves when every process has ended. */
  stop(): Promise<void>;
}

/** Serves the socket at `path`; the caller holds the supervisor's lock, so a file that is there is an old one. */
export async function serveControl(path: string, handlers: ControlHandlers): Promise<Server> {
  rmSync(path, { force: true });
  const server = createServer((socket) => {
    socket.on('error', () => socket.destroy());
    void readLine(socket, REQUEST_BYTES_MAX).then(
      async (line) => {
        if (line === 'status') socket.end(`${JSON.stringify(handlers.status())}\n`);
        else if (line === 'stop') await handlers.stop().then(() => socket.end('{"stopped":true}\n'));
        else socket.end('{"error":"commands are status and stop"}\n');
      },
      () => socket.destroy(),
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, resolve);
  });
  chmodSync(path, 0o600);
  return server;
}

/** The status of the supervisor at `path`, or undefined when none answers there. */
export async function askStatus(path: string): Promise<SupervisorStatus | undefined> {
  const answer = await ask(path, 'status');
  return answer === undefined ? undefined : (JSON.parse(answer) as SupervisorStatus);
}

/** Tells the supervisor at `path` to stop everything and waits until it has. False when there is none. */
export async function askStop(path: string): Promise<boolean> {
  return (await ask(path, 'stop')) !== undefined;
}

/** Undefined when no supervisor is there, or when it went away before it answered. */
async function ask(path: string, command: ControlCommand): Promise<string | undefined> {
  const socket = connect(path);
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('error', reject);
    });
    socket.write(`${command}\n`);
    return await readLine(socket, ANSWER_BYTES_MAX);
  } catch (error) {
    if (GONE.includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  } finally {
    socket.destroy();
  }
}

const GONE: readonly string[] = ['ENOENT', 'ECONNREFUSED', 'ENOTDIR', 'ECONNRESET', 'EPIPE'];

function readLine(socket: Socket, bytesMax: number): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    socket.setEncoding('utf8');
    socket.on('data', (chunk: string) => {
      text += chunk;
      const end = text.indexOf('\n');
      if (end >= 0) resolve(text.slice(0, end));
      else if (text.length > bytesMax)
        reject(new Error(`more than ${bytesMax} bytes without an end of line`));
    });
    socket.once('error', reject);
    socket.once('close', () =>
      reject(Object.assign(new Error('closed without an answer'), { code: 'ECONNRESET' })),
    );
  });
}
