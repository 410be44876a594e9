/** What the files that declare commands share. Loaded on every start, so it imports nothing but commander and options. */
import { type Command, Option } from 'commander';
import { parseDuration, withConnection } from './resources/options.ts';

/** What a command does, with the arguments and options that commander hands on. */
export type Action = (...args: never[]) => Promise<void>;

/** An action whose module is loaded when it runs, so that `--help` and completion stay quick. */
export const lazily =
  (load: () => Promise<Action>) =>
  async (...args: unknown[]): Promise<void> =>
    (await load())(...(args as never[]));

const formatOption = (...formats: readonly [string, ...string[]]) =>
  new Option('-o, --output <format>', 'how to print').choices(formats).default(formats[0]);

/** For commands that tell of one thing in lines. */
export const textOutputOption = () => formatOption('text', 'json');

/** For commands that print rows which are no resources. */
export const tableOutputOption = () => formatOption('table', 'json');

/** `--wait`: how long a command waits for what the region does by itself, as a duration such as `10m`. */
export const waitOption = (byDefault: string) =>
  new Option('--wait <time>', 'how long to wait for the region: 30s, 10m, 2h; 0: not at all')
    .argParser(parseDuration)
    .default(parseDuration(byDefault), byDefault);

/** Adds a command for each word that ends or grants what somebody asked for; each takes one object and a note for the record. */
export function withDecisions<Word extends string>(
  group: Command,
  [argument, what]: readonly [name: string, description: string],
  words: Readonly<Record<Word, string>>,
  load: (word: Word) => Promise<Action>,
): void {
  for (const word of Object.keys(words) as Word[]) {
    withConnection(group.command(word))
      .description(words[word])
      .argument(`<${argument}>`, what)
      .option('--note <text>', 'a word on it, for the record')
      .action(lazily(() => load(word)));
  }
}
