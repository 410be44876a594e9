/**
 * The two ways to a confined process: the supervisor's socket, which starts one as an account of its own, and a child of this process, for where there is no supervisor.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import type { ConfinedCommand } from './command.ts';

/** A process that was started for one job. */
export interface Started {
  /** What it says, and last a line about how it ended (`{"type":"ended","how":…}`). */
  readonly output: AsyncIterable<Uint8Array>;
  write(bytes: string | Uint8Array): void;
  /** Ends it, whatever it does. */
  kill(): void;
}

/** Throws when none can be started now. */
export type StartConfined = () => Promise<Started>;

/** What a process of that kind can exceed; `none`: it broke, and nobody knows by what. */
export type Bound = 'memory' | 'time' | 'protocol' | 'none';

/** How V8 and the kernel end what takes too much memory or time: setrlimit(2), and V8's own abort. */
const BOUNDS: Readonly<Record<string, Bound>> = {
  'signal SIGABRT': 'memory',
  'signal SIGTRAP': 'memory',
  'signal SIGXCPU': 'time',
};

/** What a process exceeded that ended that way. */
export const boundOf = (how: string): Bound => BOUNDS[how] ?? 'none';

/** Of a supervisor that offers such processes there. */
export function askedAt(socket: string): StartConfined {
  return async (): Promise<Started> => {
    const connection = connect(socket);
    try {
      await once(connection, 'connect');
    } catch (error) {
      throw new Error(`nobody starts such processes: ${(error as Error).message}`);
    }
    connection.on('error', () => connection.destroy());
    return {
      output: connection,
      write: (bytes) => void (connection.writable && connection.write(bytes)),
      kill: () => connection.destroy(),
    };
  };
}

/** With the rights of this process but for those that the command itself takes away. */
export function startedHere({ command, args }: ConfinedCommand): StartConfined {
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
      write: (bytes) => void (child.stdin.writable && child.stdin.write(bytes)),
      kill: () => void child.kill('SIGKILL'),
    };
  };
}
