/** `casemate down`: stops the region, in order. */
import { wakefulClock } from '#region/clock.ts';
import { stopSupervisor } from '#region/supervisor/launch.ts';
import type { DataOption } from './commands.ts';
import { checkAccess, chosenRegion } from './where.ts';

export async function down(options: DataOption): Promise<void> {
  const layout = chosenRegion(options.data);
  checkAccess(layout);
  const ran = await stopSupervisor(layout, wakefulClock);
  process.stdout.write(
    ran ? `The region in ${layout.data} has stopped.\n` : `No region runs in ${layout.data}.\n`,
  );
}
