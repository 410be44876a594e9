/**
 * What the region and the process that looks into files say to each other. In go frames: a letter, the length of what follows (4 bytes, big endian), and that; out come
 * lines of JSON, which the region checks against the schemas of `process-inspector.ts`. Content goes in piece by piece, as it is asked for.
 */
import type { ByteReader } from '../../archive/byte-reader.ts';
import type { ContentType } from './content-type.ts';
import type { Finding, RuleName } from './finding.ts';

/** Settings, once and first; the name of a file; a piece of its content; its end. */
export type FrameKind = 'S' | 'F' | 'C' | 'E';

/** A piece of content, or the settings with all their markings. */
const FRAME_BYTES_MAX = 2 * 1024 * 1024;
const HEAD_BYTES = 5;

/** `InspectorSettings` as JSON has it. */
export interface SentSettings {
  readonly types: readonly ContentType[];
  readonly off: readonly RuleName[];
  readonly markings: readonly (readonly [label: string, words: readonly string[]])[];
}

export interface SentFinding extends Finding {
  readonly times: number;
}

export type FromProcess =
  /** The next piece, please. */
  | { readonly type: 'more' }
  /** It is at work, and has looked through so many bytes. */
  | { readonly type: 'working'; readonly bytes: number }
  | { readonly type: 'findings'; readonly findings: readonly SentFinding[] }
  /** With that file. */
  | { readonly type: 'done' }
  | { readonly type: 'bound'; readonly bound: 'memory' }
  | { readonly type: 'failed'; readonly message: string };

/** Findings in one line. None is left out: many that only warn must not hide one that blocks. */
export const FINDINGS_A_LINE_MAX = 500;
/** Of a finding: no file's name or description is longer. */
export const TEXT_MAX = 4_096;

export function frame(kind: FrameKind, body: string | Uint8Array = ''): Uint8Array {
  const bytes = typeof body === 'string' ? Buffer.from(body) : body;
  const head = Buffer.alloc(HEAD_BYTES);
  head.write(kind, 'latin1');
  head.writeUInt32BE(bytes.length, 1);
  return Buffer.concat([head, bytes]);
}

/** The next frame; undefined when there is none any more. Throws when it is none that whoever asks would send. */
export async function readFrame(
  reader: ByteReader,
): Promise<{ readonly kind: string; readonly body: Buffer } | undefined> {
  const head = await reader.take(HEAD_BYTES);
  if (head === undefined) return undefined;
  const length = head.readUInt32BE(1);
  if (length > FRAME_BYTES_MAX) throw new RangeError(`a frame has ${length} bytes`);
  const body = await reader.take(length);
  return body === undefined ? undefined : { kind: head.toString('latin1', 0, 1), body };
}
