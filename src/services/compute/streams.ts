/** Terminals, logs and metrics of instances: what `kubectl exec`, `kubectl cp`, `kubectl logs` and `casemate ssh` reach, and the console. */
import type { ExecSession } from '#engines/incus/exec.ts';
import type { Connector, ConnectRequest, TerminalStreams } from '#kernel/connect.ts';
import { badRequest } from '#kernel/errors.ts';
import type { ComputeContext } from './context.ts';
import { clearly, Places } from './engine-instance.ts';
import { Instance } from './instance.ts';
import { InstanceLogs } from './log-stream.ts';
import { metricsConnector } from './metrics/connector.ts';

const ARGUMENTS_MAX = 1_000;
const ARGUMENTS_LENGTH_MAX = 128 * 1024;

/** Without a command: root's own shell, as a log-in. */
const LOGIN_SHELL = ['/bin/sh', '-c', 'exec "$(getent passwd 0 | cut -d: -f7)" -l'];

export function instanceConnectors(compute: ComputeContext): Readonly<Record<string, Connector>> {
  const places = new Places(compute);
  const logs = new InstanceLogs(compute, places);
  return {
    [`${Instance.resource}/exec`]: {
      type: 'terminal',
      open: (request, streams) => openTerminal(compute, places, request, streams),
    },
    [`${Instance.resource}/log`]: { type: 'text', open: (request) => logs.open(request) },
    ...(compute.metrics === undefined
      ? {}
      : { [`${Instance.resource}/metrics`]: metricsConnector(compute.metrics, places) }),
  };
}

async function openTerminal(
  compute: ComputeContext,
  places: Places,
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
  await compute.checkEntering?.(request);
  const { project, name } = await places.of(request);
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
