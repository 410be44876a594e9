/** `casemate release status`: from the machine itself, so it answers whatever the region does. */
import { readCurrent, readJournal } from '#gap/release/journal.ts';
import { wakefulClock } from '#region/clock.ts';
import { programVersion } from '#region/program.ts';
import { settleUpgrades } from '#region/releases/launch.ts';
import type { SupervisorStatus } from '#region/supervisor/definition.ts';
import { supervisorStatus } from '#region/supervisor/launch.ts';
import type { DataOption } from '../region/commands.ts';
import { regionHere } from '../region/where.ts';
import { reporting } from '../resources/errors.ts';
import { printJson, printLines } from '../resources/output.ts';
import { statusLines } from './text.ts';

export const status = reporting(async (options: DataOption & { readonly output: 'text' | 'json' }) => {
  const layout = regionHere(options.data);
  await settleUpgrades(layout, wakefulClock);
  const current = await readCurrent(layout.releases);
  const journal = await readJournal(layout.releases);
  const last = journal.filter(({ attempt }) => attempt === journal.at(-1)?.attempt);
  const running = await supervisorStatus(layout);
  // A supervisor of a release before this could be said does not say it.
  const supervisor: Partial<SupervisorStatus['program']> | undefined =
    running === undefined ? undefined : (running.program ?? {});
  if (options.output === 'json')
    printJson({ current: current ?? null, supervisor: supervisor ?? null, steps: last });
  else printLines(statusLines(current, last, programVersion(), supervisor));
});
