/**
 * Terminals for kubectl to connect to: `tar` and what `kubectl cp` needs besides run for real on this machine; `shell` is a small one
 * that tells what it was given. Tests only.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { TerminalConnector, TerminalStreams } from '#kernel/connect.ts';

const REAL: ReadonlySet<string> = new Set(['tar', 'test']);

export const hostTerminal: TerminalConnector = {
  type: 'terminal',
  async open({ query }, streams) {
    const [command = '', ...parameters] = query.getAll('command');
    if (REAL.has(command)) return { exitCode: await runReal(command, parameters, streams) };
    if (command === 'shell') return { exitCode: await shell(streams) };
    await streams.stderr(Buffer.from(`${command}: not found\n`));
    return { exitCode: 127 };
  },
};

async function runReal(
  command: string,
  parameters: readonly string[],
  { stdin, stdout }: TerminalStreams,
): Promise<number> {
  const child = spawn(command, [...parameters]);
  // What tar does not want to read any more is no fault.
  child.stdin.on('error', () => {});
  const output = (async () => {
    for await (const chunk of child.stdout) await stdout(chunk);
  })();
  if (stdin === undefined) child.stdin.end();
  else
    void (async () => {
      for await (const chunk of stdin) child.stdin.write(chunk);
      child.stdin.end();
    })();
  const [exitCode] = await once(child, 'close');
  await output;
  return exitCode;
}

/** Says what the terminal is like, then repeats each line; `exit N` ends it. */
async function shell({ tty, stdin, stdout, sizes }: TerminalStreams): Promise<number> {
  const say = (text: string) => stdout(Buffer.from(`${text}\r\n`));
  await say(`tty=${tty}`);
  for await (const { width, height } of sizes) {
    await say(`size=${width}x${height}`);
    break;
  }
  let line = '';
  for await (const chunk of stdin ?? []) {
    line += Buffer.from(chunk).toString();
    const end = line.search(/[\r\n]/);
    if (end < 0) continue;
    const said = line.slice(0, end);
    line = line.slice(end + 1);
    const exit = /^exit (\d+)$/.exec(said);
    if (exit) return Number(exit[1]);
    await say(`said=${said}`);
  }
  return 0;
}
