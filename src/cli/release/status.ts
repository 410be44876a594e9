/** `casemate release status`: from the machine itself, so it answers whatever the region does. */
import { readCurrent, readJournal } from '#gap/release/journal.ts';
import { wakefulClock } from '#region/clock.ts';
import { programVersion } from '#region/program.ts';
import { settleUpgrades } from '#region/releases/launch.ts';
import type { DataOption } from '../region/commands.ts';
import { checkAccess, chosenRegion } from '../region/where.ts';
import { printJson, printLines } from '../resources/output.ts';
import { statusLines } from './text.ts';

export async function status(options: DataOption & { readonly output: 'text' | 'json' }): Promise<void> {
  const layout = chosenRegion(options.data);
  checkAccess(layout);
  await settleUpgrades(layout, wakefulClock);
  const current = await readCurrent(layout.releases);
  const journal = await readJournal(layout.releases);
  const last = journal.filter(({ attempt }) => attempt === journal.at(-1)?.attempt);
  if (options.output === 'json') printJson({ current: current ?? null, steps: last });
  else printLines(statusLines(current, last, programVersion()));
}
