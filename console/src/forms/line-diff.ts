/** Which lines went and which came between two texts: the shortest script (Myers, "An O(ND) Difference Algorithm", 1986). Pure. */

export interface DiffLine {
  readonly type: 'same' | 'gone' | 'new';
  readonly text: string;
}

/** Texts that differ in more lines than these are shown as one going and the other coming. */
const CHANGES_MAX = 1_000;

export function lineDiff(before: string, after: string): readonly DiffLine[] {
  const a = linesOf(before);
  const b = linesOf(after);
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) start++;
  let end = 0;
  while (end < a.length - start && end < b.length - start && a.at(-1 - end) === b.at(-1 - end)) end++;
  const same = (text: string): DiffLine => ({ type: 'same', text });
  return [
    ...a.slice(0, start).map(same),
    ...between(a.slice(start, a.length - end), b.slice(start, b.length - end)),
    ...a.slice(a.length - end).map(same),
  ];
}

const linesOf = (text: string): readonly string[] => text.replace(/\n$/, '').split('\n');

function between(a: readonly string[], b: readonly string[]): readonly DiffLine[] {
  const trace = furthest(a, b);
  if (trace === undefined)
    return [
      ...a.map((text) => ({ type: 'gone' as const, text })),
      ...b.map((text) => ({ type: 'new' as const, text })),
    ];
  const lines: DiffLine[] = [];
  let x = a.length;
  let y = b.length;
  for (let changes = trace.length - 1; changes > 0; changes--) {
    const reached = trace[changes - 1] as ReadonlyMap<number, number>;
    const k = x - y;
    const isNew = k === -changes || (k !== changes && at(reached, k - 1) < at(reached, k + 1));
    const from = isNew ? k + 1 : k - 1;
    const fromX = at(reached, from);
    const fromY = fromX - from;
    while (x > fromX + (isNew ? 0 : 1) && y > fromY + (isNew ? 1 : 0)) {
      lines.push({ type: 'same', text: a[--x] ?? '' });
      y--;
    }
    if (isNew) lines.push({ type: 'new', text: b[--y] ?? '' });
    else lines.push({ type: 'gone', text: a[--x] ?? '' });
  }
  while (x > 0) lines.push({ type: 'same', text: a[--x] ?? '' });
  return lines.reverse();
}

const at = (reached: ReadonlyMap<number, number>, k: number): number => reached.get(k) ?? -1;

/** For each number of changes how far one gets on each diagonal; undefined where it takes too many. */
function furthest(
  a: readonly string[],
  b: readonly string[],
): readonly ReadonlyMap<number, number>[] | undefined {
  const trace: Map<number, number>[] = [];
  let reached = new Map<number, number>();
  for (let changes = 0; changes <= Math.min(CHANGES_MAX, a.length + b.length); changes++) {
    const next = new Map<number, number>();
    for (let k = -changes; k <= changes; k += 2) {
      const isNew = k === -changes || (k !== changes && at(reached, k - 1) < at(reached, k + 1));
      let x = changes === 0 ? 0 : isNew ? at(reached, k + 1) : at(reached, k - 1) + 1;
      while (x < a.length && x - k < b.length && a[x] === b[x - k]) x++;
      next.set(k, x);
      if (x >= a.length && x - k >= b.length) return [...trace, next];
    }
    trace.push(next);
    reached = next;
  }
  return undefined;
}
