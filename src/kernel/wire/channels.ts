/**
 * The channel protocols of Kubernetes exec over WebSocket: each message starts with the byte of its channel. Pure.
 */

import type { TerminalSize } from '../connect.ts';
import { isStatusError } from '../errors.ts';

/** What this server speaks, best first. v5 adds closing one channel. */
export const CHANNEL_PROTOCOLS = ['v5.channel.k8s.io', 'v4.channel.k8s.io'] as const;

export const CHANNEL = { stdin: 0, stdout: 1, stderr: 2, error: 3, resize: 4, close: 255 } as const;

/** The protocol to speak, of those that were offered. */
export function channelProtocol(offered: ReadonlySet<string>): string | undefined {
  return CHANNEL_PROTOCOLS.find((name) => offered.has(name));
}

export function frame(channel: number, data: Uint8Array): Buffer {
  return Buffer.concat([Uint8Array.of(channel), data]);
}

/** A resize message, `{"Width":80,"Height":24}`. Undefined when it is not one. */
export function parseSize(data: Uint8Array): TerminalSize | undefined {
  try {
    const value = JSON.parse(Buffer.from(data).toString()) as { Width?: unknown; Height?: unknown } | null;
    const { Width: width, Height: height } = value ?? {};
    return isCells(width) && isCells(height) ? { width, height } : undefined;
  } catch {
    return undefined;
  }
}

function isCells(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value > 0 && value <= 0xffff;
}

/** What the error channel says when the command has ended. */
export function exitStatus(exitCode: number) {
  if (exitCode === 0) return { metadata: {}, status: 'Success' };
  return {
    metadata: {},
    status: 'Failure',
    reason: 'NonZeroExitCode',
    message: `command terminated with non-zero exit code: exit status ${exitCode}`,
    details: { causes: [{ reason: 'ExitCode', message: String(exitCode) }] },
  };
}

/** What the error channel says when the command could not run. Faults of ours say nothing but the request's id. */
export function failureStatus(error: unknown, requestId: string) {
  if (isStatusError(error)) return error.toStatus();
  return {
    metadata: {},
    status: 'Failure',
    reason: 'InternalError',
    message: `the region failed to run the command; its operator finds the cause in the log under request ${requestId}`,
    code: 500,
  };
}
