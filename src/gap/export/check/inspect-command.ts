/** How the process that looks into files is started, as data for whoever does: its bounds. It touches no file but the program's own. */
import { fileURLToPath } from 'node:url';
import { type ConfinedCommand, confinedCommand } from '../../confined/command.ts';
import { MIB } from '../limits.ts';

const HEAP_MIB_MAX = 192;
/** All that it may write to in memory, with the room of V8 and its threads: a zip file is held as a whole, all else as it streams by. */
export const MEMORY_BYTES_MAX = 768 * MIB;
/** Of all its cores: what 2 GiB of text take, many times over. */
const CPU_S_MAX = 1_800;

const MAIN = fileURLToPath(new URL('./inspect-process.ts', import.meta.url));

export const inspectCommand = (
  options: { readonly memory_bytes?: number; readonly cpu_s?: number } = {},
): ConfinedCommand =>
  confinedCommand({
    main: MAIN,
    memory_bytes: options.memory_bytes ?? MEMORY_BYTES_MAX,
    heap_mib: HEAP_MIB_MAX,
    cpu_s: options.cpu_s ?? CPU_S_MAX,
    file_bytes: 0,
  });
