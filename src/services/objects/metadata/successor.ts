/** The order of names: by code points, which in UTF-8 is the order of bytes. Pure. */

const LAST = 0x10ffff;
const SURROGATES = { first: 0xd800, next: 0xe000 } as const;

/** The first text after all that begin with this one; undefined where there is none (made of U+10FFFF alone, or empty). */
export function successor(text: string): string | undefined {
  const points = [...text];
  for (let last = points.pop(); last !== undefined; last = points.pop()) {
    const point = (last.codePointAt(0) ?? 0) + 1;
    if (point > LAST) continue;
    return points.join('') + String.fromCodePoint(point === SURROGATES.first ? SURROGATES.next : point);
  }
  return undefined;
}

/** Below zero where `a` comes first, by code points rather than by UTF-16 as `<` does. */
export function compareKeys(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
