/** Which processes another one started, by /proc (proc(5)): readable by every account. */
import { readdirSync, readFileSync } from 'node:fs';

export interface ChildProcess {
  readonly pid: number;
  readonly command: string;
}

/** Processes read: more than a region ever has beside those of its instances. */
const PROCESSES_MAX = 65_536;

/** Those whose parent is `parent` now. One that ends meanwhile is left out. */
export function childrenOf(parent: number): ChildProcess[] {
  return readdirSync('/proc')
    .filter((name) => /^[0-9]+$/.test(name))
    .slice(0, PROCESSES_MAX)
    .flatMap((name) => {
      const found = parentOf(name);
      return found?.parent === parent ? [{ pid: Number(name), command: found.command }] : [];
    });
}

function parentOf(pid: string): { readonly parent: number; readonly command: string } | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The command stands in parentheses, and may hold any character, parentheses too.
    const end = stat.lastIndexOf(')');
    const command = stat.slice(stat.indexOf('(') + 1, end);
    return { parent: Number(stat.slice(end + 2).split(' ')[1]), command };
  } catch {
    return undefined;
  }
}
