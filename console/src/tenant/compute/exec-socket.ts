/**
 * A terminal in an instance, over the channels of Kubernetes' `exec` (`v5.channel.k8s.io`): each message starts with the byte of its channel.
 * A page cannot set headers of a WebSocket, so the token goes as a subprotocol, as Kubernetes takes it.
 */
import type { Status } from '../../../../src/kernel/errors.ts';
import { ApiError, ask } from '../../api/client.ts';
import { tokenProtocol } from '../../api/token-protocol.ts';
import { place } from '../../session/place.ts';
import { accessToken } from '../../session/session.ts';

const PROTOCOL = 'v5.channel.k8s.io';
/** `CHANNEL` of src/kernel/wire/channels.ts. */
const STDIN = 0;
const STDOUT = 1;
const ERROR = 3;
const RESIZE = 4;
/** What goes in one message; a long paste is several. */
const PIECE_BYTES_MAX = 32 * 1_024;
/** What was typed or pasted and has not left yet; more is refused. */
const WAITING_BYTES_MAX = 4 * 1_024 * 1_024;

export interface TerminalSize {
  readonly cols: number;
  readonly rows: number;
}

export type TerminalEnd =
  /** The shell ended by itself, with this code. */
  | { readonly type: 'exited'; readonly code: number }
  /** The region would not open it, and why; undefined when it did not say. */
  | { readonly type: 'refused'; readonly error: Error | undefined }
  /** It was open, and the connection broke. */
  | { readonly type: 'lost' };

export interface ExecHandlers {
  opened(): void;
  /** Bytes of the terminal. */
  output(bytes: Uint8Array): void;
  /** Once, last; not after `close`. */
  ended(end: TerminalEnd): void;
}

export interface ExecSocket {
  /** False: too much waits to be sent already, and this was not taken. */
  input(text: string): boolean;
  resize(size: TerminalSize): void;
  close(): void;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** What an exit status on the error channel says. Pure. */
export function endOf(status: Partial<Status> & { readonly code?: number }): TerminalEnd {
  if (status.status === 'Success') return { type: 'exited', code: 0 };
  const cause = status.details?.causes?.find(({ reason }) => String(reason) === 'ExitCode');
  if (cause !== undefined) return { type: 'exited', code: Number(cause.message) };
  return { type: 'refused', error: new ApiError(status.code ?? 500, status) };
}

/** `path` of the object's `exec`, below the realm. */
export function openExec(path: string, handlers: ExecHandlers): ExecSocket {
  let socket: WebSocket | undefined;
  let isOver = false;
  const end = (how: TerminalEnd) => {
    if (isOver) return;
    isOver = true;
    handlers.ended(how);
  };
  const send = (channel: number, bytes: Uint8Array) => {
    if (socket?.readyState !== WebSocket.OPEN) return;
    const message = new Uint8Array(bytes.length + 1);
    message[0] = channel;
    message.set(bytes, 1);
    socket.send(message);
  };
  void connect();
  return {
    input(text) {
      const bytes = encoder.encode(text);
      if ((socket?.bufferedAmount ?? 0) + bytes.length > WAITING_BYTES_MAX) return false;
      for (let at = 0; at < bytes.length; at += PIECE_BYTES_MAX)
        send(STDIN, bytes.subarray(at, at + PIECE_BYTES_MAX));
      return true;
    },
    resize: ({ cols, rows }) => send(RESIZE, encoder.encode(JSON.stringify({ Width: cols, Height: rows }))),
    close() {
      isOver = true;
      socket?.close();
    },
  };

  async function connect(): Promise<void> {
    const token = await accessToken().catch(() => undefined);
    if (isOver) return;
    const address = `${location.origin.replace(/^http/, 'ws')}${place.prefix}${path}?stdin=true&stdout=true&tty=true`;
    const protocols = token === undefined ? [PROTOCOL] : [PROTOCOL, tokenProtocol(token)];
    const opened = new WebSocket(address, protocols);
    opened.binaryType = 'arraybuffer';
    let wasOpen = false;
    opened.addEventListener('open', () => {
      wasOpen = true;
      handlers.opened();
    });
    opened.addEventListener('message', ({ data }) => {
      if (isOver || !(data instanceof ArrayBuffer)) return;
      const [channel] = new Uint8Array(data, 0, 1);
      const bytes = new Uint8Array(data, 1);
      if (channel === STDOUT) handlers.output(bytes);
      else if (channel === ERROR) end(endOf(JSON.parse(decoder.decode(bytes))));
    });
    opened.addEventListener('close', () => {
      if (wasOpen) end({ type: 'lost' });
      else void whyRefused(path).then((error) => end({ type: 'refused', error }));
    });
    socket = opened;
  }
}

/** Of a WebSocket that was refused a browser says nothing: the same door, asked without an upgrade, says who may not pass. */
async function whyRefused(path: string): Promise<Error | undefined> {
  try {
    await ask(path, { method: 'POST' });
    return undefined;
  } catch (error) {
    // It refuses everybody who asks for no upgrade, and that says nothing.
    return error instanceof ApiError && error.code === 400 ? undefined : (error as Error);
  }
}
