/**
 * Declares the commands about keys: opening a sealed region and the key ceremony on the region's own machine, and tenants' Keys over the
 * API. What they do is in the files beside this one, loaded when they run. No secret is ever taken from the command line.
 */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { lazily } from '../declare.ts';
import { dataOption } from '../region/options.ts';
import { collect, outputOption, parseCount, withProject } from '../resources/options.ts';

export interface CeremonyCommandOptions {
  readonly data?: string;
  readonly seal: 'shares' | 'passphrase';
  readonly threshold?: number;
  readonly custodian?: readonly string[];
  readonly transcript?: string;
  readonly sharesTo?: string;
}

function registerCeremony(program: Command): void {
  program
    .command('unseal')
    .description(
      'open a sealed region: asks for a passphrase or one custodian’s share, or reads it from standard input',
    )
    .addOption(dataOption())
    .action(lazily(async () => (await import('./unseal.ts')).unseal));

  const ceremony = program
    .command('keys')
    .description('the region’s master key')
    .command('ceremony')
    .description('seal the master key for custodians, or under a passphrase (docs/trust.md, “Keys”)');
  const choices = (command: Command) =>
    command
      .addOption(dataOption())
      .addOption(
        new Option('--seal <how>', 'shares that custodians hold, or a passphrase')
          .choices(['shares', 'passphrase'])
          .default('shares'),
      )
      .option('--custodian <name>', 'who gets a share; once for each', collect)
      .option('--threshold <k>', 'how many of them it takes', parseThreshold)
      .option(
        '--transcript <file>',
        'where to write what was done, without secrets (default: standard output)',
      )
      .option(
        '--shares-to <dir>',
        'write each share to a file of mode 0600 there instead of showing it: for media that custodians take along',
      );
  choices(ceremony.command('init'))
    .description('seal a key that lies in the clear, or make one that never does; the region must not run')
    .action(lazily(async () => (await import('./ceremony.ts')).init));
  choices(ceremony.command('rotate'))
    .description('open the seal, and seal the same key for other custodians or under another passphrase')
    .action(lazily(async () => (await import('./ceremony.ts')).rotate));
}

function parseThreshold(text: string): number {
  const count = parseCount(text);
  if (count < 2) throw new InvalidArgumentError('give at least 2.');
  return count;
}

function registerKeys(program: Command): void {
  const key = program.command('key').description('an organization’s Keys: make them, use them, rotate them');
  const reason = (command: Command) =>
    command.option('--reason <code>', 'why: goes on record, and the key’s policy may ask for one');
  const use = (name: string, description: string) =>
    reason(withProject(key.command(name)).description(description).argument('<key>', 'its name'));
  const bound = (command: Command) =>
    command.option('--aad-file <file>', 'what it is bound to: additional authenticated data');

  withProject(key.command('create'))
    .description('make a Key')
    .argument('<key>', 'its name')
    .requiredOption('--algorithm <name>', 'AES-256-GCM, P-256, P-384, Ed25519, ML-DSA-65, ML-KEM-768, …')
    .option('--purpose <what>', 'encrypt, wrap, sign or mac (default: what the algorithm is for)')
    .option('--hsm', 'make it in the region’s HSM')
    .option('--exportable', 'let it be exported, wrapped')
    .option('--rotate-every <days>', 'make a new version so often', parseCount)
    .option('--destroy-notice <days>', 'how long its destruction can be undone (default: 21)', parseCount)
    .option('--justification <code>', 'a reason that uses may give; once for each', collect)
    .action(lazily(async () => (await import('./key.ts')).create));
  withProject(key.command('list'))
    .description('the Keys of the project')
    .addOption(outputOption())
    .action(lazily(async () => (await import('./key.ts')).list));

  bound(use('encrypt', 'encrypt standard input to standard output')).action(
    lazily(async () => (await import('./key.ts')).encrypt),
  );
  bound(use('decrypt', 'decrypt standard input to standard output')).action(
    lazily(async () => (await import('./key.ts')).decrypt),
  );
  bound(use('wrap', 'wrap key material from standard input')).action(
    lazily(async () => (await import('./key.ts')).wrap),
  );
  bound(use('unwrap', 'unwrap key material from standard input')).action(
    lazily(async () => (await import('./key.ts')).unwrap),
  );
  use('sign', 'sign standard input; the signature goes to standard output').action(
    lazily(async () => (await import('./key.ts')).sign),
  );
  use('verify', 'verify a signature of standard input; exits with 1 when it is not the key’s')
    .requiredOption('--signature <file>', 'the signature')
    .action(lazily(async () => (await import('./key.ts')).verify));
  use('mac', 'authenticate standard input').action(lazily(async () => (await import('./key.ts')).mac));
  use('random', 'random bytes')
    .option('--bytes <count>', 'how many, at most 4096', parseCount, 32)
    .action(lazily(async () => (await import('./key.ts')).random));
  use('public-key', 'the public half, as PEM')
    .option('--key-version <number>', 'of which version', parseCount)
    .action(lazily(async () => (await import('./key.ts')).publicKey));
  const change = (name: string, description: string) =>
    use(name, description)
      .option('--key-version <number>', 'which version (default: see docs/trust.md)', parseCount)
      .action(lazily(async () => (await import('./key.ts')).change(name)));
  use('rotate', 'make a new version, and use it from now on').action(
    lazily(async () => (await import('./key.ts')).change('rotate')),
  );
  change('disable', 'take a version out of use');
  change('enable', 'take a version into use again');
  change('schedule-destroy', 'destroy a version, or all, once the notice is over; takes two people');
  withProject(key.command('open-provider'))
    .description('give the PIN of the organization’s own HSM: asked for, or from standard input')
    .argument('<key-provider>', 'its name')
    .action(lazily(async () => (await import('./key.ts')).openProvider));
  change('cancel-destroy', 'undo schedule-destroy, or the deletion of the Key');
}

export function registerKeyCommands(program: Command): void {
  program.commandsGroup('Keys:');
  registerKeys(program);
  registerCeremony(program);
}
