/** Options that several commands share. Loaded on every start, so it imports nothing but commander. */
import { type Command, InvalidArgumentError, Option } from 'commander';

export interface SessionOptions {
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly project?: string;
  readonly namespace?: string;
  readonly allProjects?: boolean;
}

export const OUTPUT_FORMATS = ['table', 'wide', 'json', 'yaml', 'name'] as const;
export type OutputFormat = (typeof OUTPUT_FORMATS)[number];

export interface OutcomeOptions {
  readonly output?: 'json' | 'yaml' | 'name';
  readonly dryRun?: boolean;
}

/** Adds `--kubeconfig` and `--context`. */
export function withConnection(command: Command): Command {
  return command
    .option(
      '--kubeconfig <file>',
      'the kubeconfig (default: $CASEMATE_KUBECONFIG, $KUBECONFIG, ~/.kube/config)',
    )
    .option('--context <name>', 'the context in it (default: its current one)');
}

/** Adds `-n/--project` (and `--namespace`, as Kubernetes clients call it) as well. */
export function withProject(command: Command): Command {
  return withConnection(command)
    .option('-n, --project <name>', 'the project (default: the context’s, else "default")')
    .addOption(new Option('--namespace <name>').hideHelp());
}

export const outputOption = () =>
  new Option('-o, --output <format>', 'how to print').choices(OUTPUT_FORMATS).default('table');

/** For commands that make or change one thing: by default they say in a line what they did. */
export const outcomeOption = () =>
  new Option('-o, --output <format>', 'print the object instead').choices(['json', 'yaml', 'name']);

/** Parses `30s`, `5m`, `1h` to milliseconds. */
export function parseDuration(text: string): number {
  const [, amount, unit] = /^([0-9]{1,6})(s|m|h)?$/.exec(text) ?? [];
  if (amount === undefined) throw new InvalidArgumentError('give a duration such as 30s, 5m or 1h.');
  const unit_ms = { s: 1_000, m: 60_000, h: 3_600_000 }[unit ?? 's'] ?? 1_000;
  return Number(amount) * unit_ms;
}

/** Parses a whole number ≥ 0. */
export function parseCount(text: string): number {
  const count = Number(text);
  if (text === '' || !Number.isSafeInteger(count) || count < 0)
    throw new InvalidArgumentError('give a whole number.');
  return count;
}

export const collect = (value: string, before: string[] = []): string[] => [...before, value];
