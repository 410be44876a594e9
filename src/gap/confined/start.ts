/** The two ways to a receiver: the supervisor's socket, which starts one as an account of its own, and a child of this process, for where there is no supervisor. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import type { Started, StartReceiver } from './client.ts';
import type { ReceiverCommand } from './command.ts';

/** Of a supervisor that offers receivers there. */
export function askedAt(socket: string): StartReceiver {
  return async (): Promise<Started> => {
    const connection = connect(socket);
    try {
      await once(connection, 'connect');
    } catch (error) {
      throw new Error(`nobody starts receivers: ${(error as Error).message}`);
    }
    connection.on('error', () => connection.destroy());
    return {
      output: connection,
      write: (line) => void (connection.writable && connection.write(line)),
      kill: () => connection.destroy(),
    };
  };
}

/** With the rights of this process but for those that the command itself takes away. */
export function startedHere({ command, args }: ReceiverCommand): StartReceiver {
  return async (): Promise<Started> => {
    const child = spawn(command, [...args], { env: {}, stdio: ['pipe', 'pipe', 'ignore'] });
    const ended = new Promise<string>((resolve) => {
      child.once('error', (error) => resolve(error.message));
      child.once('exit', (code, signal) => resolve(code === null ? `signal ${signal}` : `exit ${code}`));
    });
    child.stdin.on('error', () => {});
    async function* output(): AsyncGenerator<Uint8Array> {
      yield* child.stdout;
      yield Buffer.from(`\n${JSON.stringify({ type: 'ended', how: await ended })}\n`);
    }
    return {
      output: output(),
      write: (line) => void (child.stdin.writable && child.stdin.write(line)),
      kill: () => void child.kill('SIGKILL'),
    };
  };
}
