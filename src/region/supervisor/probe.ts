/**
 * Tries a readiness probe once. Never throws, and never takes longer than its bound.
 */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import type { ReadinessProbe } from './definition.ts';

const PROBE_LIMIT_MS = 2_000;
// RFC 9112, section 4: version, space, three digits, space.
const STATUS_OK = /^HTTP\/1\.[01] 200 /;
const STATUS_LINE_BYTES = 'HTTP/1.1 200 '.length;

export type ActiveProbe = Exclude<ReadinessProbe, { type: 'message' }>;

export function tryProbe(probe: ActiveProbe): Promise<boolean> {
  switch (probe.type) {
    case 'socket':
      return accepts(probe.path);
    case 'http':
      return answers(probe.socket, probe.path);
    case 'command':
      return new Promise((resolve) => {
        execFile(probe.command, [...probe.args], { timeout: PROBE_LIMIT_MS }, (error) =>
          resolve(error === null),
        );
      });
    case 'mount':
      return Promise.resolve(isMounted(probe.path));
  }
}

function accepts(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    const done = (result: boolean) => {
      socket.destroy();
      resolve(result);
    };
    socket.setTimeout(PROBE_LIMIT_MS, () => done(false));
    socket.once('connect', () => done(true));
    socket.once('error', () => done(false));
  });
}

/** The first line of the answer is all that counts, so that the supervisor needs no HTTP client: Node's takes 15 MB. */
function answers(socketPath: string, path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(socketPath);
    let text = '';
    const done = (result: boolean) => {
      socket.destroy();
      resolve(result);
    };
    socket.setEncoding('latin1');
    socket.setTimeout(PROBE_LIMIT_MS, () => done(false));
    socket.once('connect', () => socket.write(`GET ${path} HTTP/1.0\r\n\r\n`));
    socket.on('data', (chunk: string) => {
      text += chunk;
      if (text.length >= STATUS_LINE_BYTES) done(STATUS_OK.test(text));
    });
    socket.once('error', () => done(false));
    socket.once('close', () => done(STATUS_OK.test(text)));
  });
}

export function isMounted(path: string): boolean {
  return readFileSync('/proc/self/mounts', 'utf8')
    .split('\n')
    .some((line) => line.split(' ')[1] === path);
}
