/** Declares `casemate release …`. What the commands do is in the files beside this one, loaded when they run. */
import type { Command } from 'commander';
import { lazily, textOutputOption } from '../declare.ts';
import { dataOption } from '../region/options.ts';
import { outputOption, withConnection } from '../resources/options.ts';

/** Adds them to the program. */
export function registerReleaseCommands(program: Command): void {
  const release = program
    .command('release')
    .description('bring a release of Casemate that was imported into force, and go back');

  withConnection(release.command('plan'))
    .description(
      'what a published release would do here: database, restarts, the way back, and what stands in its way',
    )
    .argument('<version>', 'such as 0.2.0')
    .addOption(textOutputOption())
    .action(lazily(async () => (await import('./plan.ts')).plan));

  withConnection(release.command('list'))
    .description('list the releases that were planned, and how far they are')
    .addOption(outputOption())
    .action(lazily(async () => (await import('./plan.ts')).list));

  withConnection(release.command('apply'))
    .description(
      'bring a release that somebody else agreed to into force; it goes away by itself where it does not do well',
    )
    .argument('<version>', 'such as 0.2.0')
    .addOption(dataOption())
    .action(lazily(async () => (await import('./apply.ts')).apply));

  release
    .command('status')
    .description('which release runs, since when, and each step of the last change')
    .addOption(dataOption())
    .addOption(textOutputOption())
    .action(lazily(async () => (await import('./status.ts')).status));

  withConnection(release.command('rollback'))
    .description('go back to the release before, which somebody else agreed to')
    .option(
      '--emergency',
      'alone, on the region’s machine: when there is nobody to ask, or nothing to ask them through',
    )
    .option('--reason <text>', 'why, for the record; with --emergency')
    .addOption(dataOption())
    .action(lazily(async () => (await import('./apply.ts')).rollback));

  // Between releases, not for people: what another release asks this one.
  release
    .command('self', { hidden: true })
    .argument('<question>', 'plan')
    .addOption(dataOption())
    .option('--image-cache <dir>', 'where base images are kept for all regions of this machine')
    .action(lazily(async () => (await import('./self.ts')).self));
}
