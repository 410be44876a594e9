/** One range of bytes, as apt asks for the rest of a file. Pure. */

export interface Range {
  readonly first: number;
  readonly last: number;
}

/**
 * RFC 9110, 14: what part is asked for. Undefined: all of it, also where several parts, or part of another version, are asked for. `beyond`: there
 * is nothing there.
 */
export function readRange(
  headers: Readonly<Record<string, string | string[] | undefined>>,
  size: number,
  tag: string,
  modified: string,
): Range | 'beyond' | undefined {
  const condition = headers['if-range'];
  if (condition !== undefined && condition !== tag && condition !== modified) return undefined;
  const [, from = '', to = ''] = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(String(headers.range ?? '')) ?? [];
  if (from === '' && to === '') return undefined;
  const first = from === '' ? Math.max(0, size - Number(to)) : Number(from);
  const last = from === '' || to === '' ? size - 1 : Math.min(Number(to), size - 1);
  if (from !== '' && to !== '' && Number(to) < first) return undefined;
  return first > last ? 'beyond' : { first, last };
}
