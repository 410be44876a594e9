/** Declares `casemate seal …`. What the commands do is in the files beside this one, loaded when they run. */
import { type Command, Option } from 'commander';
import { outputOption, withConnection } from '../resources/options.ts';

type Action = (...args: never[]) => Promise<void>;

const lazily =
  (load: () => Promise<Action>) =>
  async (...args: unknown[]): Promise<void> =>
    (await load())(...(args as never[]));

/** Adds them to the program. */
export function registerSealCommands(program: Command): void {
  program.commandsGroup('Hold the air gap:');
  const seal = program
    .command('seal')
    .description('whether anything undeclared leaves the region, and the proof of it');

  withConnection(seal.command('status'))
    .description('how the seal is held, and which flows are declared; exits with 3 when it does not hold')
    .addOption(new Option('-o, --output <format>', 'how to print').choices(['text', 'json']).default('text'))
    .action(lazily(async () => (await import('./commands.ts')).sealStatus));

  withConnection(seal.command('time'))
    .description(
      'where the region’s time comes from, and how far off this machine is; exits with 3 when it cannot be believed',
    )
    .addOption(new Option('-o, --output <format>', 'how to print').choices(['text', 'json']).default('text'))
    .action(lazily(async () => (await import('./commands.ts')).sealTime));

  withConnection(seal.command('probe'))
    .description('have the region try to get out, now; writes a report')
    .addOption(new Option('-o, --output <format>', 'how to print').choices(['text', 'json']).default('text'))
    .action(lazily(async () => (await import('./commands.ts')).sealProbe));

  withConnection(seal.command('report'))
    .description('print a report; as json together with its receipt, which anybody can check offline')
    .argument('[name]', 'which (default: the last)')
    .addOption(new Option('-o, --output <format>', 'how to print').choices(['text', 'json']).default('text'))
    .action(lazily(async () => (await import('./commands.ts')).sealReport));

  withConnection(seal.command('flows'))
    .description('list the declared flows: the flow matrix')
    .addOption(outputOption())
    .action(lazily(async () => (await import('./commands.ts')).sealFlows));

  for (const [name, what] of [
    ['approve', 'agree to a declared flow that somebody else asked for'],
    ['reject', 'say no to it, which ends it; take back what you asked for'],
  ] as const) {
    withConnection(seal.command(name))
      .description(what)
      .argument('<flow>', 'the Interconnection')
      .option('--note <text>', 'a word on it, for the record')
      .action(
        lazily(async () => {
          const commands = await import('./commands.ts');
          return name === 'approve' ? commands.sealApprove : commands.sealReject;
        }),
      );
  }
}
