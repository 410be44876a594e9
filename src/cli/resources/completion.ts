/**
 * Shell completion: the scripts, and the hidden command they ask. Candidates come from the program itself and, for types
 * and names, from the server; whatever goes wrong, there are simply no candidates.
 */
import type { Command } from 'commander';
import { PROCESS_NAMES } from '../logs.ts';
import type { ResourceType } from './discovery.ts';
import { usageError } from './errors.ts';
import type { SessionOptions } from './options.ts';
import { print } from './output.ts';

const COMPLETION_LIMIT_MS = 3_000;

const BASH = `# casemate completion for bash: source <(casemate completion bash)
_casemate() {
  local IFS=$'\\n'
  COMPREPLY=($(casemate __complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
  [[ \${#COMPREPLY[@]} -eq 1 && \${COMPREPLY[0]} == */ ]] && compopt -o nospace
}
complete -o default -F _casemate casemate
`;

const ZSH = `#compdef casemate
# casemate completion for zsh: source <(casemate completion zsh)
_casemate() {
  local -a candidates
  candidates=("\${(@f)$(casemate __complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  [[ -n \${candidates[1]} ]] && compadd -- "\${candidates[@]}" || _files
}
compdef _casemate casemate
`;

export function completionScript(shell: string): string {
  if (shell === 'bash') return BASH;
  if (shell === 'zsh') return ZSH;
  throw usageError(`there is no completion for "${shell}"`, 'there is for bash and zsh');
}

/** What is being typed: the command it belongs to, the words before it, and an option that waits for its value. */
export interface Typed {
  readonly command: Command;
  readonly args: readonly string[];
  readonly options: Readonly<Record<string, string>>;
  readonly current: string;
  /** The long name of the option whose value is being typed. */
  readonly pendingOption: string | undefined;
}

function findOption(command: Command, flag: string) {
  return command.options.find((option) => option.short === flag || option.long === flag);
}

/** Reads the words of an unfinished command line. Pure. */
export function readTyped(program: Command, words: readonly string[]): Typed {
  const before = words.slice(0, -1);
  const current = words.at(-1) ?? '';
  let command = program;
  const args: string[] = [];
  const options: Record<string, string> = {};
  let pendingOption: string | undefined;
  for (const word of before) {
    if (pendingOption !== undefined) {
      options[pendingOption] = word;
      pendingOption = undefined;
      continue;
    }
    if (word.startsWith('-')) {
      const [flag = '', value] = word.split('=', 2);
      const option = findOption(command, flag);
      if (option?.required && value === undefined) pendingOption = option.attributeName();
      else if (option) options[option.attributeName()] = value ?? '';
      continue;
    }
    const inner =
      args.length === 0
        ? command.commands.find((one) => one.name() === word || one.aliases().includes(word))
        : undefined;
    if (inner) command = inner;
    else args.push(word);
  }
  return { command, args, options, current, pendingOption };
}

const isHidden = (command: Command) => '_hidden' in command && command._hidden === true;

/** Candidates that need no server; undefined when the server has to be asked. */
export function staticCandidates(typed: Typed): string[] | undefined {
  const { command, current, pendingOption } = typed;
  if (pendingOption !== undefined) {
    const option = command.options.find((one) => one.attributeName() === pendingOption);
    if (option?.argChoices) return option.argChoices;
    return pendingOption === 'project' || pendingOption === 'namespace' ? undefined : [];
  }
  if (current.startsWith('-'))
    return command.options.filter((option) => !option.hidden).flatMap((option) => option.long ?? []);
  if (command.commands.length > 0)
    return command.commands.filter((one) => !isHidden(one)).map((one) => one.name());
  const [argument] = command.registeredArguments;
  if (argument?.argChoices) return typed.args.length === 0 ? argument.argChoices : [];
  return undefined;
}

/** Commands whose arguments are `TYPE NAME…`, and those whose one argument is an object with that subresource. */
const TYPE_COMMANDS = new Set(['get', 'describe', 'delete', 'edit', 'watch', 'explain']);
const STREAM_COMMANDS: Readonly<Record<string, string>> = { exec: 'exec', ssh: 'exec', logs: 'log' };

async function serverCandidates(typed: Typed): Promise<string[]> {
  const { Session } = await import('./session.ts');
  const { existingNames } = await import('./read.ts');
  const { resolveType } = await import('./discovery.ts');
  const session = new Session(typed.options as SessionOptions);
  const namesOf = (type: ResourceType | undefined) =>
    type ? existingNames(session.client, type, session.projectFor(type)) : [];
  try {
    const types = await session.types();
    if (typed.pendingOption !== undefined)
      return await namesOf(types.find((type) => type.kind === 'Namespace'));
    const name = typed.command.name();
    const subresource = STREAM_COMMANDS[name];
    if (subresource !== undefined) {
      const offering = types.find(
        (type) => type.group !== '' && type.subresources.some((one) => one.name === subresource),
      );
      if (typed.args.length > 0) return [];
      const names = await namesOf(offering);
      // Without a project, a bare name may be one of the region's processes.
      if (name !== 'logs' || typed.options.project !== undefined) return names;
      return [...PROCESS_NAMES, ...names.map((one) => `${offering?.singular}/${one}`)];
    }
    if (!TYPE_COMMANDS.has(name)) return [];
    const [typeWord] = typed.args;
    if (typeWord !== undefined) return await namesOf(resolveType(types, typeWord));
    const [prefix, rest] = typed.current.split('/', 2);
    if (rest === undefined)
      return types.filter((type) => type.verbs.includes('list')).map((type) => type.plural);
    const names = await namesOf(resolveType(types, prefix ?? ''));
    return names.map((one) => `${prefix}/${one}`);
  } finally {
    session.client.close();
  }
}

/** Prints candidates for the last word, one to a line. Never fails, never asks for long. */
export async function complete(program: Command, words: readonly string[]): Promise<void> {
  const typed = readTyped(program, words);
  const limit = setTimeout(() => process.exit(0), COMPLETION_LIMIT_MS);
  try {
    const candidates = staticCandidates(typed) ?? (await serverCandidates(typed));
    const matching = candidates.filter((candidate) => candidate.startsWith(typed.current));
    print(matching.map((candidate) => `${candidate}\n`).join(''));
  } catch {
    // A shell that completes has no place for errors; the command itself will tell.
  } finally {
    clearTimeout(limit);
  }
}
