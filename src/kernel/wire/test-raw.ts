/**
 * Bytes as they are to a test server, past every client that would refuse to send them, and what comes back. Tests only.
 */
import tls from 'node:tls';
import type { TestServer } from './test-server.ts';

export interface RawAnswer {
  /** 0: the connection was closed without a word. */
  readonly code: number;
  readonly head: string;
  readonly body: string;
}

const LIMIT_MS = 10_000;

/** Sends parts one after the other as `alice` and gives what the server said until it closed the connection. Throws when it never does. */
export const sendRaw = (server: TestServer, ...parts: readonly (string | Uint8Array)[]): Promise<RawAnswer> =>
  talk(server, parts, false);

/** The same, and says that nothing more will come; the server may then close without a word. */
export const sendRawAndEnd = (
  server: TestServer,
  ...parts: readonly (string | Uint8Array)[]
): Promise<RawAnswer> => talk(server, parts, true);

function talk(server: TestServer, parts: readonly (string | Uint8Array)[], end: boolean): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const port = Number(new URL(server.url).port);
    const socket = tls.connect({ host: '127.0.0.1', port, ca: server.ca, ...server.clientCertificate });
    const chunks: Buffer[] = [];
    socket.setTimeout(LIMIT_MS, () => {
      socket.destroy();
      reject(new Error(`no end of an answer to ${String(parts[0]).slice(0, 80)}`));
    });
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    // A server that has heard enough may reset the connection while we still talk.
    socket.on('error', () => {});
    socket.on('close', () => {
      // `100 Continue` comes before the answer to whoever expects it.
      const text = Buffer.concat(chunks)
        .toString('latin1')
        .replace(/^HTTP\/1\.1 100 Continue\r\n\r\n/, '');
      const end = text.indexOf('\r\n\r\n');
      const head = end < 0 ? text : text.slice(0, end);
      const body = end < 0 ? '' : text.slice(end + 4);
      resolve({ code: Number(/^HTTP\/1\.1 (\d{3})/.exec(head)?.[1] ?? 0), head, body });
    });
    for (const part of parts) socket.write(part);
    if (end) socket.end();
  });
}
