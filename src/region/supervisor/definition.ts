/**
 * A process the supervisor owns, described as data: what it is, how to see that it is ready, how to stop it.
 */
import type { OwnerCopy } from '../owner-copy.ts';

/** How to see that a process can do its work. Tried again and again until it holds. */
export type ReadinessProbe =
  /** The process says so itself: `process.send({ready: true})`. Only for our own Node processes. */
  | { readonly type: 'message' }
  /** Something accepts connections on a unix socket. */
  | { readonly type: 'socket'; readonly path: string }
  /** GET over a unix socket answers 200. */
  | { readonly type: 'http'; readonly socket: string; readonly path: string }
  /** A command ends with 0. */
  | { readonly type: 'command'; readonly command: string; readonly args: readonly string[] }
  /** A line that tells so appears in /proc/self/mounts: something is mounted there. */
  | { readonly type: 'mount'; readonly path: string };

export interface ProcessDefinition {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  /** All of its environment: nothing is inherited. Never secrets. */
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly uid?: number;
  readonly gid?: number;
  /** Names of processes that must have been ready once before this one starts, and that stop only after it has ended. */
  readonly after: readonly string[];
  /** It waits for those itself, so it may start at once and load meanwhile. They still stop after it. */
  readonly startsAtOnce?: boolean;
  /** Run to its end before every start, with the same environment: clears up after a process that was killed. If it fails, so does the start. */
  readonly prepare?: { readonly command: string; readonly args: readonly string[] };
  /** Run to its end after all processes have ended, when the region is stopped for good; with the same environment. What it cannot do goes into the log. */
  readonly atLast?: { readonly command: string; readonly args: readonly string[] };
  readonly ready: ReadinessProbe;
  /** It speaks through a pipe (`words.ts`), and not only to the program that started it. */
  readonly speaks?: boolean;
  /** Files that it makes as its own user for whoever owns the region: copied when it is ready, and when it says so. Only with `message`. */
  readonly handsOver?: readonly OwnerCopy[];
  /** How long it may take to become ready; then it is stopped and started again. */
  readonly startLimit_ms: number;
  readonly stop: {
    readonly signal: NodeJS.Signals;
    /** How long it may take to end by itself; then it is killed. */
    readonly grace_ms: number;
    /** Run instead of sending the signal, where a process has a better way to be told. */
    readonly command?: { readonly command: string; readonly args: readonly string[] };
  };
  /** The region works without it: then it holds up nothing, and `up` does not wait for it. */
  readonly optional?: boolean;
}

/** What one of our own processes may tell its supervisor. */
export interface ChildMessage {
  readonly ready?: boolean;
  readonly notes?: readonly string[];
  /** What holds the region's keys: for `status`, as it is. */
  readonly keys?: object;
  /** Why it waits for somebody to unseal it; empty: it does not. */
  readonly sealed?: string;
  /** How the seal of the air gap is. */
  readonly seal?: SealNews;
  /** Why it does not do its work, although it runs. Holds until it is started again. */
  readonly failing?: string;
  /** What it makes for the region's owner may have changed. */
  readonly handOver?: boolean;
}

/** What `status` says of the seal. */
export interface SealNews {
  readonly sealed: boolean;
  /** Why, in words for a person. */
  readonly message: string;
  /** RFC 3339, since when it is so. */
  readonly since: string;
}

/** A process that each connection to a socket starts one of: see `on-demand.ts`. */
export interface OnDemandDefinition {
  readonly name: string;
  readonly socket: string;
  /** The group that may ask. */
  readonly gid?: number;
  readonly atOnce_max: number;
  readonly command: string;
  readonly args: readonly string[];
  /** All of its environment. */
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
}

export interface SupervisorPlan {
  /** Changes when anything below does: `up` then restarts the region. */
  readonly digest: string;
  /** Each process is put into a control group of its own, in one of this region, which the seal tells its packets by. Absent: none is. */
  readonly controlGroups?: string;
  readonly logs: string;
  readonly processes: readonly ProcessDefinition[];
  /** What is only started when somebody asks. */
  readonly onDemand?: readonly OnDemandDefinition[];
  /** The program that is to supervise all this. Absent in plans of releases that cannot take over from another one. */
  readonly supervisor?: SupervisorCommand;
}

export interface SupervisorCommand {
  readonly command: string;
  /** The run folder comes after them. */
  readonly args: readonly string[];
}

export type ProcessState = 'waiting' | 'starting' | 'ready' | 'backoff' | 'stopping' | 'stopped';

export interface ProcessStatus {
  readonly name: string;
  readonly state: ProcessState;
  readonly pid?: number;
  readonly optional: boolean;
  /** How often it was started again since the supervisor started. */
  readonly restarts: number;
  /** RFC 3339, since when it is in this state. */
  readonly since: string;
  /** RFC 3339, since when it does not do its work: it does not come up, ended by itself, or says that it fails. However often it is tried again. Absent: it does. */
  readonly wrongSince?: string;
  /** What holds the region's keys. */
  readonly keys?: object;
  /** Why it waits for somebody to unseal it. */
  readonly sealed?: string;
  /** How the seal of the air gap is. */
  readonly seal?: SealNews;
  /** Why it does not do its work, although it runs. */
  readonly failing?: string;
  /** Why it last ended or did not become ready. */
  readonly lastFailure?: string;
  /** What it says of itself: things that do not work, in words for a person. */
  readonly notes: readonly string[];
}

export interface SupervisorStatus {
  readonly pid: number;
  readonly startedAt: string;
  readonly digest: string;
  /** That plan goes away again by itself unless somebody says that it stays. */
  readonly onTrial: boolean;
  readonly memory_bytes: number;
  /** The release that the supervisor itself is of. */
  readonly program: { readonly version: string; readonly folder: string };
  readonly processes: readonly ProcessStatus[];
}
