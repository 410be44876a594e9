/** Declares `casemate ledger …`. What the commands do is in the files beside this one, loaded when they run. */
import { type Command, Option } from 'commander';
import { lazily, textOutputOption } from '../declare.ts';
import { collect, parseCount, withConnection, withProject } from '../resources/options.ts';

const SHOW_LIMIT_DEFAULT = 50;

const logOption = () => new Option('--log <log>', 'which log').choices(['changes', 'access']);

const policyOption = () =>
  new Option('--policy <file>', 'which logs and witnesses count, and how many of them (C2SP tlog-policy)');

/** Adds them to the program. */
export function registerLedgerCommands(program: Command): void {
  program.commandsGroup('Prove what was done:');
  const ledger = program.command('ledger').description('who did what, and the proof of it');

  withConnection(ledger.command('show'))
    .description('print the leaves of a log, the latest by default')
    .addOption(logOption().default('changes'))
    .addOption(new Option('--from <index>', 'begin with this leaf').argParser(parseCount))
    .addOption(new Option('--limit <count>', 'how many').argParser(parseCount).default(SHOW_LIMIT_DEFAULT))
    .addOption(
      new Option('--index <n>', 'this leaf alone, with the object as it recorded it')
        .argParser(parseCount)
        .conflicts(['from', 'follow']),
    )
    .option('-f, --follow', 'go on printing what comes')
    .addOption(
      new Option('-o, --output <format>', 'how to print').choices(['table', 'json', 'yaml']).default('table'),
    )
    .action(lazily(async () => (await import('./show.ts')).show));

  withConnection(ledger.command('verify'))
    .description('recompute the logs from their leaves, and hold them against every signed checkpoint')
    .addOption(logOption().default(undefined, 'both'))
    .option(
      '--key <key>',
      'the log’s public key, or a file with it (default: the one remembered, else the server’s)',
    )
    .addOption(policyOption())
    .addOption(
      new Option('--known <file>', 'a signed checkpoint that you kept, or were given').argParser(collect),
    )
    .addOption(
      new Option('--from <dir>', 'verify an export, or a copy of one log, in a folder; no server is asked'),
    )
    .addOption(new Option('--folder <dir>', 'the same').hideHelp())
    .option('--no-remember', 'neither use nor keep what was verified before')
    .option('--forget', 'forget what was remembered of it: it was destroyed and made anew')
    .option('--all-organizations', 'for operators: what the region’s log says of each organization’s logs')
    .addOption(textOutputOption())
    .action(lazily(async () => (await import('./verify.ts')).verify));

  withProject(ledger.command('prove'))
    .description(
      'write a receipt: the proof that the last change of an object, or any leaf, is in the ledger',
    )
    .argument('[target...]', 'such as instance web, or instance/web')
    .addOption(new Option('--index <n>', 'this leaf instead').argParser(parseCount))
    .addOption(logOption().default('changes'))
    .option(
      '--key <key>',
      'the log’s public key, or a file with it (default: the one remembered, else the server’s)',
    )
    .addOption(policyOption())
    .option('-o, --output <file>', 'where to write it, - for standard output (default: LOG-INDEX.tlog-proof)')
    .action(lazily(async () => (await import('./receipts.ts')).prove));

  ledger
    .command('check-receipt')
    .description('check a receipt offline, with nothing but the log’s public key, or a policy')
    .argument('<file>', 'the receipt, - for standard input')
    .option('--key <key>', 'the log’s public key, or a file with it')
    .addOption(policyOption())
    .option(
      '--record <file>',
      'what stands beside the leaf of persons; it is checked as well (default: FILE.record.json, if there)',
    )
    .option('--leaf <file>', 'the leaf, when the receipt does not hold it')
    .addOption(textOutputOption())
    .action(lazily(async () => (await import('./receipts.ts')).checkReceiptFile));

  withConnection(ledger.command('export'))
    .description('copy the logs into a folder as documented files, which can be checked anywhere')
    .argument('<dir>', 'a new or empty folder')
    .addOption(logOption().default(undefined, 'both'))
    .action(lazily(async () => (await import('./export.ts')).exportLedger));

  withConnection(ledger.command('compare'))
    .description('compare what two parties were shown of a log: a log that told two histories is convicted')
    .argument('<a>', 'a file with a signed checkpoint, a witness’s folder, or the URL of a witness')
    .argument('<b>', 'likewise')
    .option('--key <key>', 'the log’s public key, or a file with it')
    .addOption(policyOption())
    .addOption(
      new Option('--from <dir>', 'a copy of the log that may have the hashes of the larger tree').argParser(
        collect,
      ),
    )
    .option('--ca <file>', 'who signed the certificates of witnesses that are read by https')
    .option('--evidence <file>', 'where to write the evidence', 'split-view.txt')
    .action(lazily(async () => (await import('./compare.ts')).compare));

  ledger
    .command('check-evidence')
    .description('check evidence that a log told two histories, offline, with nothing but its public key')
    .argument('<file>', 'the evidence, - for standard input')
    .option('--key <key>', 'the log’s public key, or a file with it')
    .addOption(policyOption())
    .action(lazily(async () => (await import('./compare.ts')).checkEvidence));

  withConnection(ledger.command('key'))
    .description('print a log’s public keys (Ed25519, then ML-DSA-44), to be handed to whoever verifies')
    .addOption(logOption().default('changes'))
    .action(lazily(async () => (await import('./verify.ts')).key));
}
