/**
 * What /proc says of processes. A pid alone may have been given to another process since; with its start time it is unique
 * until the machine restarts.
 */
import { readFileSync } from 'node:fs';

export interface ProcessIdentity {
  readonly pid: number;
  /** Field 22 of /proc/<pid>/stat: clock ticks since boot, see proc(5). */
  readonly startTicks: string;
  /** Which boot of the machine the ticks count from. */
  readonly boot: string;
}

function startTicksOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The second field is the command in parentheses and may hold anything, parentheses too.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? undefined : fields[19];
  } catch {
    // No such process, which is an answer.
    return undefined;
  }
}

function currentBoot(): string {
  return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
}

/** Undefined when there is no such process. */
export function identify(pid: number): ProcessIdentity | undefined {
  const startTicks = startTicksOf(pid);
  return startTicks === undefined ? undefined : { pid, startTicks, boot: currentBoot() };
}

export function isAlive(identity: ProcessIdentity): boolean {
  return identity.boot === currentBoot() && startTicksOf(identity.pid) === identity.startTicks;
}
