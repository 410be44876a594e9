/** `casemate logs` of the region's own processes: the ends of their log files, and what is added to them. */
import { spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { DataOption } from './commands.ts';
import { readableLine } from './log-line.ts';
import { checkAccess, chosenRegion } from './where.ts';

const TAIL_BYTES_MAX = 65_536;

export async function logs(
  name: string | undefined,
  options: DataOption & { readonly follow?: boolean; readonly lines: number; readonly raw?: boolean },
): Promise<void> {
  const layout = chosenRegion(options.data);
  checkAccess(layout);
  const known = existsSync(layout.logs)
    ? readdirSync(layout.logs)
        .filter((file) => file.endsWith('.log'))
        .map((file) => file.slice(0, -'.log'.length))
        .toSorted()
    : [];
  if (known.length === 0) throw new Error(`${layout.data} has no logs: no region was started there`);
  if (name !== undefined && !known.includes(name)) {
    throw new Error(`there is no log "${name}" here; there are: ${known.join(', ')}`);
  }
  const files = (name === undefined ? known : [name]).map((item) => join(layout.logs, `${item}.log`));
  const follow = options.follow ? ['-F'] : [];
  const tail = spawn('tail', ['-n', `${options.lines}`, ...follow, ...files], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  createInterface({ input: tail.stdout }).on('line', (line) => {
    process.stdout.write(`${options.raw ? line : readableLine(line)}\n`);
  });
  const code = await new Promise<number | null>((resolve, reject) => {
    tail.once('error', reject);
    tail.once('close', resolve);
  });
  if (code !== 0 && code !== null) process.exitCode = 1;
}

/** The last lines of a file, of at most its last 64 KiB; empty when there is none. */
export async function lastLines(path: string, count: number): Promise<string> {
  if (!existsSync(path)) return '';
  const file = await open(path);
  try {
    const { size } = await file.stat();
    const start = Math.max(0, size - TAIL_BYTES_MAX);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(size - start), 0, size - start, start);
    return buffer
      .subarray(0, bytesRead)
      .toString()
      .trimEnd()
      .split('\n')
      .slice(-count)
      .map(readableLine)
      .join('\n');
  } finally {
    await file.close();
  }
}
