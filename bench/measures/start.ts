/** A warm start of a whole region until it is ready, and the memory of our own processes when nothing happens. */
import { join } from 'node:path';
import { PROGRAM_FOLDER } from '#region/program.ts';
import type { RegionStatus } from '#region/status.ts';
import { startRegion } from '#test/support/region.ts';
import type { Row } from '../lib/result.ts';
import { proportionalBytes, residentBytes } from '../lib/statistics.ts';
import type { Measure } from './context.ts';

const START_MS_MAX = 5_000;
const RESIDENT_MB_MAX = 250;
const IDLE_MS = 30_000;
const QUICK_IDLE_MS = 5_000;
/** The others are engines. */
const OURS: readonly string[] = ['supervisor', 'region', 'firewall'];

export const start: Measure = {
  summary: 'warm start to ready; resident memory of our own processes, idle',
  async run({ quick }) {
    const rounds = quick ? 1 : 5;
    const region = await startRegion({ name: 'bench' });
    try {
      const starts_ms: number[] = [];
      for (let round = 0; round < rounds; round++) {
        await region.casemate('down');
        starts_ms.push((await region.up()).duration_ms);
      }
      await new Promise((resolve) => setTimeout(resolve, quick ? QUICK_IDLE_MS : IDLE_MS));
      const { stdout } = await region.run(join(PROGRAM_FOLDER, 'casemate'), ['status', '-o', 'json']);
      const { supervisor } = JSON.parse(stdout) as RegionStatus;
      if (!supervisor) throw new Error('the region does not run');
      const ours = [{ name: 'supervisor', pid: supervisor.pid }]
        .concat(supervisor.processes.flatMap(({ name, pid }) => (pid === undefined ? [] : [{ name, pid }])))
        .filter(({ name }) => OURS.includes(name))
        .map(({ name, pid }) => ({
          name,
          rss_mb: residentBytes(pid) / 1e6,
          pss_mb: proportionalBytes(pid) / 1e6,
        }));
      const rss_mb = ours.reduce((sum, each) => sum + each.rss_mb, 0);
      const pss_mb = ours.reduce((sum, each) => sum + each.pss_mb, 0);
      const rows: Row[] = [
        {
          what: 'warm start to ready, slowest',
          value: Math.max(...starts_ms),
          unit: 'ms',
          target: { atMost: START_MS_MAX },
          note: `${starts_ms.map((ms) => Math.round(ms)).join(', ')} ms: casemate up with PostgreSQL, Incus, firewall and region`,
        },
        {
          what: 'resident memory of our own processes, idle',
          value: rss_mb,
          unit: 'MB',
          target: { atMost: RESIDENT_MB_MAX },
          note: `resident sets added up (${ours.map(({ name, rss_mb: mb }) => `${name} ${Math.round(mb)}`).join(', ')}); ${Math.round(pss_mb)} MB when pages that they share, such as Node itself, are counted once`,
        },
      ];
      return { name: 'start', rows };
    } finally {
      await region.destroy();
    }
  },
};
