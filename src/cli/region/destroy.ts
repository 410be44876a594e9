/** `casemate destroy`: removes a region from the machine, when one is really sure. */
import { existsSync } from 'node:fs';
import { wakefulClock } from '#region/clock.ts';
import { destroyRegion, looksLikeRegion } from '#region/destroy.ts';
import type { DataOption } from './commands.ts';
import { checkAccess, chosenRegion, ownCommandFor } from './where.ts';

export async function destroy(
  options: DataOption & { readonly yes?: boolean; readonly keepExternal?: boolean },
): Promise<void> {
  const layout = chosenRegion(options.data);
  checkAccess(layout);
  if (!existsSync(layout.data)) {
    process.stdout.write(`There is no region in ${layout.data}.\n`);
    return;
  }
  if (looksLikeRegion(layout) && options.yes !== true) {
    throw new Error(
      `this removes the region in ${layout.data} with every organization, instance, key and ledger in it, for good. If you mean it: ${ownCommandFor(layout, 'destroy --yes')}`,
    );
  }
  await destroyRegion(layout, wakefulClock, { keepExternal: options.keepExternal ?? false });
  process.stdout.write(`The region in ${layout.data} is gone.\n`);
}
