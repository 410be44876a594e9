/**
 * How the process that serves objects is started, as data for whoever does. Not under Node's own permissions, which know no fsync(2): what it may touch is its account's, and
 * the region's to narrow.
 */
import { fileURLToPath } from 'node:url';

/** What V8 may take for objects; bodies are in buffers of their own, which `server/` bounds. */
const HEAP_MIB_MAX = 512;

const MAIN = fileURLToPath(new URL('../server/main.ts', import.meta.url));

export const objectsCommand = (
  main = MAIN,
): { readonly command: string; readonly args: readonly string[] } => ({
  command: 'prlimit',
  args: [
    '--core=0',
    '--',
    process.execPath,
    `--max-old-space-size=${HEAP_MIB_MAX}`,
    '--max-semi-space-size=8',
    // Little of what is young stays, and threads that look for it wait for cores that the database has: without them a small request takes a quarter less.
    '--no-parallel-scavenge',
    '--no-warnings',
    main,
  ],
});
