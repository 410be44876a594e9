/**
 * Gives memory back when nothing happens: V8 collects only while something allocates, so what a start or a burst of work left would
 * stay for as long as the region is idle.
 */
import type { Clock } from './clock.ts';

export const LOOK_INTERVAL_MS = 10_000;
/** Of one core, since the last look. */
export const IDLE_SHARE_MAX = 0.02;
/** A collection stops everything for about a millisecond per 2 MB in use: this bounds it to some 100 ms. */
export const HEAP_BYTES_MAX = 192 * 1024 * 1024;

export interface ProcessMemory {
  /** CPU time that this process has used, in ms. */
  cpu_ms(): number;
  heapUsed_bytes(): number;
  collect(): void;
}

/** Collects once each time the process has come to rest, until the returned function is called. Does nothing where Node runs without `--expose-gc`. */
export function collectWhenIdle(clock: Clock, memory: ProcessMemory | undefined = thisProcess()): () => void {
  if (memory === undefined) return () => {};
  let cpu_ms = memory.cpu_ms();
  let isDone = false;
  let cancel = () => {};
  const schedule = () => {
    cancel = clock.after(LOOK_INTERVAL_MS, () => {
      const used_ms = memory.cpu_ms() - cpu_ms;
      if (used_ms > LOOK_INTERVAL_MS * IDLE_SHARE_MAX) isDone = false;
      else if (!isDone && memory.heapUsed_bytes() <= HEAP_BYTES_MAX) {
        memory.collect();
        isDone = true;
      }
      // Without what the collection itself took.
      cpu_ms = memory.cpu_ms();
      schedule();
    });
  };
  schedule();
  return () => cancel();
}

/** This process, when Node runs with `--expose-gc`; undefined without. */
function thisProcess(): ProcessMemory | undefined {
  const { gc } = globalThis;
  if (gc === undefined) return undefined;
  return {
    cpu_ms() {
      const { user, system } = process.cpuUsage();
      return (user + system) / 1000;
    },
    heapUsed_bytes: () => process.memoryUsage().heapUsed,
    collect: () => void gc({ type: 'major', execution: 'sync', flavor: 'last-resort' }),
  };
}
