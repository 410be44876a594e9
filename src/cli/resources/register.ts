/**
 * Declares the commands that work on any realm over its API. What they do is in the files beside this one, loaded when
 * they run.
 */
import { Argument, type Command, Option } from 'commander';
import { lazily } from '../declare.ts';
import { registerPeopleCommands } from '../identity/register-people.ts';
import { EXIT_CODES_TEXT } from './errors.ts';
import {
  collect,
  outcomeOption,
  outputOption,
  parseCount,
  parseDuration,
  withConnection,
  withProject,
} from './options.ts';

const WAIT_DEFAULT_MS = 300_000;

const timeoutOption = (what: string) =>
  new Option('--timeout <duration>', what).argParser(parseDuration).default(WAIT_DEFAULT_MS, '5m');

const selectorOption = () =>
  new Option('-l, --selector <labels>', 'only those with these labels, such as app=web,tier!=test');
const manifestOption = () =>
  new Option('-f, --filename <file>', 'a manifest, a folder of them, or - for standard input').argParser(
    collect,
  );

function registerReading(program: Command): void {
  const listing = (command: Command) =>
    withProject(command)
      .addOption(outputOption())
      .option('-A, --all-projects', 'in every project')
      .addOption(selectorOption())
      .option('--field-selector <fields>', 'only those with these fields, such as metadata.name=web')
      .option('--no-headers', 'without the line of column names');

  listing(program.command('get'))
    .description('print resources: TYPE, TYPE NAME… or TYPE/NAME…')
    .argument('<type>', 'such as instances, inst,networks, all or instance/web')
    .argument('[names...]', 'only these')
    .option('-w, --watch', 'go on printing what changes')
    .action(lazily(async () => (await import('./get.ts')).get));

  listing(program.command('watch'))
    .description('print resources, then every change to them, until Ctrl-C')
    .argument('<type>', 'such as instances or instance/web')
    .argument('[name]', 'only this one')
    .action(lazily(async () => (await import('./get.ts')).watch));

  withProject(program.command('describe'))
    .description(
      'tell all there is to know about resources: what they should be, what they are, what happened to them',
    )
    .argument('<type>', 'such as instances or instance/web')
    .argument('[names...]', 'only these')
    .option('-A, --all-projects', 'in every project')
    .addOption(selectorOption())
    .action(lazily(async () => (await import('./describe.ts')).describe));

  withConnection(program.command('explain'))
    .description('what a kind and its fields mean')
    .argument('<type>', 'such as instance or instance.spec.networks')
    .option('--recursive', 'names of all fields, at every depth')
    .action(lazily(async () => (await import('./explain.ts')).explain));

  withConnection(program.command('api-resources'))
    .description('the types of resources there are')
    .addOption(outputOption())
    .option('--api-group <group>', 'only of this group')
    .action(lazily(async () => (await import('./about.ts')).apiResources));

  withProject(program.command('whoami'))
    .description('who the server takes you for, and where')
    .addOption(outputOption())
    .action(lazily(async () => (await import('./about.ts')).whoami));
}

function registerWriting(program: Command): void {
  const manifests = (command: Command) =>
    withProject(command)
      .addOption(manifestOption())
      .option('-R, --recursive', 'folders in folders too')
      .addOption(outcomeOption())
      .option('--dry-run', 'let the server check it all, and change nothing');

  manifests(program.command('apply'))
    .description('make resources what manifests say: create what is missing, change what differs')
    .action(lazily(async () => (await import('./write.ts')).apply));

  manifests(program.command('create'))
    .description('create resources from manifests')
    .action(lazily(async () => (await import('./write.ts')).create));

  manifests(program.command('delete'))
    .description('delete resources: TYPE NAME…, TYPE/NAME… or -f FILE; waits until they are gone')
    .argument('[targets...]', 'such as instance web, or instance/web network/lan')
    .addOption(selectorOption())
    .option('--all', 'all of the type, in the project')
    .addOption(
      new Option('--cascade <how>', 'what becomes of what belongs to it')
        .choices(['background', 'foreground', 'orphan'])
        .default('background'),
    )
    .option('--no-wait', 'do not wait until it is gone')
    .option('--ignore-not-found', 'it is no error when it is gone already')
    .addOption(timeoutOption('how long to wait'))
    .action(lazily(async () => (await import('./write.ts')).remove));

  withProject(program.command('edit'))
    .description('change a resource in your editor ($VISUAL, $EDITOR)')
    .argument('<target...>', 'such as instance web, or instance/web')
    .action(lazily(async () => (await import('./write.ts')).edit));
}

function registerStreams(program: Command): void {
  withProject(program.command('exec'))
    .description('run a command in an instance; without one, a shell. Exits as the command does')
    .argument('<instance>', 'its name')
    .argument('[command...]', 'the command and its arguments, after --')
    .option('-i, --stdin', 'pass on standard input')
    .option('-t, --tty', 'with a terminal')
    .action(lazily(async () => (await import('./exec.ts')).exec));

  withProject(program.command('ssh'))
    .description('run ssh to an instance, through a Forward if there is one')
    .argument('<[user@]instance>', 'its name')
    .argument('[args...]', 'what to hand to ssh, after --')
    .option('--user <name>', 'who to sign in as')
    .option('-i, --identity <file>', 'the private key')
    .addOption(
      new Option(
        '-o, --option <name=value>',
        'an option for ssh, such as StrictHostKeyChecking=accept-new',
      ).argParser(collect),
    )
    .action(lazily(async () => (await import('./ssh.ts')).ssh));
}

function registerPeople(program: Command): void {
  const person = (command: Command) =>
    command
      .option('--out <file>', 'where to write the kubeconfig (default: ./NAME.kubeconfig)')
      .option(
        '--csr <file>',
        'a signing request (PKCS#10, PEM) of a key that is kept elsewhere; then --out gets the certificate',
      )
      .addOption(timeoutOption('how long to wait for the certificate'));

  const org = program.command('org').description('organizations: the region’s tenants');
  person(withConnection(org.command('create')))
    .description(
      'create an organization and its first administrator, whose key is made here and never leaves',
    )
    .argument('<name>', 'a DNS label')
    .requiredOption('--admin <user>', 'who administers it first')
    .option('--display-name <text>', 'what people call it')
    .action(lazily(async () => (await import('./people.ts')).orgCreate));
  withConnection(org.command('list'))
    .description('the organizations there are')
    .addOption(outputOption())
    .action(lazily(async () => (await import('./people.ts')).orgList));
  withConnection(org.command('delete'))
    .description('destroy an organization with all that is in it')
    .argument('<name>', 'its name')
    .option('--yes', 'really do it: nothing can bring it back')
    .addOption(timeoutOption('how long to wait until it is gone'))
    .action(lazily(async () => (await import('./people.ts')).orgDelete));

  const project = program.command('project').description('projects of an organization');
  withConnection(project.command('create'))
    .description('create a project')
    .argument('<name>', 'a DNS label')
    .action(lazily(async () => (await import('./people.ts')).projectCreate));
  withConnection(project.command('list'))
    .description('the projects there are')
    .addOption(outputOption())
    .action(lazily(async () => (await import('./people.ts')).projectList));

  const user = program.command('user').description('people and what they may do');
  person(withConnection(user.command('create')))
    .description(
      'let somebody in: make their key here, have it certified, give them a role, write their kubeconfig',
    )
    .argument('<name>', 'such as alice')
    .requiredOption('--role <role>', 'such as organization-admin, project-editor or project-viewer')
    .option('-n, --project <name>', 'only in this project (default: in all)')
    .addOption(new Option('--group <name>', 'a group they belong to').argParser(collect))
    .addOption(new Option('--days <count>', 'how long the certificate is valid').argParser(parseCount))
    .action(lazily(async () => (await import('./people.ts')).userCreate));
  registerPeopleCommands(program, user);
}

function registerCompletion(program: Command): void {
  program
    .command('completion')
    .description('print the completion script of a shell')
    .addArgument(new Argument('<shell>', 'bash or zsh').choices(['bash', 'zsh']))
    .action(async (shell: string) => {
      const { completionScript } = await import('./completion.ts');
      process.stdout.write(completionScript(shell));
    });
  program
    .command('__complete', { hidden: true })
    .argument('[words...]')
    .action(async (words: string[]) => (await import('./completion.ts')).complete(program, words));
}

/** Adds all of them to the program. */
export function registerResourceCommands(program: Command): void {
  program.commandsGroup('Organizations, projects and people:');
  registerPeople(program);
  program.commandsGroup('Work with resources:');
  registerReading(program);
  registerWriting(program);
  registerStreams(program);
  registerCompletion(program);
  program.addHelpText('after', EXIT_CODES_TEXT);
}
