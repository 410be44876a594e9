/**
 * One terminal over one WebSocket: joins the channels of the client to the connector of a service, at the pace of the slower.
 */
import type { WebSocket } from 'ws';
import type { ConnectRequest, TerminalConnector, TerminalSize } from '../connect.ts';
import type { Logger } from '../logger.ts';
import { CHANNEL, exitStatus, failureStatus, frame, parseSize } from './channels.ts';
import { STDIN_BUFFER_BYTES_MAX } from './limits.ts';
import { parseBoolean } from './query.ts';
import { StreamQueue } from './stream-queue.ts';

export interface TerminalSession {
  readonly socket: WebSocket;
  readonly connector: TerminalConnector;
  readonly connect: ConnectRequest;
  readonly requestId: string;
  readonly logger: Logger;
}

const NORMAL_CLOSURE = 1000;

/** Runs the command until it ends or the client goes. Resolves when the last message is sent; never throws. */
export async function runTerminal({
  socket,
  connector,
  connect,
  requestId,
  logger,
}: TerminalSession): Promise<void> {
  const { query } = connect;
  const stdin = new StreamQueue<Uint8Array>({
    weigh: (chunk) => chunk.length,
    weight_max: STDIN_BUFFER_BYTES_MAX,
    onFull: () => socket.pause(),
    onRoom: () => socket.resume(),
  });
  const sizes = new StreamQueue<TerminalSize>({ weigh: () => 1, weight_max: 1, onFull() {}, onRoom() {} });
  const end = () => {
    stdin.end();
    sizes.end();
  };
  const wantsStdin = parseBoolean(query, 'stdin');
  socket.on('message', (message: Buffer) => {
    const data = message.subarray(1);
    switch (message[0]) {
      case CHANNEL.stdin:
        if (wantsStdin && data.length > 0) stdin.push(data);
        break;
      case CHANNEL.resize: {
        const size = parseSize(data);
        if (size) sizes.replace(size);
        break;
      }
      case CHANNEL.close:
        if (data[0] === CHANNEL.stdin) stdin.end();
        break;
    }
  });
  socket.on('close', end);
  socket.on('error', end);
  // The client's going settles a write too: the connector must not hang on it.
  const send = (channel: number, data: Uint8Array) =>
    new Promise<void>((resolve) => socket.send(frame(channel, data), () => resolve()));
  const tty = parseBoolean(query, 'tty');
  let status: unknown;
  try {
    const { exitCode } = await connector.open(connect, {
      tty,
      stdin: wantsStdin ? stdin : undefined,
      sizes,
      stdout: (chunk) => send(CHANNEL.stdout, chunk),
      stderr: (chunk) => send(tty ? CHANNEL.stdout : CHANNEL.stderr, chunk),
    });
    status = exitStatus(exitCode);
  } catch (error) {
    if (!connect.signal.aborted) logger.warn({ err: error, requestId }, 'a terminal failed');
    status = failureStatus(error, requestId);
  }
  await send(CHANNEL.error, Buffer.from(JSON.stringify(status)));
  end();
  socket.close(NORMAL_CLOSURE);
}
