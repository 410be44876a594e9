/** Declares `casemate witness …`. What the commands do is in the files beside this one, loaded when they run. */
import type { Command } from 'commander';

export interface FolderOption {
  readonly folder: string;
}

export interface RunOptions extends FolderOption {
  readonly listen: string;
  readonly tlsKey?: string;
  readonly tlsCertificate?: string;
}

/** Adds them to the program. */
export function registerWitnessCommands(program: Command): void {
  program.commandsGroup('Prove what was done:');
  const witness = program
    .command('witness')
    .description(
      'watch logs on a machine of your own, so that nobody can show you another history than others',
    );
  const inFolder = (command: Command) =>
    command.requiredOption('--folder <dir>', 'where the witness keeps its keys and what it saw');

  inFolder(witness.command('init'))
    .description('make a witness: its keys, and a folder for what it sees')
    .requiredOption('--name <name>', 'under which it cosigns, like a web address: witness.example/w1')
    .action(async (options: FolderOption & { readonly name: string }) =>
      (await import('./witness.ts')).init(options),
    );

  inFolder(witness.command('follow'))
    .description('follow a log')
    .argument('<key>', 'what `casemate ledger key` prints of it, or a file with that')
    .action(async (key: string, options: FolderOption) =>
      (await import('./witness.ts')).follow(key, options),
    );

  inFolder(witness.command('key'))
    .description('print the public keys of the witness (Ed25519, then ML-DSA-44)')
    .action(async (options: FolderOption) => (await import('./witness.ts')).key(options));

  inFolder(witness.command('show'))
    .description('print what the witness saw last of each log')
    .action(async (options: FolderOption) => (await import('./witness.ts')).show(options));

  inFolder(witness.command('run'))
    .description('answer logs, until it is told to stop')
    .option('--listen <addr:port>', 'where', '127.0.0.1:7380')
    .option('--tls-key <file>', 'PEM of the private key, for https')
    .option('--tls-certificate <file>', 'PEM of the certificate, with those that signed it')
    .action(async (options: RunOptions) => (await import('./witness.ts')).run(options));
}
