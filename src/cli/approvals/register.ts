/** Declares `casemate approval …`. What the commands do is in the file beside this one, loaded when they run. */
import { type Command, Option } from 'commander';
import { lazily, withDecisions } from '../declare.ts';
import {
  outcomeOption,
  outputOption,
  parseDuration,
  withConnection,
  withProject,
} from '../resources/options.ts';

const LIFE_DEFAULT_MS = 24 * 60 * 60_000;

/** Adds them to the program. */
export function registerApprovalCommands(program: Command): void {
  const approval = program
    .command('approval')
    .description('what nobody may do alone: ask for it, agree to it');

  withProject(approval.command('request'))
    .description('ask others to agree to one change of one object, such as delete organization/acme')
    .argument('<transition>', 'what is to be done: delete, or a word of its kind')
    .argument('<target>', 'TYPE/NAME')
    .requiredOption('--reason <text>', 'why, for those who decide and for the record')
    .option('--reason-code <word>', 'why, in a word: see casemate explain approvalrequest.spec', 'other')
    .addOption(
      new Option('--expires <duration>', 'until when it counts, at most 168h')
        .argParser(parseDuration)
        .default(LIFE_DEFAULT_MS, '24h'),
    )
    .addOption(outcomeOption())
    .action(lazily(async () => (await import('./commands.ts')).approvalRequest));

  withDecisions(
    approval,
    ['name', 'the request'],
    {
      approve: 'agree to what somebody else asked for',
      reject: 'say no to it, which ends it; take back what you asked for',
    },
    async (word) => (await import('./commands.ts'))[word],
  );

  withConnection(approval.command('list'))
    .description('list what was asked for, and what became of it')
    .addOption(outputOption())
    .action(lazily(async () => (await import('./commands.ts')).approvalList));
}
