/** Runs a program of this machine for what it prints: bounded, without a shell, in no language but its own. */
import { spawn } from 'node:child_process';
import { MIB } from '../limits.ts';
import { BundleError } from '../problem.ts';

const OUTPUT_BYTES_MAX = 64 * MIB;
const SAID_CHARACTERS_KEPT = 2_000;

/** Standard output. Throws BundleError, which names `part`, with what the program said when it fails. */
export function runTool(command: string, args: readonly string[], part: string): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const child = spawn(command, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, LC_ALL: 'C', DEBIAN_FRONTEND: 'noninteractive' },
  });
  const chunks: Buffer[] = [];
  let size = 0;
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => {
    size += chunk.length;
    if (size > OUTPUT_BYTES_MAX) child.kill();
    else chunks.push(chunk);
  });
  child.stderr.on('data', (chunk: Buffer) => {
    said = `${said}${chunk.toString('utf8')}`.slice(-SAID_CHARACTERS_KEPT);
  });
  child.once('error', (error) => reject(new BundleError('Missing', part, `${command}: ${error.message}`)));
  child.once('close', (code) => {
    if (size > OUTPUT_BYTES_MAX) {
      reject(new BundleError('TooLarge', part, `${command} prints more than ${OUTPUT_BYTES_MAX} bytes`));
    } else if (code === 0) resolve(Buffer.concat(chunks).toString('utf8'));
    else reject(new BundleError('Missing', part, `${command} failed: ${said.trim()}`));
  });
  return promise;
}
