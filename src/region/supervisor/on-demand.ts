/**
 * Processes that are started when somebody asks for one, and end with what they were asked: each connection to a socket starts one, which the connection is the input and
 * the output of. So what is seldom needed takes no memory meanwhile, and whoever asks needs no right to start anything: what is started, and as whom, is the plan's.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { chownSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { listenLocally } from '#kernel/local-socket.ts';
import { confinement } from './confinement.ts';
import type { OnDemandDefinition, SupervisorPlan } from './definition.ts';
import { LogFile } from './log-file.ts';

interface Offer {
  readonly definition: OnDemandDefinition;
  readonly server: Server;
  readonly children: Set<ChildProcess>;
}

export class OnDemand {
  readonly #logs = new Map<string, LogFile>();
  #offers: readonly Offer[] = [];

  /** What the plan offers is offered, in place of what was. What runs is ended. */
  async adopt(plan: SupervisorPlan): Promise<void> {
    await this.stop();
    this.#offers = await Promise.all(
      (plan.onDemand ?? []).map((definition) => this.#offer(plan, definition)),
    );
  }

  async stop(): Promise<void> {
    const offers = this.#offers;
    this.#offers = [];
    for (const { definition, server, children } of offers) {
      server.close();
      for (const child of children) child.kill('SIGKILL');
      await rm(definition.socket, { force: true });
    }
  }

  async #offer(plan: SupervisorPlan, definition: OnDemandDefinition): Promise<Offer> {
    const { name, socket, gid, atOnce_max } = definition;
    const log = this.#logs.get(name) ?? new LogFile(join(plan.logs, `${name}.log`));
    this.#logs.set(name, log);
    const confine =
      plan.controlGroups === undefined
        ? undefined
        : confinement(plan.controlGroups, name, (text) => log.line(text));
    const children = new Set<ChildProcess>();
    const server = createServer((asker) => {
      asker.on('error', () => asker.destroy());
      if (children.size >= atOnce_max) {
        asker.end(
          `${JSON.stringify({ type: 'failed', message: `${atOnce_max} of ${name} run already`, disk: true })}\n`,
        );
        return;
      }
      const child = serve(definition, asker, log);
      if (child.pid !== undefined) confine?.(child.pid);
      children.add(child);
      child.once('close', () => children.delete(child));
    });
    await listenLocally(server, socket, 0o660);
    if (gid !== undefined) chownSync(socket, process.getuid?.() ?? 0, gid);
    return { definition, server, children };
  }
}

/** Ends with the connection, and the connection with it: its last line says how. */
function serve({ command, args, env, cwd }: OnDemandDefinition, asker: Socket, log: LogFile): ChildProcess {
  const child = spawn(command, [...args], {
    cwd,
    env: { ...env },
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let how = 'exit 0';
  child.once('error', (error) => {
    how = error.message;
  });
  child.once('exit', (code, signal) => {
    how = code === null ? `signal ${signal}` : `exit ${code}`;
  });
  child.stderr.on('data', (chunk: Uint8Array) => log.write(chunk));
  // It may have ended before it read all that it was told.
  child.stdin.on('error', () => {});
  asker.pipe(child.stdin);
  child.stdout.pipe(asker, { end: false });
  child.once('close', () => {
    if (!asker.destroyed) asker.end(`\n${JSON.stringify({ type: 'ended', how })}\n`);
  });
  asker.once('close', () => child.kill('SIGKILL'));
  return child;
}
