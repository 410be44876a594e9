/**
 * Watches every attempt to leave a network namespace that has no route out, and names the process that tried.
 * The kernel looks up a route for each connection and datagram before anything is sent; its tracepoints tell the
 * process, the destination and the outcome. So nothing slips by for using another library, a raw socket or no DNS.
 * It only observes. Needs root and tracefs.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readlinkSync, rmdirSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { createInterface } from 'node:readline';

const TRACEFS = '/sys/kernel/tracing';
const EVENTS = ['fib/fib_table_lookup', 'fib6/fib6_table_lookup'];
/** Tells what a process became: the kernel's own notes of names lag behind a fork. */
const EXEC = 'sched/sched_process_exec';
const EXEC_LINE = /sched_process_exec: filename=(?<file>\S+) pid=(?<pid>\d+)/;
/** More attempts than this are counted, not kept. */
const ATTEMPTS_MAX = 10_000;

export interface EgressAttempt {
  /** The program it runs; of one that ran before the watch began, the kernel's name of it (at most 15 characters). */
  readonly process: string;
  readonly pid: number;
  readonly destination: string;
  readonly port: number;
  readonly protocol: string;
  /** Absent when a process of this machine tried; else the attempt came from an instance through a bridge. */
  readonly fromInterface: number | undefined;
}

export interface EgressWatch {
  /** Attempts so far, in order. */
  readonly attempts: readonly EgressAttempt[];
  /** Stops watching, after all that was seen until now has been read. */
  stop(): Promise<readonly EgressAttempt[]>;
}

const PROTOCOLS: Readonly<Record<string, string>> = { '1': 'icmp', '6': 'tcp', '17': 'udp', '58': 'icmpv6' };
/** What the kernel calls an interface index for packets made on this machine. */
const LOOPBACK_INDEX = 1;

const LINE =
  /^\s*(?<process>.+)-(?<pid>\d+)\s+\[\d+\]\s+..(?<context>.)\S*\s.*fib6?_table_lookup: table\s+(?<table>\d+) oif \d+ iif (?<iif>\d+) proto (?<protocol>\d+) \S+ -> (?<destination>[0-9a-f.:]+)\/(?<port>\d+) .* err (?<error>-?\d+)$/;

// The table that holds the routes off this machine. A miss in the `local` table is only a step on the way here.
const MAIN_TABLE = '254';

/** Multicast and link-local destinations never leave a link. */
function staysOnLink(destination: string): boolean {
  return (
    /^(22[4-9]|23\d|169\.254)\./.test(destination) ||
    /^(ff|fe8)/.test(destination) ||
    destination === '255.255.255.255'
  );
}

/** What stands third among a line's flags when the kernel works in a process's name, and not at an interrupt. */
const IN_PROCESS = '.';

/**
 * Reads one line of the kernel's trace; undefined when it is not a failed attempt to leave. What the kernel sends from a timer (once more to a
 * peer that vanished, of any namespace) bears the name of whoever ran at that moment, and is no attempt of theirs: a first attempt is made by the process
 * itself. What an instance sends comes in at an interrupt, and is told by its interface.
 */
export function parseAttempt(line: string): EgressAttempt | undefined {
  const found = LINE.exec(line)?.groups;
  if (!found?.process || !found.destination || found.table !== MAIN_TABLE || found.error === '0')
    return undefined;
  if (staysOnLink(found.destination)) return undefined;
  const iif = Number(found.iif);
  const isForwarded = iif !== LOOPBACK_INDEX && iif !== 0;
  if (!isForwarded && found.context !== IN_PROCESS) return undefined;
  return {
    process: found.process.trim(),
    pid: Number(found.pid),
    destination: found.destination,
    port: Number(found.port),
    protocol: PROTOCOLS[found.protocol ?? ''] ?? `protocol ${found.protocol}`,
    fromInterface: isForwarded ? iif : undefined,
  };
}

function ensureTracefs(): void {
  if (existsSync(`${TRACEFS}/events/${EVENTS[0]}`)) return;
  execFileSync('mount', ['-t', 'tracefs', 'nodev', TRACEFS]);
}

function network(pid: number | 'self'): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/ns/net`);
  } catch {
    return undefined; // It has ended: counted all the same, for we cannot say that it was elsewhere.
  }
}

/**
 * Starts watching. `name` makes the tracing instance; `ofProcess` is a process inside the namespace to watch
 * (attempts of processes that are known to be in another one are left out).
 */
export async function watchEgress(name: string, ofProcess: number): Promise<EgressWatch> {
  ensureTracefs();
  const inside = network(ofProcess);
  const instance = `${TRACEFS}/instances/casemate-${name}`;
  mkdirSync(instance, { recursive: true });
  const attempts: EgressAttempt[] = [];
  const programs = new Map<number, string>();
  const pipe: ChildProcess = spawn('cat', [`${instance}/trace_pipe`], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  if (!pipe.stdout) throw new Error('the trace could not be read');
  const lines = createInterface({ input: pipe.stdout });
  const marker = `casemate-egress-${name}-${process.pid}`;
  const { promise: drained, resolve: onDrained } = Promise.withResolvers<void>();
  lines.on('line', (line) => {
    if (line.includes(marker)) return onDrained();
    const exec = EXEC_LINE.exec(line)?.groups;
    if (exec?.file !== undefined) programs.set(Number(exec.pid), basename(exec.file));
    const found = parseAttempt(line);
    const attempt = found && { ...found, process: programs.get(found.pid) ?? found.process };
    if (!attempt || attempts.length >= ATTEMPTS_MAX) return;
    const where = network(attempt.pid);
    if (attempt.fromInterface === undefined && where !== undefined && where !== inside) return;
    attempts.push(attempt);
  });
  writeFileSync(`${instance}/events/${EXEC}/enable`, '1');
  for (const event of EVENTS) {
    if (!existsSync(`${instance}/events/${event}`)) continue;
    // Filtered in the kernel: this machine's other traffic, which finds its route, costs nothing.
    writeFileSync(`${instance}/events/${event}/filter`, `err < 0 && tb_id == ${MAIN_TABLE}`);
    writeFileSync(`${instance}/events/${event}/enable`, '1');
  }
  return {
    attempts,
    async stop() {
      writeFileSync(`${instance}/events/${EXEC}/enable`, '0');
      for (const event of EVENTS) {
        if (existsSync(`${instance}/events/${event}`))
          writeFileSync(`${instance}/events/${event}/enable`, '0');
      }
      writeFileSync(`${instance}/trace_marker`, marker);
      await drained;
      const ended = new Promise((resolve) => pipe.once('close', resolve));
      pipe.kill();
      await ended;
      rmdirSync(instance);
      return attempts;
    },
  };
}
