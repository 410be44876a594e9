/** A diff to be read: long stretches that stay as they are become one line. Pure. */
import type { DiffLine } from './line-diff.ts';

/** Lines around a change that are shown. */
const AROUND = 3;
/** Nobody reads more. */
const LINES_MAX = 2_000;

export type DiffPart =
  | (DiffLine & { readonly key: number })
  | { readonly type: 'folded'; readonly key: number; readonly count: number };

export function foldedDiff(lines: readonly DiffLine[]): readonly DiffPart[] {
  const isNear = lines.map(() => false);
  for (const [index, { type }] of lines.entries()) {
    if (type === 'same') continue;
    const end = Math.min(lines.length, index + AROUND + 1);
    for (let at = Math.max(0, index - AROUND); at < end; at++) isNear[at] = true;
  }
  const parts: DiffPart[] = [];
  let folded = 0;
  const unfold = (key: number) => {
    if (folded > 0) parts.push({ type: 'folded', key: -key - 1, count: folded });
    folded = 0;
  };
  for (const [key, line] of lines.entries()) {
    if (!isNear[key]) {
      folded++;
      continue;
    }
    unfold(key);
    parts.push({ ...line, key });
  }
  unfold(lines.length);
  return parts.slice(0, LINES_MAX);
}
