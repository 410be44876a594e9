/** Declares `casemate access-request …` and `casemate recording …`. What the commands do is in the files beside this one, loaded when they run. */
import { type Command, Option } from 'commander';
import { lazily, withDecisions } from '../declare.ts';
import { collect, outputOption, parseCount, parseDuration, withConnection } from '../resources/options.ts';

const WAIT_DEFAULT_MS = 300_000;
const MINUTES_DEFAULT = 30;

/** Adds them to the program. */
export function registerOperatorCommands(program: Command): void {
  const request = program
    .command('access-request')
    .description('operators: ask a tenant to be let in; tenants: let them in, end it, see what they did');

  withConnection(request.command('create'))
    .description('ask an organization for access to one project of it, as an operator')
    .argument('<name>', 'what the request is called')
    .requiredOption('--org <name>', 'the organization')
    .requiredOption('--project <name>', 'the one project')
    .requiredOption('--reason <text>', 'why, for those who decide and for the record')
    .option(
      '--reason-code <word>',
      'why, in a word: tenant-request, support, repair, security-incident, …',
      'support',
    )
    .addOption(new Option('--exec <instance>', 'a terminal in this instance').argParser(collect))
    .addOption(new Option('--log <instance>', 'the output of this instance').argParser(collect))
    .addOption(
      new Option('--read <resource>', 'to read these, such as instances.compute.casemate.internal').argParser(
        collect,
      ),
    )
    .addOption(
      new Option(
        '--allow <rule>',
        'VERB,VERB:RESOURCE[/SUBRESOURCE][:NAME,NAME], for anything else',
      ).argParser(collect),
    )
    .addOption(new Option('--minutes <count>', 'how long').argParser(parseCount).default(MINUTES_DEFAULT))
    .option('--break-glass', 'before the organization agreed: takes another operator, and it is told at once')
    .option('--key <file>', 'where the session’s key goes (default: NAME.key)')
    .action(lazily(async () => (await import('./request.ts')).create));

  withConnection(request.command('open'))
    .description('wait until it is granted, and write the session’s kubeconfig')
    .argument('<name>', 'the request')
    .option('--key <file>', 'the session’s key (default: NAME.key)')
    .option('--out <file>', 'where the kubeconfig goes (default: NAME.kubeconfig)')
    .addOption(
      new Option('--timeout <duration>', 'how long to wait')
        .argParser(parseDuration)
        .default(WAIT_DEFAULT_MS, '5m'),
    )
    .action(lazily(async () => (await import('./request.ts')).open));

  withDecisions(
    request,
    ['name', 'the request'],
    {
      approve: 'let the operator in; in the region: agree to break the glass',
      reject: 'say no',
      revoke: 'end the session at once, open terminals too',
    },
    async (word) => (await import('./decide.ts'))[word],
  );

  withConnection(request.command('list'))
    .description('list requests, and what became of them')
    .addOption(outputOption())
    .action(lazily(async () => (await import('./decide.ts')).list));

  withConnection(request.command('recordings'))
    .description('list what operators’ terminals left')
    .addOption(outputOption())
    .action(lazily(async () => (await import('./replay.ts')).recordings));

  withConnection(request.command('replay'))
    .description('play what an operator did in a terminal: a recording, or all of a request')
    .argument('<name>', 'the recording or the request')
    .option('--out <file>', 'write it as asciicast instead, for asciinema play')
    .action(lazily(async () => (await import('./replay.ts')).replay));
}
