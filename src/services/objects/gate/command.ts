/** How the process that serves objects is started, as data for whoever does: all that it may touch. */
import { fileURLToPath } from 'node:url';

/** What V8 may take for objects; bodies are in buffers of their own, which `server/` bounds. */
const HEAP_MIB_MAX = 512;

const PROGRAM = fileURLToPath(new URL('../../../../', import.meta.url));
const MAIN = fileURLToPath(new URL('../server/main.ts', import.meta.url));

export interface ObjectsCommandOptions {
  /** The folder of blobs; absent where another server holds them. */
  readonly folder?: string;
}

/** It may speak to the network and start threads; of files it reads the program, and has one folder. Node's own permissions hold for our code; the account holds whatever runs. */
export function objectsCommand({ folder }: ObjectsCommandOptions): {
  readonly command: string;
  readonly args: readonly string[];
} {
  const program = ['src', 'node_modules', 'package.json'].map((name) => `${PROGRAM}${name}`);
  // Without the last sign a folder's name would stand for whatever begins with it.
  const own = folder === undefined ? [] : [`${folder}/`];
  return {
    command: 'prlimit',
    args: [
      '--core=0',
      '--',
      process.execPath,
      `--max-old-space-size=${HEAP_MIB_MAX}`,
      '--max-semi-space-size=8',
      '--permission',
      '--allow-net',
      '--allow-worker',
      '--no-warnings',
      ...[...program, ...own].flatMap((path) => ['--allow-fs-read', path]),
      ...own.flatMap((path) => ['--allow-fs-write', path]),
      MAIN,
    ],
  };
}
