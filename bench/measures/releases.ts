/**
 * What a release of Casemate costs a region that serves: how long its API is silent when one comes into force, beside a whole restart; and how soon the one before is back
 * when it does not do well. Published as whoever owns the machine could, without the bundle around it, whose import has a measure of its own.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gapFolders } from '#gap/import/folders.ts';
import { type Entry, readJournal } from '#gap/release/journal.ts';
import { publishTree } from '#gap/release/testing/publish-tree.ts';
import { sleep } from '#kernel/clock.ts';
import { wakefulClock } from '#region/clock.ts';
import { layoutOf } from '#region/layout.ts';
import { drive } from '#region/releases/drive.ts';
import { supervisorStatus } from '#region/supervisor/launch.ts';
import { startRegion, type TestRegion } from '#test/support/region.ts';
import { type Fault, releaseTree, Silence } from '#test/support/releases.ts';
import type { Row } from '../lib/result.ts';
import type { Measure } from './context.ts';

const BACK_S_MAX = 60;
const LOOK_MS = 100;

const FAULTS: readonly Fault[] = ['does not start', 'hangs', 'ends soon'];

export const releases: Measure = {
  summary: 'a release of Casemate: silence of the API, and the way back',
  async run({ quick, say }) {
    const region = await startRegion({ settings: 'soleOperator: true\nincus:\n  mode: none' });
    const silence = new Silence(region.url);
    try {
      silence.longest_ms();
      await region.casemate('down');
      await region.up();
      const restart_ms = silence.longest_ms();
      say('a release that does well');
      const { entries, silent_ms } = await apply(region, silence, '1.0.0');
      const became_ms = await becameProgram(region, '1.0.0');
      const rows: Row[] = [
        {
          what: 'API silent while a release comes into force',
          value: silent_ms,
          unit: 'ms',
          peer: { what: 'casemate down and up', value: restart_ms },
          note: 'longest time between two answers on new connections; PostgreSQL runs on',
        },
        {
          what: 'the supervisor becomes the program of the release',
          value: became_ms,
          unit: 'ms',
          note: 'from the last line of the one program to the first of the other; nothing is stopped, the API answers',
        },
        {
          what: 'installed and checked, each byte',
          value: between_s(entries, 'Started', 'Installed'),
          unit: 's',
          note: 'nothing that runs is touched meanwhile',
        },
        {
          what: 'loaded and planned by the new release, the database brought forward',
          value: between_s(entries, 'Installed', 'Migrated'),
          unit: 's',
          note: 'the same',
        },
      ];
      for (const [index, fault] of (quick ? FAULTS.slice(0, 1) : FAULTS).entries()) {
        say(`a release that ${fault}`);
        const failed = await apply(region, silence, `1.${index + 1}.0`, fault);
        rows.push({
          what: `a release that ${fault}: from the switch until the one before serves`,
          value: between_s(failed.entries, 'Switching', 'RolledBack'),
          unit: 's',
          target: { atMost: BACK_S_MAX },
          note: `the API is silent for ${(failed.silent_ms / 1_000).toFixed(1)} s of it at a stretch`,
        });
      }
      return { name: 'releases', rows };
    } finally {
      await silence.stop();
      await region.destroy();
    }
  },
};

/** By its log, once it has. */
async function becameProgram({ data }: TestRegion, version: string): Promise<number> {
  const layout = layoutOf(data);
  while ((await supervisorStatus(layout))?.program.version !== version) await sleep(wakefulClock, LOOK_MS);
  const lines = readFileSync(join(layout.logs, 'supervisor.log'), 'utf8').split('\n');
  const at = (words: string) =>
    Date.parse(lines.findLast((line) => line.includes(words))?.split(' ')[0] ?? '');
  return at(' took over,') - at(' becoming ');
}

async function apply(region: TestRegion, silence: Silence, version: string, fault?: Fault) {
  const layout = layoutOf(region.data);
  const trees = join(region.scratch, 'trees');
  mkdirSync(trees, { recursive: true });
  const { content } = gapFolders(layout.gap);
  const { release } = await publishTree(content, releaseTree(trees, version, { fault }));
  const { digest } = release;
  // The region reads it as an account of its own.
  execFileSync('chown', ['-R', '--reference', content, content]);
  await region.casemate('release', 'plan', version);
  // As `release apply` does, in a region with one operator.
  await region.kubectl(
    'patch',
    'release',
    version,
    '--type=merge',
    '-p',
    JSON.stringify({ spec: { apply: digest } }),
  );
  silence.longest_ms();
  await drive({
    layout,
    order: { kind: 'apply', object: version, version, digest, by: 'bench', reason: 'measured' },
    clock: wakefulClock,
    unsigned: true,
  });
  const silent_ms = silence.longest_ms();
  const entries = await readJournal(layout.releases);
  return { entries: entries.filter(({ attempt }) => attempt === entries.at(-1)?.attempt), silent_ms };
}

function between_s(entries: readonly Entry[], from: string, to: string): number {
  const at = (wanted: string) => Date.parse(entries.find(({ step }) => step === wanted)?.at ?? '');
  return (at(to) - at(from)) / 1_000;
}
