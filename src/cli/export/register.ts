/** Declares `casemate export …`. What the commands do is in the files beside this one, loaded when they run. */
import type { Command } from 'commander';
import { lazily, textOutputOption, waitOption } from '../declare.ts';
import { outputOption, withConnection } from '../resources/options.ts';

/** Adds them to the program. */
export function registerExportCommands(program: Command): void {
  program.commandsGroup('Cross the air gap:');
  const group = program
    .command('export')
    .description('let files out: checked, agreed to by two others, encrypted for the recipient, on record');

  withConnection(group.command('request'))
    .description('ask for files to leave: they are uploaded and checked; again, it goes on where it was')
    .argument('<file...>', 'files, or folders with all that is in them')
    .requiredOption('--to <recipient>', 'for whom: one that the ExportPolicy knows')
    .requiredOption('--reason <text>', 'why; the recipient reads it too')
    .requiredOption('--label <label>', 'how it is classified')
    .option('--name <name>', 'of the ExportRequest (default: from the first file’s name)')
    .addOption(waitOption('10m'))
    .addOption(textOutputOption())
    .action(lazily(async () => (await import('./request.ts')).request));

  withConnection(group.command('list'))
    .description('list what was asked for, and how far it is')
    .addOption(outputOption())
    .action(lazily(async () => (await import('./request.ts')).list));

  withConnection(group.command('show'))
    .description('all about one request: what is in it, what the checks found')
    .argument('<name>', 'the ExportRequest')
    .addOption(textOutputOption())
    .action(lazily(async () => (await import('./request.ts')).showExport));

  withConnection(group.command('review'))
    .description('read what is to leave, before you agree to it')
    .argument('<name>', 'the ExportRequest')
    .option('--out <folder>', 'write all of it into a new folder')
    .option('--file <path>', 'print one file')
    .action(lazily(async () => (await import('./fetch.ts')).review));

  withConnection(group.command('deny'))
    .description('say no, which ends it; who asked takes it back like this')
    .argument('<name>', 'the ExportRequest')
    .requiredOption('--reason <text>', 'why, for the record')
    .action(lazily(async () => (await import('./request.ts')).deny));

  withConnection(group.command('release'))
    .description('have what two others agreed to encrypted and signed')
    .argument('<name>', 'the ExportRequest')
    .addOption(waitOption('10m'))
    .addOption(textOutputOption())
    .action(lazily(async () => (await import('./request.ts')).release));

  withConnection(group.command('fetch'))
    .description('get the package of a released request, its signed manifest and its receipt')
    .argument('<name>', 'the ExportRequest')
    .requiredOption('--out <folder>', 'into a new folder')
    .action(lazily(async () => (await import('./fetch.ts')).fetchPackage));

  group
    .command('key')
    .description('make a recipient’s key, as age-keygen does')
    .requiredOption('--out <file>', 'where the private key goes')
    .action(lazily(async () => (await import('./offline.ts')).newKey));

  group
    .command('verify')
    .description('hold a package against its signed manifest, where no region is')
    .argument('<package>', 'package.age')
    .requiredOption('--manifest <file>', 'manifest.dsse.json, which came with it')
    .requiredOption('--key <file>', 'the ledger’s keys, as casemate ledger key prints them')
    .option('--receipt <file>', 'the receipt, whose body lies beside it: that people agreed to it')
    .addOption(textOutputOption())
    .action(lazily(async () => (await import('./offline.ts')).verify));

  group
    .command('open')
    .description('open a package that is for you, where no region is')
    .argument('<package>', 'package.age')
    .requiredOption('--identity <file>', 'your private key, as age-keygen writes it')
    .requiredOption('--out <folder>', 'into a new folder')
    .option('--manifest <file>', 'manifest.dsse.json, which came with it')
    .option('--key <file>', 'the ledger’s keys, as casemate ledger key prints them')
    .addOption(textOutputOption())
    .action(lazily(async () => (await import('./offline.ts')).openExport));
}
