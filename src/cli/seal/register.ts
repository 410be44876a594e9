/** Declares `casemate seal …`. What the commands do is in the files beside this one, loaded when they run. */
import type { Command } from 'commander';
import { lazily, textOutputOption, withDecisions } from '../declare.ts';
import { outputOption, withConnection } from '../resources/options.ts';

/** Adds them to the program. */
export function registerSealCommands(program: Command): void {
  program.commandsGroup('Hold the air gap:');
  const seal = program
    .command('seal')
    .description('whether anything undeclared leaves the region, and the proof of it');

  withConnection(seal.command('status'))
    .description('how the seal is held, and which flows are declared; exits with 3 when it does not hold')
    .addOption(textOutputOption())
    .action(lazily(async () => (await import('./commands.ts')).sealStatus));

  withConnection(seal.command('time'))
    .description(
      'where the region’s time comes from, and how far off this machine is; exits with 3 when it cannot be believed',
    )
    .addOption(textOutputOption())
    .action(lazily(async () => (await import('./commands.ts')).sealTime));

  withConnection(seal.command('probe'))
    .description('have the region try to get out, now; writes a report')
    .addOption(textOutputOption())
    .action(lazily(async () => (await import('./commands.ts')).sealProbe));

  withConnection(seal.command('report'))
    .description('print a report; as json together with its receipt, which anybody can check offline')
    .argument('[name]', 'which (default: the last)')
    .addOption(textOutputOption())
    .action(lazily(async () => (await import('./commands.ts')).sealReport));

  withConnection(seal.command('flows'))
    .description('list the declared flows: the flow matrix')
    .addOption(outputOption())
    .action(lazily(async () => (await import('./commands.ts')).sealFlows));

  withDecisions(
    seal,
    ['flow', 'the Interconnection'],
    {
      approve: 'agree to a declared flow that somebody else asked for',
      reject: 'say no to it, which ends it; take back what you asked for',
    },
    async (word) => (await import('./commands.ts'))[word],
  );
}
