/** How a process at a repository is started, as data for whoever does. */
import { fileURLToPath } from 'node:url';

/** What V8 may take: it passes bytes on. */
const HEAP_MIB_MAX = 96;
const NICE = 10;

const MAIN = fileURLToPath(new URL('./main.ts', import.meta.url));

export const repositoryCommand = (): { readonly command: string; readonly args: readonly string[] } => ({
  command: 'prlimit',
  args: [
    '--core=0',
    '--',
    'nice',
    '-n',
    String(NICE),
    process.execPath,
    `--max-old-space-size=${HEAP_MIB_MAX}`,
    '--max-semi-space-size=4',
    '--no-warnings',
    MAIN,
  ],
});
