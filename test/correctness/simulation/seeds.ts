/**
 * Runs many seeds and reports the first that fails, with what to say to see it again. `CASEMATE_SIMULATION_SEED=<seed>` runs that seed only, with
 * its trace.
 */
import { type RunReport, simulate } from './run.ts';

export const SEED_VARIABLE = 'CASEMATE_SIMULATION_SEED';
const TRACE_LINES_SHOWN = 400;

export interface Figures {
  seeds: number;
  writes: number;
  leaves: number;
  events: number;
  crashes: number;
}

/** Throws with the first seed that fails. Seeds are `from`, `from + 1`, …; a seed given in the environment takes their place. */
export async function simulateSeeds(from: number, count: number): Promise<Figures> {
  const given = process.env[SEED_VARIABLE];
  if (given !== undefined) {
    const report = await simulate(Number(given), { isTraced: true });
    if (report.failure) throw failed(report);
    return add({ seeds: 0, writes: 0, leaves: 0, events: 0, crashes: 0 }, report);
  }
  const figures: Figures = { seeds: 0, writes: 0, leaves: 0, events: 0, crashes: 0 };
  for (let seed = from; seed < from + count; seed++) {
    const report = await simulate(seed);
    if (report.failure) throw failed(report);
    add(figures, report);
  }
  return figures;
}

function add(figures: Figures, { writes, leaves, events, crashes }: RunReport): Figures {
  figures.seeds += 1;
  figures.writes += writes;
  figures.leaves += leaves;
  figures.events += events;
  figures.crashes += crashes;
  return figures;
}

function failed({ seed, failure, trace }: RunReport): Error {
  const shown = trace.slice(-TRACE_LINES_SHOWN);
  const replay = `to see it again: ${SEED_VARIABLE}=${seed} ./casemate test --only test/correctness/simulation`;
  return new Error([`seed ${seed}: ${failure?.message}`, replay, ...shown].join('\n'), { cause: failure });
}
