/**
 * Tries a readiness probe once. Never throws, and never takes longer than its bound.
 */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import { connect } from 'node:net';
import type { ReadinessProbe } from './definition.ts';

const PROBE_LIMIT_MS = 2_000;

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

function answers(socketPath: string, path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const message = request({ socketPath, path, timeout: PROBE_LIMIT_MS }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    message.once('timeout', () => message.destroy());
    message.once('error', () => resolve(false));
    message.end();
  });
}

export function isMounted(path: string): boolean {
  return readFileSync('/proc/self/mounts', 'utf8')
    .split('\n')
    .some((line) => line.split(' ')[1] === path);
}
