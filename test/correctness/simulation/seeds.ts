/**
 * Runs many seeds and reports the first that fails, with what to say to see it again. `CASEMATE_SIMULATION_SEED=<seed>` runs that seed only, with
 * its trace.
 */
import { type RunReport, simulate } from './run.ts';
import { count } from './world.ts';

export const SEED_VARIABLE = 'CASEMATE_SIMULATION_SEED';
const TRACE_LINES_SHOWN = 400;

/** Throws with the first seed that fails. Seeds are `from`, `from + 1`, …; a seed given in the environment takes their place. */
export async function simulateSeeds(from: number, seeds: number): Promise<ReadonlyMap<string, number>> {
  const figures = new Map<string, number>();
  const given = process.env[SEED_VARIABLE];
  if (given !== undefined) return add(figures, await simulate(Number(given), { isTraced: true }));
  for (let seed = from; seed < from + seeds; seed++) add(figures, await simulate(seed));
  return figures;
}

function add(figures: Map<string, number>, report: RunReport): ReadonlyMap<string, number> {
  if (report.failure) throw failed(report);
  count(figures, 'seeds', 1);
  for (const [what, times] of report.counts) count(figures, what, times);
  return figures;
}

/** `200 seeds, 31760 writes, …` */
export const inWords = (figures: ReadonlyMap<string, number>): string =>
  [...figures].map(([what, times]) => `${times} ${what}`).join(', ');

function failed({ seed, failure, trace }: RunReport): Error {
  const shown = trace.slice(-TRACE_LINES_SHOWN);
  const replay = `to see it again: ${SEED_VARIABLE}=${seed} ./casemate test --only test/correctness/simulation`;
  return new Error([`seed ${seed}: ${failure?.message}`, replay, ...shown].join('\n'), { cause: failure });
}
