/** Declares `casemate backup …`. What the commands do is in the files beside this one, loaded when they run. */
import { type Command, Option } from 'commander';
import { lazily, textOutputOption } from '../declare.ts';
import { dataOption } from '../region/options.ts';
import { parseCount } from '../resources/options.ts';

const FROM = 'a backup, or a folder of backups: then the newest one in it';

const withSource = (command: Command): Command =>
  command
    .argument('<from>', FROM)
    .requiredOption('--identity <file>', 'the file that opens it, as casemate backup key wrote it')
    .option(
      '--to-time <time>',
      'changes up to then (RFC 3339), and none later; without it, all that there are',
    )
    .option('--master-key <file>', 'the master key, for a backup that was made without it')
    .option('--changes <dir>', 'the archive of changes (default: the folder changes beside the backup)')
    .addOption(
      new Option('--without-changes', 'as it was when the backup was made').conflicts(['changes', 'toTime']),
    );

/** Adds them to the program. */
export function registerBackupCommands(program: Command): void {
  const backup = program
    .command('backup')
    .description('back the region itself up, try a backup, and restore from it');

  backup
    .command('key')
    .description('make the key that backups are encrypted for; keep the file where the region is not')
    .requiredOption('--out <file>', 'where to write the secret half')
    .action(lazily(async () => (await import('./create.ts')).key));

  backup
    .command('create')
    .description('back up a region that runs: its database, its keys as they lie, its settings')
    .addOption(dataOption())
    .option('--to <dir>', 'the folder of backups (default: backup.folder of region.yaml)')
    .option('--recipient <key>', 'age1…: who may open it (default: backup.recipient of region.yaml)')
    .option('--with-content', 'also what was published of bundles: it can be large')
    .option('--with-objects', 'also the bytes of objects in buckets, each of their files once')
    .option(
      '--without-master-key',
      'leave a master key that lies in the clear out: keep a copy of it elsewhere',
    )
    .addOption(textOutputOption())
    .action(lazily(async () => (await import('./create.ts')).create));

  backup
    .command('list')
    .description('the backups in a folder')
    .argument('<folder>', 'the folder of backups')
    .addOption(textOutputOption())
    .action(lazily(async () => (await import('./create.ts')).list));

  withSource(backup.command('verify'))
    .description('restore a backup where it harms nothing, open its keys and verify every ledger in it')
    .option(
      '--scratch <dir>',
      'where there is room for the database meanwhile (default: the temporary folder)',
    )
    .addOption(textOutputOption())
    .action(lazily(async () => (await import('./verify.ts')).verify));

  withSource(backup.command('restore'))
    .description('make a region out of a backup, in a folder that is not there yet; then: casemate up')
    .addOption(dataOption())
    .action(lazily(async () => (await import('./restore.ts')).restore));

  backup
    .command('prune')
    .description('remove old backups, and of the archive what only they needed')
    .argument('<folder>', 'the folder of backups')
    .addOption(
      new Option('--keep <count>', 'how many of the newest to keep')
        .argParser(parseCount)
        .makeOptionMandatory(),
    )
    .action(lazily(async () => (await import('./create.ts')).prune));
}
