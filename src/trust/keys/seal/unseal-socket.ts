/**
 * The socket that `casemate unseal` speaks to while the region is sealed: one line asks, one line of JSON answers. Only the region's own
 * account and root can open it, as its folder's mode (0700) sees to. What comes over it is never logged.
 */
import { rmSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { listenLocally } from '#kernel/local-socket.ts';
import { UnsealError } from './sealed-master.ts';
import type { Unsealing, UnsealState } from './unsealing.ts';

const LINE_BYTES_MAX = 4_096;
const CONNECTIONS_MAX = 16;
const ASK_LIMIT_MS = 60_000;

export type UnsealAnswer = UnsealState & { readonly problem?: string };

/** Listens until it is closed. A file that is left of an earlier process is removed. */
export async function serveUnsealing(
  path: string,
  unsealing: Pick<Unsealing, 'state' | 'offer'>,
): Promise<{ close(): Promise<void> }> {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => socket.destroy());
    socket.setTimeout(ASK_LIMIT_MS, () => socket.destroy());
    readLine(socket)
      .then((line) => answerTo(line, unsealing))
      .then(
        (answer) => socket.end(`${JSON.stringify(answer)}\n`),
        () => socket.destroy(),
      );
  });
  server.maxConnections = CONNECTIONS_MAX;
  await listenLocally(server, path, 0o600);
  return {
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        rmSync(path, { force: true });
      }),
  };
}

async function answerTo(line: string, unsealing: Pick<Unsealing, 'state' | 'offer'>): Promise<UnsealAnswer> {
  if (line === '') return unsealing.state;
  try {
    return await unsealing.offer(line);
  } catch (error) {
    if (error instanceof UnsealError) return { ...unsealing.state, problem: error.message };
    throw error;
  }
}

/** Asks the region at `path`: '' for its state, else a passphrase or share. Undefined when nothing there is sealed. */
export async function askUnsealing(path: string, line: string): Promise<UnsealAnswer | undefined> {
  const socket = connect(path);
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('error', reject);
    });
    socket.setTimeout(ASK_LIMIT_MS, () => socket.destroy(new Error('the region did not answer in time')));
    socket.end(`${line}\n`);
    return JSON.parse(await readLine(socket)) as UnsealAnswer;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT' || code === 'ECONNREFUSED') return undefined;
    throw error;
  } finally {
    socket.destroy();
  }
}

async function readLine(socket: Socket): Promise<string> {
  let text = '';
  for await (const chunk of socket.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    text += chunk.toString('utf8');
    const end = text.indexOf('\n');
    if (end >= 0) return text.slice(0, end).replace(/\r$/, '');
    if (text.length > LINE_BYTES_MAX) break;
  }
  throw new UnsealError(`one line of at most ${LINE_BYTES_MAX} bytes`);
}
