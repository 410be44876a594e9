/** How a receiver is started, as data for whoever does: its bounds, and all that it may touch. */
import { fileURLToPath } from 'node:url';
import { BLOB_BYTES_MAX, MIB } from '../../bundle/limits.ts';
import type { GapFolders } from '../folders.ts';

/** What V8 may take for objects: the lists of the largest bundle, read whole. */
const HEAP_MIB_MAX = 512;
/** All that it may write to in memory (RLIMIT_DATA), with its threads and the room of V8. */
export const MEMORY_BYTES_MAX = 1_536 * MIB;
/** Of all its cores: hours for the largest blob, and an end for what goes round in circles. */
const CPU_S_MAX = 6 * 3_600;
const FILES_MAX = 256;

/** What it may read of the program. */
const PROGRAM = fileURLToPath(new URL('../../../../', import.meta.url));
const MAIN = fileURLToPath(new URL('./main.ts', import.meta.url));

export interface ReceiverCommand {
  readonly command: string;
  readonly args: readonly string[];
}

export interface ReceiverCommandOptions {
  readonly folders: GapFolders;
  readonly advisories: string;
  readonly memory_bytes?: number;
  readonly cpu_s?: number;
}

/**
 * With nothing but `prlimit` around Node: whoever starts it takes rights away besides. Each path is an argument by itself. Node's own permissions (no network, no
 * processes, no addons, only these folders) hold for our code; the account holds whatever runs.
 */
export function receiverCommand({
  folders,
  advisories,
  memory_bytes = MEMORY_BYTES_MAX,
  cpu_s = CPU_S_MAX,
}: ReceiverCommandOptions): ReceiverCommand {
  const readable = [
    `${PROGRAM}src`,
    `${PROGRAM}node_modules`,
    `${PROGRAM}package.json`,
    folders.inbox,
    folders.uploads,
    folders.quarantine,
    folders.content,
    advisories,
  ];
  return {
    command: 'prlimit',
    args: [
      `--data=${memory_bytes}`,
      `--cpu=${cpu_s}`,
      `--fsize=${BLOB_BYTES_MAX}`,
      `--nofile=${FILES_MAX}`,
      '--core=0',
      '--',
      process.execPath,
      `--max-old-space-size=${HEAP_MIB_MAX}`,
      '--permission',
      // The thread that hashes.
      '--allow-worker',
      '--no-warnings',
      ...readable.flatMap((path) => ['--allow-fs-read', path]),
      '--allow-fs-write',
      folders.quarantine,
      MAIN,
    ],
  };
}
