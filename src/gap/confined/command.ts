/** How one of our programs that reads what somebody gave is started, as data for whoever does: its bounds, and all that it may touch. */
import { fileURLToPath } from 'node:url';

const FILES_MAX = 256;
const CPU_GRACE_S = 5;

/** What it may read of the program. */
const PROGRAM = fileURLToPath(new URL('../../../', import.meta.url));

export interface ConfinedCommand {
  readonly command: string;
  readonly args: readonly string[];
}

export interface ConfinedOptions {
  /** The program's first file. */
  readonly main: string;
  /** All that it may write to in memory (RLIMIT_DATA), with its threads and the room of V8. */
  readonly memory_bytes: number;
  /** What V8 may take for objects. */
  readonly heap_mib: number;
  /** Of all its cores. */
  readonly cpu_s: number;
  /** The largest file that it may write. */
  readonly file_bytes: number;
  /** Folders besides the program. */
  readonly readable?: readonly string[];
  readonly writable?: readonly string[];
  /** Whether it may start threads. */
  readonly threads?: boolean;
}

/**
 * With nothing but `prlimit` around Node: whoever starts it takes rights away besides. Each path is an argument by itself. Node's own permissions (no network, no
 * processes, no addons, only these folders) hold for our code; the account holds whatever runs.
 */
export function confinedCommand(options: ConfinedOptions): ConfinedCommand {
  const { main, memory_bytes, heap_mib, cpu_s, file_bytes } = options;
  const program = ['src', 'node_modules', 'package.json'].map((name) => `${PROGRAM}${name}`);
  return {
    command: 'prlimit',
    args: [
      `--data=${memory_bytes}`,
      // A signal that says so, and no choice a little later.
      `--cpu=${cpu_s}:${cpu_s + CPU_GRACE_S}`,
      `--fsize=${file_bytes}`,
      `--nofile=${FILES_MAX}`,
      '--core=0',
      '--',
      process.execPath,
      `--max-old-space-size=${heap_mib}`,
      '--permission',
      ...(options.threads === true ? ['--allow-worker'] : []),
      '--no-warnings',
      ...[...program, ...(options.readable ?? [])].flatMap((path) => ['--allow-fs-read', path]),
      ...(options.writable ?? []).flatMap((path) => ['--allow-fs-write', path]),
      main,
    ],
  };
}
