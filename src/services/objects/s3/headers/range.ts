/** Ranges of bytes (RFC 9110, 14): one range only, as S3 has it. */
import { invalidArgument, S3Error } from '../errors.ts';
import type { RequestedRange } from '../parameters.ts';

const RANGE = /^bytes=(?:(\d{1,15})-(\d{1,15})?|-(\d{1,15}))$/;
const COPY_RANGE = /^bytes=(\d{1,15})-(\d{1,15})$/;

/** What cannot be read, and several ranges, count as none: the whole object is the answer. */
export function parseRange(text: string | undefined): RequestedRange | undefined {
  const parts = RANGE.exec(text ?? '');
  if (!parts) return undefined;
  const [, first, last, suffix] = parts;
  if (suffix !== undefined) return { suffix: Number(suffix) };
  const from = Number(first);
  if (last === undefined) return { from };
  return Number(last) < from ? undefined : { from, last: Number(last) };
}

/** `x-amz-copy-source-range`: both ends are given. */
export function parseCopyRange(text: string | undefined): { from: number; last: number } | undefined {
  if (text === undefined) return undefined;
  const parts = COPY_RANGE.exec(text);
  const range = { from: Number(parts?.[1]), last: Number(parts?.[2]) };
  if (!(range.from <= range.last))
    throw invalidArgument('x-amz-copy-source-range', text, 'bytes=first-last, both counted from 0');
  return range;
}

/** The bytes from `from` up to, without, `to`. Throws InvalidRange. */
export function resolveRange(range: RequestedRange, size: number): { from: number; to: number } {
  const found =
    'suffix' in range
      ? { from: Math.max(0, size - range.suffix), to: size }
      : { from: range.from, to: Math.min(size, (range.last ?? size) + 1) };
  if (found.from >= found.to)
    throw new S3Error('InvalidRange', `the range holds none of the object’s ${size} bytes`, {
      details: { ActualObjectSize: String(size) },
      headers: { 'content-range': `bytes */${size}` },
    });
  return found;
}
