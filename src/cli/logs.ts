/**
 * `casemate logs`: one verb for two kinds of logs. A region's own processes write files on this machine; an instance's console is
 * read over the API. Says which of the two is meant; reads neither itself.
 */
import { type Command, Option } from 'commander';
import { ownCommand } from './own-command.ts';
import { dataOption } from './region/options.ts';
import { parseCount, type SessionOptions, withProject } from './resources/options.ts';

const LINES_DEFAULT = 100;

/** The region's own processes that write logs. An instance of such a name is told apart by `-n` or `instance/NAME`. */
export const PROCESS_NAMES = ['region', 'postgres', 'incus', 'firewall', 'supervisor'] as const;

export interface LogsOptions extends SessionOptions {
  readonly data?: string;
  readonly follow?: boolean;
  readonly tail?: number;
  readonly raw?: boolean;
}

const HELP = `
Logs of the region's own processes, on the machine it runs on:
  casemate logs                             the last lines of all of them
  casemate logs -f region                   one: ${PROCESS_NAMES.join(', ')}

The console of an instance, over the API:
  casemate logs [-f] -n PROJECT INSTANCE
  casemate logs instance/NAME               in the context's project
`;

/** Whether a process of the region is meant, rather than an instance. Pure. */
export function meansProcess(name: string | undefined, options: LogsOptions): boolean {
  const { project, namespace, kubeconfig, context } = options;
  if ([project, namespace, kubeconfig, context].some((one) => one !== undefined)) return false;
  return name === undefined || (PROCESS_NAMES as readonly string[]).includes(name);
}

export function registerLogs(program: Command): void {
  withProject(program.command('logs'))
    .description('the logs of the region’s own processes; or with -n PROJECT INSTANCE, an instance’s')
    .argument('[name]', 'a process of the region, or an instance (NAME or instance/NAME)')
    .addOption(dataOption())
    .option('-f, --follow', 'go on showing what comes')
    .addOption(
      new Option(
        '--tail <lines>',
        `only the last lines (default: ${LINES_DEFAULT} of a process, all of an instance)`,
      ).argParser(parseCount),
    )
    .option('--raw', 'a process’ records as they are stored')
    .addHelpText('after', HELP)
    .action(async (name: string | undefined, options: LogsOptions, command: Command) => {
      if (meansProcess(name, options)) {
        const { logs } = await import('./region/logs.ts');
        return logs(name, { ...options, lines: options.tail ?? LINES_DEFAULT });
      }
      if (name === undefined)
        return command.error(`error: which instance? ${ownCommand()} logs -n PROJECT INSTANCE`);
      const { showInstanceLog } = await import('./resources/instance-log.ts');
      return showInstanceLog(name, options, command);
    });
}
