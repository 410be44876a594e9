/** Declares the commands for people and groups. What they do is in `people-commands.ts`, loaded when they run. */
import { type Command, Option } from 'commander';
import { lazily } from '../declare.ts';
import { collect, outputOption, parseCount, withConnection } from '../resources/options.ts';

/** Adds them; `user` is the command that the ones about a single person belong to. */
export function registerPeopleCommands(program: Command, user: Command): void {
  const load = () => import('./people-commands.ts');
  withConnection(user.command('invite'))
    .description('let somebody choose a passkey, or a password and an app, by a link that works once')
    .argument('<name>', 'such as alice')
    .option('--display-name <text>', 'what others see (default: the name)')
    .option('--email <address>', 'where to reach them')
    .addOption(new Option('--group <name>', 'a group they join').argParser(collect))
    .option('--role <role>', 'a role they hold, such as project-editor')
    .option('-n, --project <name>', 'the role only in this project (default: in all)')
    .addOption(new Option('--hours <count>', 'how long the link works, at most 168').argParser(parseCount))
    .action(lazily(async () => (await load()).userInvite));
  withConnection(user.command('list'))
    .description('the people there are, and what they sign in with')
    .addOption(outputOption())
    .action(lazily(async () => (await load()).userList));
  withConnection(user.command('disable'))
    .description('sign somebody out everywhere, and let them in no more, by certificate neither')
    .argument('<name>', 'such as alice')
    .action(lazily(async () => (await load()).userDisable));
  withConnection(user.command('enable'))
    .description('let somebody in again who was disabled')
    .argument('<name>', 'such as alice')
    .action(lazily(async () => (await load()).userEnable));
  withConnection(user.command('remove'))
    .description('remove somebody with their sessions, credentials, memberships, certificates and roles')
    .argument('<name>', 'such as alice')
    .action(lazily(async () => (await load()).userRemove));

  const group = program.command('group').description('people who hold roles together');
  withConnection(group.command('add'))
    .description('put people into a group, which is made if it is not there')
    .argument('<group>', 'such as developers')
    .argument('<names...>', 'such as alice bob')
    .action(lazily(async () => (await load()).groupAdd));
  withConnection(group.command('remove'))
    .description('take people out of a group')
    .argument('<group>', 'such as developers')
    .argument('<names...>', 'such as alice bob')
    .action(lazily(async () => (await load()).groupRemove));
}
