/**
 * What goes over the agent's socket: a length (4 bytes, big endian) and that many bytes of JSON, one request and one
 * response a connection.
 */
import type { Socket } from 'node:net';
import type { SealState, ZonesPassed } from './seal/keeper.ts';
import type { ZonePort } from './seal/zone-ports.ts';

export const FRAME_MAX_BYTES = 32 * 1024 * 1024;

export type AgentRequest =
  | { readonly operation: 'apply'; readonly model: unknown }
  | { readonly operation: 'state' }
  | { readonly operation: 'clear' }
  | { readonly operation: 'seal'; readonly model: unknown }
  | { readonly operation: 'seal-state' }
  /** `model`: the pid of the process that tries networks. */
  | { readonly operation: 'zones-open'; readonly model: number }
  | { readonly operation: 'zones-close' };

/** What is in force. */
export interface FilterState {
  /** Digest of the model in force (`modelDigest`); absent when none is. */
  readonly digest?: string;
  /** Bridges of the model that the host does not have yet: apply again once they exist. */
  readonly absentBridges: readonly string[];
}

export type AgentResponse =
  | { readonly ok: true; readonly state: FilterState }
  | { readonly ok: true; readonly seal: SealState }
  | { readonly ok: true; readonly zones: readonly ZonePort[] }
  | { readonly ok: true; readonly passed: ZonesPassed }
  | {
      readonly ok: false;
      readonly reason: 'BadRequest' | 'InvalidModel' | 'NftFailed';
      readonly message: string;
    };

export function encodeFrame(value: unknown): Buffer {
  const body = Buffer.from(JSON.stringify(value));
  if (body.length > FRAME_MAX_BYTES)
    throw new RangeError(`a message of ${body.length} bytes exceeds ${FRAME_MAX_BYTES}`);
  const frame = Buffer.allocUnsafe(4 + body.length);
  frame.writeUInt32BE(body.length, 0);
  body.copy(frame, 4);
  return frame;
}

/** Reads exactly one frame. Throws when it is too long, cut short, followed by more, or not JSON. */
export async function readFrame(socket: Socket): Promise<unknown> {
  const chunks: Buffer[] = [];
  let length = 0;
  let expected: number | undefined;
  for await (const chunk of socket.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    length += chunk.length;
    if (expected === undefined && length >= 4) {
      const head = Buffer.concat(chunks);
      chunks.splice(0, chunks.length, head);
      expected = head.readUInt32BE(0);
      if (expected > FRAME_MAX_BYTES)
        throw new RangeError(`a message must not exceed ${FRAME_MAX_BYTES} bytes`);
    }
    if (expected !== undefined && length >= 4 + expected) break;
  }
  if (expected === undefined || length < 4 + expected) throw new RangeError('the message was cut short');
  if (length > 4 + expected) throw new RangeError('one message a connection');
  return JSON.parse(Buffer.concat(chunks).toString('utf8', 4));
}
