/** What a measurement gives, and how it is shown. */

export interface Row {
  readonly what: string;
  readonly value: number;
  readonly unit: string;
  /** What the issue asks for. */
  readonly target?: { readonly atMost: number } | { readonly atLeast: number };
  /** The peer or the limit, measured in the same run (or published). */
  readonly peer?: { readonly what: string; readonly value: number };
  readonly note?: string;
}

export interface Measurement {
  readonly name: string;
  readonly rows: readonly Row[];
}

const number = (value: number): string => {
  if (!Number.isFinite(value)) return String(value);
  if (Math.abs(value) >= 1_000) return Math.round(value).toLocaleString('en');
  return String(Number(value.toPrecision(3)));
};

/** Whether a row meets its target; undefined when it has none. */
export function isMet({ value, target }: Row): boolean | undefined {
  if (target === undefined) return undefined;
  return 'atMost' in target ? value <= target.atMost : value >= target.atLeast;
}

/** A measurement as lines for people. */
export function textOf({ name, rows }: Measurement): string {
  const lines = rows.map((row) => {
    const { what, value, unit, target, peer, note } = row;
    const parts = [`  ${what}: ${number(value)} ${unit}`];
    if (peer) parts.push(`${peer.what}: ${number(peer.value)} ${unit} (ratio ${number(value / peer.value)})`);
    if (target) {
      const wanted = 'atMost' in target ? `≤ ${number(target.atMost)}` : `≥ ${number(target.atLeast)}`;
      parts.push(`target ${wanted}: ${isMet(row) ? 'met' : 'MISSED'}`);
    }
    if (note) parts.push(note);
    return parts.join('; ');
  });
  return [name, ...lines].join('\n');
}
