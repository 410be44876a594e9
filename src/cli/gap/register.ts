/** Declares `casemate gap …`. What the commands do is in the files beside this one, loaded when they run. */
import type { Command } from 'commander';
import { lazily, textOutputOption, waitOption } from '../declare.ts';
import { dataOption } from '../region/options.ts';
import { outputOption, parseCount, withConnection } from '../resources/options.ts';

/** Adds them to the program. */
export function registerGapCommands(program: Command): void {
  program.commandsGroup('Cross the air gap:');
  const gap = program
    .command('gap')
    .description('take bundles into the region: verified, agreed to, on record');

  withConnection(gap.command('trust'))
    .description(
      'propose the root whose signers’ bundles are let in; again, once somebody else agreed, to have it count',
    )
    .argument('[root]', 'the first root, such as 1.root.json (default: print the one that counts)')
    .addOption(textOutputOption())
    .action(lazily(async () => (await import('./trust.ts')).trust));

  withConnection(gap.command('import'))
    .description('bring a bundle: copied into quarantine, verified, scanned; then people decide')
    .argument(
      '<file>',
      'the bundle on this machine, a file or a folder; -: standard input, such as what a diode brings',
    )
    .option('--name <name>', 'of the BundleImport (default: from the file’s name)')
    .option('--upload', 'through the API, also where this is the region’s machine')
    .option('--from-byte <n>', 'standard input begins at this byte of the bundle (default: 0)', parseCount)
    .addOption(dataOption())
    .addOption(waitOption('1h'))
    .addOption(textOutputOption())
    .action(lazily(async () => (await import('./import.ts')).bring));

  withConnection(gap.command('imports'))
    .description('list what was brought, and how far it is')
    .addOption(outputOption())
    .action(lazily(async () => (await import('./import.ts')).imports));

  withConnection(gap.command('show'))
    .description('all about one import: who signed, what is in it, what was found')
    .argument('<name>', 'the BundleImport')
    .addOption(textOutputOption())
    .action(lazily(async () => (await import('./import.ts')).showImport));

  withConnection(gap.command('publish'))
    .description('make a bundle that somebody else agreed to content of the region')
    .argument('<name>', 'the BundleImport')
    .addOption(waitOption('1h'))
    .addOption(textOutputOption())
    .action(lazily(async () => (await import('./import.ts')).publish));

  withConnection(gap.command('retire'))
    .description('take a published bundle out of the region’s content, once somebody else agreed')
    .argument('<name>', 'the BundleImport')
    .addOption(waitOption('1h'))
    .addOption(textOutputOption())
    .action(lazily(async () => (await import('./import.ts')).retire));

  withConnection(gap.command('receipt'))
    .description(
      'write the proof that a bundle was published, which anybody can check offline: casemate ledger check-receipt',
    )
    .argument('<name>', 'the BundleImport')
    .option('--out <file>', 'where to (default: standard output)')
    .addOption(textOutputOption())
    .action(lazily(async () => (await import('./receipt.ts')).receipt));

  gap
    .command('packages')
    .description(
      'list what instances can install from the region’s mirror; of one package, which bundle, whose signatures and which import it came with',
    )
    .argument('[name]', 'a Debian or npm package (default: list all)')
    .addOption(dataOption())
    .addOption(textOutputOption())
    .action(lazily(async () => (await import('./packages.ts')).packages));

  withConnection(gap.command('inventory'))
    .description(
      'write what the region has published, vouched for by its ledger: carried to where bundles are built, for deltas (casemate bundle build --against)',
    )
    .requiredOption('--out <file>', 'where to')
    .addOption(textOutputOption())
    .action(lazily(async () => (await import('./inventory.ts')).inventory));
}
