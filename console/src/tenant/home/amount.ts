/** How much a quantity (`500m`, `2Gi`, `1e3`) is, to draw it: near enough for a bar, and for nothing else. Pure. */

const POWERS_OF_1000 = { n: -3, u: -2, m: -1, k: 1, M: 2, G: 3, T: 4, P: 5, E: 6 } as const;
const POWERS_OF_1024 = { Ki: 1, Mi: 2, Gi: 3, Ti: 4, Pi: 5, Ei: 6 } as const;

/** NaN for what is none. */
export function amountOf(text: string): number {
  const [, number = '', suffix = ''] = /^(\d*\.?\d+|\d+\.)([numkMGTPE]|[KMGTPE]i)?$/.exec(text) ?? [];
  if (number === '') return /^\d*\.?\d+[eE][+-]?\d{1,2}$/.test(text) ? Number(text) : Number.NaN;
  if (suffix in POWERS_OF_1024)
    return Number(number) * 1_024 ** POWERS_OF_1024[suffix as keyof typeof POWERS_OF_1024];
  if (suffix in POWERS_OF_1000)
    return Number(number) * 1_000 ** POWERS_OF_1000[suffix as keyof typeof POWERS_OF_1000];
  return Number(number);
}

/** From 0 to 100; undefined where it cannot be told. */
export function percentOf(used: string | undefined, limit: string): number | undefined {
  const [part, whole] = [amountOf(used ?? ''), amountOf(limit)];
  if (Number.isNaN(part) || Number.isNaN(whole)) return undefined;
  if (whole === 0) return 100;
  return Math.min(100, Math.round((part / whole) * 100));
}
