/** How a receiver is started, as data for whoever does: its bounds, and all that it may touch. */
import { fileURLToPath } from 'node:url';
import { BLOB_BYTES_MAX, MIB } from '../../bundle/limits.ts';
import { type ConfinedCommand, confinedCommand } from '../../confined/command.ts';
import type { GapFolders } from '../folders.ts';

/** What V8 may take for objects: the lists of the largest bundle, read whole. */
const HEAP_MIB_MAX = 512;
/** All that it may write to in memory (RLIMIT_DATA), with its threads and the room of V8. */
export const MEMORY_BYTES_MAX = 1_536 * MIB;
/** Of all its cores: hours for the largest blob, and an end for what goes round in circles. */
const CPU_S_MAX = 6 * 3_600;

const MAIN = fileURLToPath(new URL('./main.ts', import.meta.url));

export interface ReceiverCommandOptions {
  readonly folders: GapFolders;
  readonly advisories: string;
  readonly memory_bytes?: number;
  readonly cpu_s?: number;
}

export const receiverCommand = ({
  folders,
  advisories,
  memory_bytes = MEMORY_BYTES_MAX,
  cpu_s = CPU_S_MAX,
}: ReceiverCommandOptions): ConfinedCommand =>
  confinedCommand({
    main: MAIN,
    memory_bytes,
    heap_mib: HEAP_MIB_MAX,
    cpu_s,
    file_bytes: BLOB_BYTES_MAX,
    readable: [folders.inbox, folders.uploads, folders.quarantine, folders.content, advisories],
    writable: [folders.quarantine],
    // The thread that hashes.
    threads: true,
  });
