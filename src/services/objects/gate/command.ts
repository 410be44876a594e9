/** How the process that serves objects is started, as data for whoever does: all that it may touch. */
import { fileURLToPath } from 'node:url';

/** What V8 may take for objects; bodies are in buffers of their own, which `server/` bounds. */
const HEAP_MIB_MAX = 512;
const FILES_MAX = 65_536;

const MAIN = fileURLToPath(new URL('../server/main.ts', import.meta.url));

/**
 * Its account holds it: that one owns the folder of blobs and nothing else. Node's own permissions are not used besides, because with them nothing can be put on the disk for good
 * (`fsync` is refused).
 */
export function objectsCommand(): { readonly command: string; readonly args: readonly string[] } {
  return {
    command: 'prlimit',
    args: [
      `--nofile=${FILES_MAX}`,
      '--core=0',
      '--',
      process.execPath,
      `--max-old-space-size=${HEAP_MIB_MAX}`,
      '--max-semi-space-size=8',
      '--no-warnings',
      MAIN,
    ],
  };
}
