/** Declares `casemate bundle …`. What the commands do is in the files beside this one, loaded when they run. None of them needs a region. */
import { type Command, Option } from 'commander';
import { collect, parseCount } from '../resources/options.ts';
import { parsePercent, parseSize } from './size.ts';

export interface OutputOption {
  readonly output?: 'json';
}

export interface BuildOptions extends OutputOption {
  readonly out: string;
  readonly bundleVersion?: number;
  readonly created?: string;
  readonly expires?: string;
  /** Bytes. */
  readonly volumeSize?: number;
  /** Percent. */
  readonly parity?: number;
  readonly signatures?: readonly string[];
  /** What the region has: its inventory, or bundles that it published. */
  readonly against?: readonly string[];
  readonly base?: readonly string[];
  readonly regionKey?: string;
}

export interface SplitOptions extends OutputOption {
  readonly out: string;
  /** Bytes. */
  readonly volumeSize?: number;
  /** Percent. */
  readonly parity: number;
}

export interface JoinOptions extends OutputOption {
  readonly out: string;
}

export interface VerifyOptions extends OutputOption {
  readonly root: string;
  readonly allowExpired?: boolean;
  /** Where old content is, for a bundle of deltas. */
  readonly base?: readonly string[];
}

export interface KeyOptions {
  readonly key: string;
  readonly passphraseFile?: string;
}

export interface SignOptions extends KeyOptions {
  readonly detached?: string;
}

export interface NewKeyOptions {
  readonly signer: string;
  readonly out: string;
  readonly profile: 'hybrid' | 'cnsa';
  readonly passphraseFile?: string;
}

export interface RootOptions {
  readonly expires?: string;
  readonly signer?: readonly string[];
  readonly threshold?: number;
  readonly contentSigner?: readonly string[];
  readonly contentThreshold?: number;
}

export interface NewRootOptions extends RootOptions {
  readonly expires: string;
  readonly profile: 'hybrid' | 'cnsa';
}

export interface RotateOptions extends RootOptions {
  readonly remove?: readonly string[];
}

const json = () => new Option('-o, --output <format>', 'how to print').choices(['json']);
const profile = () =>
  new Option('--profile <name>', 'hybrid: Ed25519 and ML-DSA-65; cnsa: Ed25519 and ML-DSA-87')
    .choices(['hybrid', 'cnsa'])
    .default('hybrid');
const PASSPHRASE_FILE = 'read the passphrase from there (default: asked for, or standard input)';

/** Adds them to the program. */
export function registerBundleCommands(program: Command): void {
  program.commandsGroup('Cross the air gap:');
  const bundle = program
    .command('bundle')
    .description(
      'bundles: all that comes into a region, built on a connected machine (docs/crossing-the-gap.md)',
    );

  bundle
    .command('build')
    .description('build a bundle; the same inputs give the same bytes')
    .argument('<recipe>', 'what goes in, in YAML')
    .requiredOption('--out <path>', 'the bundle: a folder when it ends in "/", else one file')
    .option('--bundle-version <number>', 'in place of the recipe’s version', parseCount)
    .option('--created <time>', 'in place of the recipe’s, such as 2026-11-22T00:00:00Z')
    .option('--expires <time>', 'in place of the recipe’s')
    .addOption(volumeSize())
    .addOption(parity())
    .option(
      '--signatures <file>',
      'with volumes: what a signer who built the same got from `sign --detached`; once for each',
      collect,
    )
    .option(
      '--against <file>',
      'leave out what the region has, and make deltas of what is like it: its inventory (casemate gap inventory), or a bundle that it published; once for each',
      collect,
    )
    .option(
      '--base <path>',
      'an older bundle that old content is read from; bundles given with --against are too; once for each',
      collect,
    )
    .option('--region-key <file>', 'the key of the region’s ledger, which its inventory is held against')
    .addOption(json())
    .action(async (recipe: string, options: BuildOptions) =>
      (await import('./build.ts')).build(recipe, options),
    );

  bundle
    .command('sign')
    .description(
      'sign a bundle with your pair of keys; k people do so, one after the other, each where they are',
    )
    .argument('<bundle>')
    .requiredOption('--key <file>', 'your private keys')
    .option('--passphrase-file <file>', PASSPHRASE_FILE)
    .option('--detached <file>', 'write your signatures there, for `attach`, and leave the bundle as it is')
    .action(async (path: string, options: SignOptions) => (await import('./sign.ts')).sign(path, options));

  bundle
    .command('attach')
    .description('put signatures into a bundle that others made of the same content, elsewhere')
    .argument('<bundle>')
    .argument('<signatures...>', 'what `sign --detached` wrote')
    .action(async (path: string, files: string[]) => (await import('./sign.ts')).attach(path, files));

  bundle
    .command('verify')
    .description('verify every signature and every byte; says exactly what is wrong')
    .argument('<bundle>')
    .requiredOption('--root <file>', 'the root that you trust: a root file that reached you another way')
    .option('--allow-expired', 'accept what is past its time, and say so')
    .option(
      '--base <path>',
      'an older bundle, or a region’s folder of content, that its deltas build on; once for each',
      collect,
    )
    .addOption(json())
    .action(async (path: string, options: VerifyOptions) =>
      (await import('./verify.ts')).verify(path, options),
    );

  bundle
    .command('inspect')
    .description('show what a bundle says that it holds; nothing is verified')
    .argument('<bundle>')
    .addOption(json())
    .action(async (path: string, options: OutputOption) =>
      (await import('./inspect.ts')).inspect(path, options),
    );

  bundle
    .command('diff')
    .description(
      'what is in one bundle and not in the other, and how many bytes that is; exits with 1 when they differ',
    )
    .argument('<before>')
    .argument('<after>')
    .addOption(json())
    .action(async (before: string, after: string, options: OutputOption) =>
      (await import('./diff.ts')).diff(before, after, options),
    );

  registerVolumes(bundle);
  registerKeys(bundle);
  registerRoots(bundle);
}

export const PARITY_DEFAULT_PERCENT = 10;
const volumeSize = () =>
  new Option('--volume-size <size>', 'the most that a volume may have: 4GB, 700MB, 25GiB').argParser(
    parseSize,
  );
const parity = () =>
  new Option(
    '--parity <share>',
    'how many of the blocks that belong together may be lost; half of it, of all blocks',
  ).argParser(parsePercent);

function registerVolumes(bundle: Command): void {
  bundle
    .command('split')
    .description(
      'put a bundle on media that may fail: volumes that repair each other, or a stream for a diode',
    )
    .argument('<bundle>', 'a bundle that is one file')
    .requiredOption('--out <path>', 'a folder for the volumes, or - for one stream on standard output')
    .addOption(volumeSize())
    .addOption(parity().default(PARITY_DEFAULT_PERCENT, '10%'))
    .addOption(json())
    .action(async (path: string, options: SplitOptions) =>
      (await import('./volumes.ts')).split(path, options),
    );

  bundle
    .command('join')
    .description('put volumes together again, in any order, and repair what is damaged or lost')
    .argument('<path...>', 'folders and files of volumes, or - for a stream on standard input')
    .requiredOption('--out <file>', 'the bundle')
    .addOption(json())
    .action(async (paths: string[], options: JoinOptions) =>
      (await import('./volumes.ts')).join(paths, options),
    );

  bundle
    .command('check-volumes')
    .description('check volumes, each by itself and all together; exits with 1 when they do not suffice')
    .argument('<path...>', 'files and folders of volumes')
    .addOption(json())
    .action(async (paths: string[], options: OutputOption) =>
      (await import('./volumes.ts')).check(paths, options),
    );
}

function registerKeys(bundle: Command): void {
  bundle
    .command('keys')
    .description('the keys of those who sign')
    .command('new')
    .description(
      'make a signer’s pair of keys: NAME.key for them alone, NAME.pub.json for whoever makes the root',
    )
    .requiredOption('--signer <name>', 'who it is for')
    .option('--out <dir>', 'where to put both files', '.')
    .addOption(profile())
    .option('--passphrase-file <file>', PASSPHRASE_FILE)
    .action(async (options: NewKeyOptions) => (await import('./keys.ts')).newKeys(options));
}

function registerRoots(bundle: Command): void {
  const root = bundle
    .command('root')
    .description('who may sign: a chain of roots, each vouched for by the one before');
  const group = (command: Command) =>
    command
      .option('--signer <file>', 'NAME.pub.json of somebody who changes the root; once for each', collect)
      .option('--threshold <k>', 'how many of them it takes', parseCount)
      .option(
        '--content-signer <file>',
        'NAME.pub.json of somebody who signs bundles; once for each (default: the same people)',
        collect,
      )
      .option('--content-threshold <k>', 'how many of them it takes', parseCount);
  group(root.command('new'))
    .description('make the first root; it counts once enough have signed it')
    .argument('<dir>', 'a folder for the chain')
    .requiredOption('--expires <time>', 'such as 2028-01-01T00:00:00Z')
    .addOption(profile())
    .action(async (dir: string, options: NewRootOptions) =>
      (await import('./root.ts')).newRoot(dir, options),
    );
  group(root.command('rotate'))
    .description(
      'make the next root: add signers, remove them, change thresholds; the old and the new ones sign it',
    )
    .argument('<dir>', 'the folder of the chain')
    .option('--remove <name>', 'somebody who signs nothing any more; once for each', collect)
    .option('--expires <time>', 'such as 2030-01-01T00:00:00Z (default: as before)')
    .action(async (dir: string, options: RotateOptions) => (await import('./root.ts')).rotate(dir, options));
  root
    .command('sign')
    .description('sign the newest root')
    .argument('<dir>', 'the folder of the chain')
    .requiredOption('--key <file>', 'your private keys')
    .option('--passphrase-file <file>', PASSPHRASE_FILE)
    .action(async (dir: string, options: KeyOptions) => (await import('./root.ts')).sign(dir, options));
  root
    .command('show')
    .description('who may sign, by the newest root, and what its signatures still lack')
    .argument('<dir>', 'the folder of the chain')
    .addOption(json())
    .action(async (dir: string, options: OutputOption) => (await import('./root.ts')).show(dir, options));
}
