/**
 * The supervisor's control socket: one JSON line asks, one JSON line answers. Only root, or whoever started the region,
 * can open it (the folder's mode sees to that).
 */
import { chmodSync, rmSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { dirname, join } from 'node:path';
import { sleep } from '#kernel/clock.ts';
import { wakefulClock } from '../clock.ts';
import type { SupervisorStatus } from './definition.ts';
import { readState } from './leftovers.ts';
import { isAlive } from './process-table.ts';

/** It starts anew as another program, which takes part of a second on a quiet machine. */
const CHANGE_LIMIT_MS = 15_000;
const CHANGE_LOOK_MS = 20;
const REQUEST_BYTES_MAX = 1_024;
const ANSWER_BYTES_MAX = 1_048_576;

export type ControlCommand = 'status' | 'stop' | 'trial' | 'confirm' | 'revert';

export interface ControlHandlers {
  status(): SupervisorStatus;
  /** Resolves when every process has ended. */
  stop(): Promise<void>;
  /** Goes over to the plan that was laid into the run folder, on trial. */
  trial(): Promise<void>;
  /** False when nothing is on trial any more. */
  confirm(): boolean;
  /** False when nothing was. */
  revert(): Promise<boolean>;
}

/** Serves the socket at `path`; the caller holds the supervisor's lock, so a file that is there is an old one. */
export async function serveControl(path: string, handlers: ControlHandlers): Promise<Server> {
  rmSync(path, { force: true });
  const server = createServer((socket) => {
    socket.on('error', () => socket.destroy());
    void readLine(socket, REQUEST_BYTES_MAX).then(
      async (line) => {
        const answer = await answerTo(line, handlers).catch((error: unknown) => ({
          error: messageOf(error),
        }));
        socket.end(`${JSON.stringify(answer)}\n`);
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

async function answerTo(line: string, handlers: ControlHandlers): Promise<object> {
  switch (line as ControlCommand) {
    case 'status':
      return handlers.status();
    case 'stop':
      await handlers.stop();
      return { stopped: true };
    case 'trial':
      await handlers.trial();
      return { done: true };
    case 'confirm':
      return { done: handlers.confirm() };
    case 'revert':
      return { done: await handlers.revert() };
    default:
      return { error: 'commands are status, stop, trial, confirm and revert' };
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Whether it was done; undefined when no supervisor is there, or it went away meanwhile. Throws with what it says is wrong. */
export async function askTrial(
  path: string,
  command: 'trial' | 'confirm' | 'revert',
): Promise<boolean | undefined> {
  const answer = await ask(path, command);
  if (answer === undefined) return undefined;
  const { done, error } = JSON.parse(answer) as { readonly done?: boolean; readonly error?: string };
  if (done === undefined) throw new Error(`the supervisor: ${error ?? 'answered nothing'}`);
  return done;
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

/** Undefined when no supervisor is there, or when it went away before it answered. One that is becoming another program is waited for. */
async function ask(path: string, command: ControlCommand): Promise<string | undefined> {
  const deadline_ms = wakefulClock.now() + CHANGE_LIMIT_MS;
  for (;;) {
    const answer = await askOnce(path, command);
    if (answer !== undefined || wakefulClock.now() >= deadline_ms) return answer;
    const state = await readState(join(dirname(path), 'state.json'));
    if (state === undefined || !isAlive(state.supervisor)) return undefined;
    await sleep(wakefulClock, CHANGE_LOOK_MS);
  }
}

async function askOnce(path: string, command: ControlCommand): Promise<string | undefined> {
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
