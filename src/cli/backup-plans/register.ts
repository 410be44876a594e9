/** Declares `casemate backup-plan …`: backups of what is in a project (the region's own are `casemate backup`). What the commands do is in the file beside this one, loaded when they run. */
import { type Command, Option } from 'commander';
import { lazily, waitOption } from '../declare.ts';
import { outputOption, parseCount, withProject } from '../resources/options.ts';

export interface PlanOptions {
  readonly buckets?: string | true;
  readonly volumes?: string | true;
  readonly instances?: string | true;
  readonly to: string;
  readonly serviceAccount: string;
  readonly every?: string;
  readonly at: string;
  readonly keepDays: number;
  readonly testEvery?: string;
}

export interface RunOptions {
  readonly wait: number;
}

export interface RestoreOptions extends RunOptions {
  readonly as?: string;
  readonly inPlace?: boolean;
}

const EVERY = ['1h', '2h', '3h', '4h', '6h', '8h', '12h', 'day', 'week'];
const waiting = () => waitOption('1h');

export function registerBackupPlanCommands(program: Command): void {
  const plan = program
    .command('backup-plan')
    .description('backups of a project’s buckets, volumes and instances; run, restored and tried')
    .addHelpText(
      'after',
      `
Examples:
  kubectl create serviceaccount backup
  casemate bucket create archive
  casemate backup-plan create nightly --buckets app=web --volumes --to archive --service-account backup --every day --at 02:30 --test-every week
  casemate backup-plan run nightly
  casemate get backups
  casemate backup-plan restore nightly-202611230230 buckets/photos --as photos-2
  casemate backup-plan test nightly-202611230230

The region’s own backup is casemate backup.`,
    );

  withProject(plan.command('create'))
    .description('make a plan: what, where to, when, for how long')
    .argument('<name>', 'what it is called')
    .option('--buckets [labels]', 'buckets with these labels (app=web,tier=a); without labels: all')
    .option('--volumes [labels]', 'volumes, likewise')
    .option('--instances [labels]', 'instances, likewise')
    .requiredOption('--to <bucket>', 'the bucket of the organization that it goes into')
    .requiredOption('--service-account <name>', 'who acts: reads what is backed up and writes to that bucket')
    .addOption(new Option('--every <time>', 'how often; without it, only when it is run').choices(EVERY))
    .option('--at <time>', 'at what time, in UTC', '00:00')
    .option('--keep-days <count>', 'for how many days each backup is kept', parseCount, 30)
    .addOption(new Option('--test-every <time>', 'how often a restore is tried').choices(EVERY))
    .action(lazily(async () => (await import('./plans.ts')).createPlan));

  withProject(plan.command('list'))
    .description('the plans of the project')
    .addOption(outputOption())
    .action(lazily(async () => (await import('./plans.ts')).listPlans));

  withProject(plan.command('run'))
    .description('make a backup now, and wait for its end')
    .argument('<plan>', 'the plan')
    .addOption(waiting())
    .action(lazily(async () => (await import('./plans.ts')).runPlan));

  withProject(plan.command('restore'))
    .description('restore one thing of a backup, or all of it, and wait for its end')
    .argument('<backup>', 'the backup, as casemate get backups names it')
    .argument('[item]', 'what of it, such as buckets/photos; without it all, under the names it had')
    .option('--as <name>', 'by a new name')
    .addOption(
      new Option('--in-place', 'into the one that is there: what came since is lost').conflicts('as'),
    )
    .addOption(waiting())
    .action(lazily(async () => (await import('./plans.ts')).restoreBackup));

  withProject(plan.command('test'))
    .description(
      'read a backup back, hold it against what was saved, and check the repository; nothing is made',
    )
    .argument('<backup>', 'the backup')
    .addOption(waiting())
    .action(lazily(async () => (await import('./plans.ts')).testBackup));
}
