/** The base score of CVSS 3.0 and 3.1 (specification of FIRST, section 7.1) and its rating (section 5), for entries that give only a vector. */
import type { Severity } from '../model.ts';

const METRICS: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  AV: { N: 0.85, A: 0.62, L: 0.55, P: 0.2 },
  AC: { L: 0.77, H: 0.44 },
  UI: { N: 0.85, R: 0.62 },
  C: { H: 0.56, L: 0.22, N: 0 },
  I: { H: 0.56, L: 0.22, N: 0 },
  A: { H: 0.56, L: 0.22, N: 0 },
};
/** Privileges required weigh by whether the scope changes. */
const PRIVILEGES: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  U: { N: 0.85, L: 0.62, H: 0.27 },
  C: { N: 0.85, L: 0.68, H: 0.5 },
};

/** 0 to 10; undefined when the vector is of another version or not complete. */
export function baseScore(vector: string): number | undefined {
  if (!/^CVSS:3\.[01]\//.test(vector)) return undefined;
  const given = new Map(
    vector
      .split('/')
      .slice(1)
      .map((part) => part.split(':') as [string, string]),
  );
  const weigh = (metric: string) => METRICS[metric]?.[given.get(metric) ?? ''];
  const scope = given.get('S') ?? '';
  const privileges = PRIVILEGES[scope]?.[given.get('PR') ?? ''];
  const [network, complexity, interaction] = [weigh('AV'), weigh('AC'), weigh('UI')];
  const [c, i, a] = [weigh('C'), weigh('I'), weigh('A')];
  if (network === undefined || complexity === undefined || interaction === undefined) return undefined;
  if (c === undefined || i === undefined || a === undefined || privileges === undefined) return undefined;
  const base = 1 - (1 - c) * (1 - i) * (1 - a);
  const changed = scope === 'C';
  const impact = changed ? 7.52 * (base - 0.029) - 3.25 * (base - 0.02) ** 15 : 6.42 * base;
  if (impact <= 0) return 0;
  const exploitability = 8.22 * network * complexity * privileges * interaction;
  return roundUp(Math.min((changed ? 1.08 : 1) * (impact + exploitability), 10));
}

/** To one decimal, upwards, without being misled by binary fractions (appendix A of 3.1). */
function roundUp(score: number): number {
  const whole = Math.round(score * 100_000);
  return whole % 10_000 === 0 ? whole / 100_000 : (Math.floor(whole / 10_000) + 1) / 10;
}

export function ratingOf(score: number): Severity {
  if (score >= 9) return 'critical';
  if (score >= 7) return 'high';
  if (score >= 4) return 'medium';
  return score > 0 ? 'low' : 'negligible';
}
