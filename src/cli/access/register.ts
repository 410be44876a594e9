/** Declares `casemate access …`. What the commands do is in the files beside this one, loaded when they run. */
import { type Command, Option } from 'commander';
import { lazily, tableOutputOption } from '../declare.ts';
import { collect, withConnection, withProject } from '../resources/options.ts';

const groupOption = () =>
  new Option('--group <name>', 'as if they were in this group, and no other than are given').argParser(
    collect,
  );

/** Adds them to the program. */
export function registerAccessCommands(program: Command): void {
  program.commandsGroup('Who may do what:');
  const access = program.command('access').description('who may do what, why, and whether they still should');

  withProject(access.command('who-can'))
    .description('print everybody who may do something: who can reach this?')
    .argument('<verb>', 'get, list, watch, create, update, patch, delete or deletecollection')
    .argument('<resource>', 'such as instances, or instances/exec')
    .argument('[name]', 'this one only')
    .addOption(tableOutputOption())
    .action(lazily(async () => (await import('./questions.ts')).whoCan));

  withProject(access.command('of'))
    .description('print what somebody holds and may do')
    .argument('<user>', 'such as alice, or serviceaccount:PROJECT/NAME')
    .addOption(groupOption())
    .addOption(tableOutputOption())
    .action(lazily(async () => (await import('./questions.ts')).of));

  withProject(access.command('why'))
    .description('print why somebody may do something, or what it would take')
    .argument('<user>', 'such as alice, or serviceaccount:PROJECT/NAME')
    .argument('<verb>', 'get, list, watch, create, update, patch, delete or deletecollection')
    .argument('<resource>', 'such as instances, or instances/exec')
    .argument('[name]', 'this one only')
    .addOption(groupOption())
    .option('--address <address>', 'as if they asked from there')
    .addOption(
      new Option('--strength <how>', 'as if they had signed in so').choices([
        'certificate',
        'password+totp',
        'passkey',
        'federated',
        'token',
      ]),
    )
    .addOption(tableOutputOption())
    .action(lazily(async () => (await import('./questions.ts')).why));

  const review = access.command('review').description('look through who holds what: keep or revoke');
  withConnection(review.command('show'))
    .description('print the rights in a review and what was decided')
    .argument('<review>')
    .addOption(tableOutputOption())
    .action(lazily(async () => (await import('./reviews.ts')).show));
  withConnection(review.command('decide'))
    .description('say of a right, or of all that nobody decided about, whether it stays')
    .argument('<review>')
    .argument('<decision>', 'keep or revoke')
    .argument('[binding]', 'the RoleBinding that gives it')
    .argument(
      '[subject]',
      'of whom: alice, group:team, serviceaccount:PROJECT/NAME; absent: all that it names',
    )
    .option('--undecided', 'everything that nobody decided about yet')
    .option('--note <text>', 'why')
    .addOption(tableOutputOption())
    .action(lazily(async () => (await import('./reviews.ts')).decide));
  withConnection(review.command('complete'))
    .description('end a review: what was revoked is taken away, and the outcome has a digest')
    .argument('<review>')
    .addOption(tableOutputOption())
    .action(lazily(async () => (await import('./reviews.ts')).complete));
}
