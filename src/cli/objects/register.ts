/** Declares the commands about objects. What they do is in the file beside this one, loaded when they run. */
import { type Command, Option } from 'commander';
import { lazily } from '../declare.ts';
import { collect, outputOption, parseCount, withProject } from '../resources/options.ts';

export interface BucketOptions {
  readonly versioning?: boolean;
  readonly objectLock?: boolean;
  readonly retention?: string;
  readonly days?: number;
  readonly key?: string;
  readonly quota?: string;
}

export interface AccessKeyOptions {
  readonly serviceAccount?: string;
  readonly expires?: string;
  readonly readOnly?: boolean;
  readonly bucket?: readonly string[];
  readonly output: 'text' | 'env' | 'json';
}

const secretOption = () =>
  new Option('-o, --output <format>', 'text, lines for a shell (env), or json')
    .choices(['text', 'env', 'json'])
    .default('text');

export function registerObjectCommands(program: Command): void {
  program.commandsGroup('Objects:');
  const bucket = program.command('bucket').description('buckets for objects, reached by the S3 protocol');
  withProject(bucket.command('create'))
    .description('make a bucket, and wait until it is served')
    .argument('<name>', 'unique in the organization: 3 to 63 lower-case letters, digits, "-" and "."')
    .option('--versioning', 'keep what was there before a write')
    .option('--object-lock', 'let objects be locked; with versioning, and for good')
    .addOption(
      new Option('--retention <mode>', 'how new objects are locked; with --object-lock and --days').choices([
        'GOVERNANCE',
        'COMPLIANCE',
      ]),
    )
    .option('--days <count>', 'for how long', parseCount)
    .option('--key <name>', 'the Key of the project that holds the bucket’s own')
    .option('--quota <size>', 'the most that it may hold, such as 100Gi')
    .action(lazily(async () => (await import('./objects.ts')).createBucket));
  withProject(bucket.command('list'))
    .description('the buckets of the project')
    .addOption(outputOption())
    .action(lazily(async () => (await import('./objects.ts')).listBuckets));

  const accessKey = program
    .command('access-key')
    .description('what S3 clients sign with: an id and a secret');
  withProject(accessKey.command('create'))
    .description('make an access key, and show its secret: once, and never again')
    .argument('<name>', 'what it is called')
    .option('--service-account <name>', 'for this service account of the project (default: for you)')
    .option('--expires <time>', 'when it ends by itself, such as 2027-01-31T00:00:00Z')
    .option('--read-only', 'it only reads and lists')
    .option('--bucket <name>', 'only for this bucket; once for each', collect)
    .addOption(secretOption())
    .action(lazily(async () => (await import('./objects.ts')).createAccessKey));
  withProject(accessKey.command('issue'))
    .description('show the secret of an access key that a manifest made: once, and never again')
    .argument('<name>', 'its name')
    .addOption(secretOption())
    .action(lazily(async () => (await import('./objects.ts')).issueAccessKey));
  withProject(accessKey.command('list'))
    .description('the access keys of the project, without their secrets')
    .addOption(outputOption())
    .action(lazily(async () => (await import('./objects.ts')).listAccessKeys));
}
