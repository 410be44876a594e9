/** `casemate backup restore`: a region out of a backup, on this machine. */

import { readDescription } from '#region/backup/description.ts';
import { restoreRegion } from '#region/backup/restore.ts';
import { wakefulClock } from '#region/clock.ts';
import { findPostgres } from '#region/embedded/postgres.ts';
import { installPackages } from '#region/install/apply.ts';
import { PACKAGES } from '#region/install/packages.ts';
import { chosenRegion, ownCommandFor } from '../region/where.ts';
import { reporting } from '../resources/errors.ts';
import { printLines } from '../resources/output.ts';
import { type SourceOptions, sourceOf } from './source.ts';

interface RestoreOptions extends SourceOptions {
  readonly data?: string;
}

export const restore = reporting(async (from: string, options: RestoreOptions) => {
  const layout = chosenRegion(options.data);
  const source = await sourceOf(from, options);
  const report = (line: string) => void process.stderr.write(`  ${line}\n`);
  const { database } = await readDescription(source.backup);
  // A fresh machine has nothing yet.
  if (findPostgres(database.version) === undefined) {
    await installPackages(
      PACKAGES.filter(({ purpose }) => purpose === 'store'),
      report,
    );
  }
  const { restored, description, notes } = await restoreRegion({
    ...source,
    layout,
    clock: wakefulClock,
    report,
  });
  printLines([
    `The region ${description.region.name} is in ${layout.data}, as it was after its last change on ${restored.upTo}.`,
    'What was acknowledged later, if anything was, is gone; the region says so in its ledger when it starts.',
    ...notes.map((note) => `  - ${note}`),
    '',
    `To start it: ${ownCommandFor(layout, 'up')}`,
  ]);
});
