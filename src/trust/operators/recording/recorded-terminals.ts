/** Puts a recorder between operators and every terminal, whichever service gives it. Nobody else's terminal is touched. */
import type { Connector, TerminalConnector, TerminalStreams } from '#kernel/connect.ts';
import { unauthorized } from '#kernel/errors.ts';
import { isOperatorSession, sessionOf } from '../session.ts';
import { type RecorderOptions, type Recording, startRecording } from './recorder.ts';

async function* told<T>(values: AsyncIterable<T>, tell: (value: T) => Promise<void>): AsyncGenerator<T> {
  for await (const value of values) {
    await tell(value);
    yield value;
  }
}

/** The client's end, with everything that passes put on record first. */
function watched(streams: TerminalStreams, recording: Recording): TerminalStreams {
  return {
    tty: streams.tty,
    stdin: streams.stdin && told(streams.stdin, (chunk) => recording.input(chunk)),
    sizes: told(streams.sizes, (size) => recording.resized(size)),
    async stdout(chunk) {
      await recording.output(chunk);
      await streams.stdout(chunk);
    },
    async stderr(chunk) {
      await (streams.tty ? recording.output(chunk) : recording.errors(chunk));
      await streams.stderr(chunk);
    },
  };
}

export function recordedTerminal(inner: TerminalConnector, options: RecorderOptions): TerminalConnector {
  return {
    type: 'terminal',
    async open(request, streams) {
      if (!isOperatorSession(request.actor)) return inner.open(request, streams);
      const { realms, clock } = options;
      const session = await realms.use(request.realm, ({ view }) =>
        sessionOf(view, request.actor, clock.now()),
      );
      if (!session) throw unauthorized('the session has ended');
      const recording = await startRecording(options, session, request);
      // Once the operator is gone nothing passes any more: what their command left running must not keep the recording open.
      const onGone = () =>
        void recording.end({ error: new Error('the operator’s connection ended') }).catch(() => {});
      request.signal.addEventListener('abort', onGone, { once: true });
      if (request.signal.aborted) onGone();
      const signal = AbortSignal.any([request.signal, recording.signal]);
      let exitCode: number | undefined;
      let error: unknown;
      try {
        ({ exitCode } = await inner.open({ ...request, signal }, watched(streams, recording)));
      } catch (reason) {
        error = reason;
      }
      request.signal.removeEventListener('abort', onGone);
      if (recording.signal.aborted) error = recording.signal.reason;
      try {
        await recording.end({ exitCode, error });
      } catch (reason) {
        // What could not be kept ended the terminal already, and its recording says in time that it is incomplete.
        error ??= reason;
      }
      if (exitCode === undefined || error !== undefined) throw error;
      return { exitCode };
    },
  };
}

/** Every connector, with its terminals recorded. */
export function recordedTerminals(
  connectors: Readonly<Record<string, Connector>>,
  options: RecorderOptions,
): Readonly<Record<string, Connector>> {
  return Object.fromEntries(
    Object.entries(connectors).map(([name, connector]) => [
      name,
      connector.type === 'terminal' ? recordedTerminal(connector, options) : connector,
    ]),
  );
}
