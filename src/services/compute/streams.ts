/** Terminals and logs of instances: what `kubectl exec`, `kubectl cp`, `kubectl logs` and `casemate ssh` reach. */
import { isIncusError } from '#engines/incus/errors.ts';
import type { ExecSession } from '#engines/incus/exec.ts';
import { sleep } from '#kernel/clock.ts';
import type { Connector, ConnectRequest, TerminalStreams } from '#kernel/connect.ts';
import { badRequest, conflict, unavailable } from '#kernel/errors.ts';
import { appended, lastLines } from './console-text.ts';
import type { ComputeContext } from './context.ts';
import { Instance, type InstanceObject } from './instance.ts';
import { engineInstance, LABELS } from './names.ts';

const ARGUMENTS_MAX = 1_000;
const ARGUMENTS_LENGTH_MAX = 128 * 1024;
const FOLLOW_EVERY_MS = 500;
const RETRY_S = 5;

/** Without a command: root's own shell, as a log-in. */
const LOGIN_SHELL = ['/bin/sh', '-c', 'exec "$(getent passwd 0 | cut -d: -f7)" -l'];

export function instanceConnectors(compute: ComputeContext): Readonly<Record<string, Connector>> {
  return {
    [`${Instance.resource}/exec`]: {
      type: 'terminal',
      open: (request, streams) => openTerminal(compute, request, streams),
    },
    [`${Instance.resource}/log`]: { type: 'text', open: (request) => openLog(compute, request) },
  };
}

async function openTerminal(
  compute: ComputeContext,
  request: ConnectRequest,
  streams: TerminalStreams,
): Promise<{ exitCode: number }> {
  const command = request.query.getAll('command');
  const length = command.reduce((sum, word) => sum + Buffer.byteLength(word), 0);
  if (command.length > ARGUMENTS_MAX || length > ARGUMENTS_LENGTH_MAX) {
    throw badRequest(
      `the command is too long: at most ${ARGUMENTS_MAX} words, ${ARGUMENTS_LENGTH_MAX} bytes`,
    );
  }
  const { project, name } = await locate(compute, request);
  const session = await clearly(request, () =>
    compute.incus.exec(project, name, {
      command: command.length > 0 ? command : LOGIN_SHELL,
      environment: {
        HOME: '/root',
        USER: 'root',
        LANG: 'C.UTF-8',
        ...(streams.tty ? { TERM: 'xterm-256color' } : {}),
      },
      workingFolder: '/root',
      interactive: streams.tty,
      stdout: (chunk) => streams.stdout(chunk),
      stderr: (chunk) => streams.stderr(chunk),
    }),
  );
  const onGone = () => session.kill();
  request.signal.addEventListener('abort', onGone, { once: true });
  if (request.signal.aborted) onGone();
  void pumpInput(streams, session);
  if (streams.tty) void pumpSizes(streams, session);
  try {
    return { exitCode: await clearly(request, () => session.done) };
  } finally {
    request.signal.removeEventListener('abort', onGone);
  }
}

async function pumpInput(streams: TerminalStreams, session: ExecSession): Promise<void> {
  try {
    for await (const chunk of streams.stdin ?? []) await session.write(chunk);
    session.end();
  } catch {
    session.kill(); // the client broke off in the middle of its input
  }
}

async function pumpSizes(streams: TerminalStreams, session: ExecSession): Promise<void> {
  try {
    for await (const { width, height } of streams.sizes) session.resize(width, height);
  } catch {
    // the client has gone; its signal ends the session
  }
}

async function openLog(compute: ComputeContext, request: ConnectRequest): Promise<AsyncIterable<Uint8Array>> {
  const { query } = request;
  if (query.get('previous') === 'true') {
    throw badRequest('previous: an instance has one console, and no log of an earlier run');
  }
  const tail = bounded(query, 'tailLines');
  const limit_bytes = bounded(query, 'limitBytes');
  const { project, name } = await locate(compute, request);
  const read = () => clearly(request, () => compute.incus.instances.consoleLog(project, name));
  const first = await read();
  return follow();

  async function* follow(): AsyncGenerator<Uint8Array> {
    let left_bytes = limit_bytes ?? Number.POSITIVE_INFINITY;
    let seen = first;
    let next = tail === undefined ? first : lastLines(first, tail);
    for (;;) {
      if (next.length > 0) yield next.subarray(0, left_bytes);
      left_bytes -= next.length;
      if (left_bytes <= 0 || query.get('follow') !== 'true' || request.signal.aborted) return;
      try {
        await sleep(compute.clock, FOLLOW_EVERY_MS, request.signal);
      } catch {
        return; // the client has gone
      }
      const now = await read();
      next = appended(seen, now);
      seen = now;
    }
  }
}

function bounded(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name);
  if (text === null) return undefined;
  if (!/^\d{1,9}$/.test(text)) throw badRequest(`${name}: "${text}" is not a whole number of 0 or more`);
  return Number(text);
}

const REMEMBERED_MAX = 10_000;
const projectsByUid = new WeakMap<ComputeContext, Map<string, string>>();

/** Where Incus has the instance. Its project's uid is not in the object, so the first time it is looked up by label. */
async function locate(
  compute: ComputeContext,
  request: ConnectRequest,
): Promise<{ readonly project: string; readonly name: string }> {
  const { uid } = request.object.metadata;
  const known = projectsByUid.get(compute) ?? new Map<string, string>();
  projectsByUid.set(compute, known);
  let project = known.get(uid);
  if (project === undefined) {
    const all = await clearly(request, () => compute.incus.instances.list());
    project = all.find(({ config }) => config[LABELS.uid] === uid)?.project;
    if (project === undefined) throw notThere(request, 'the engine has not made it yet');
    if (known.size >= REMEMBERED_MAX) known.clear();
    known.set(uid, project);
  }
  return { project, name: engineInstance(uid) };
}

/** Runs a step and turns what Incus says into what a user can act on. */
async function clearly<T>(request: ConnectRequest, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!isIncusError(error)) throw error;
    if (/not running|is stopped/i.test(error.message)) {
      throw notThere(request, 'it is not running; set spec.powerState to Running');
    }
    if (isIncusError(error, 'NotFound')) throw notThere(request, 'the engine has not made it yet');
    throw unavailable('the region’s compute engine does not answer; try again shortly', RETRY_S);
  }
}

function notThere({ object }: ConnectRequest, why: string) {
  const { status } = object as InstanceObject;
  const ready = status?.conditions?.find(({ type }) => type === 'Ready');
  const more = ready && ready.status !== 'True' ? ` (${ready.reason}: ${ready.message})` : '';
  return conflict(
    { group: Instance.group, kind: Instance.kind, name: object.metadata.name },
    `${why}${more}`,
  );
}
