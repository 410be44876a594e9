/**
 * One terminal over one connection: joins the channels of the client to the connector of a service, at the pace of the slower.
 */
import type { ConnectRequest, TerminalConnector, TerminalSize } from '../connect.ts';
import type { Logger } from '../logger.ts';
import type { ChannelSocket } from './channel-socket.ts';
import { CHANNEL, exitStatus, failureStatus, parseSize } from './channels.ts';
import { STDIN_BUFFER_BYTES_MAX } from './limits.ts';
import { parseBoolean } from './query.ts';
import { StreamQueue } from './stream-queue.ts';

export interface TerminalSession {
  readonly socket: ChannelSocket;
  readonly connector: TerminalConnector;
  readonly connect: ConnectRequest;
  readonly requestId: string;
  readonly logger: Logger;
}

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
  const tty = parseBoolean(query, 'tty');
  socket.listen({
    data(channel, data) {
      if (channel === CHANNEL.stdin && wantsStdin && data.length > 0) stdin.push(data);
      else if (channel === CHANNEL.resize) {
        const size = parseSize(data);
        if (size) sizes.replace(size);
      }
    },
    end(channel) {
      if (channel === CHANNEL.stdin) stdin.end();
    },
    closed: end,
  });
  let status: unknown;
  try {
    const { exitCode } = await connector.open(connect, {
      tty,
      stdin: wantsStdin ? stdin : undefined,
      sizes,
      stdout: (chunk) => socket.send(CHANNEL.stdout, chunk),
      // A terminal has one output.
      stderr: (chunk) => socket.send(tty ? CHANNEL.stdout : CHANNEL.stderr, chunk),
    });
    status = exitStatus(exitCode);
  } catch (error) {
    if (!connect.signal.aborted) logger.warn({ err: error, requestId }, 'a terminal failed');
    status = failureStatus(error, requestId);
  }
  await socket.send(CHANNEL.error, Buffer.from(JSON.stringify(status)));
  end();
  socket.finish();
}
