/** Reads what a command is about from its arguments: `TYPE`, `TYPE NAME…`, `TYPE/NAME…`. */

import { ownCommand } from '../own-command.ts';
import { type ResourceType, resolveType, resolveTypes } from './discovery.ts';
import { usageError } from './errors.ts';

export interface Target {
  readonly type: ResourceType;
  /** Absent: all of the type. */
  readonly name?: string;
}

/** Types or objects, as `get` takes them. */
export function parseTargets(types: readonly ResourceType[], args: readonly string[]): Target[] {
  const [first, ...names] = args;
  if (first === undefined)
    throw usageError('which resource type?', `${ownCommand()} api-resources lists what there is`);
  if (args.some((arg) => arg.includes('/'))) {
    return args.map((arg) => {
      const [type = '', name = '', ...more] = arg.split('/');
      if (name === '' || more.length > 0)
        throw usageError(`"${arg}" is not TYPE/NAME`, 'give either TYPE NAME… or TYPE/NAME…');
      return { type: resolveType(types, type), name };
    });
  }
  if (names.length === 0) return resolveTypes(types, first).map((type) => ({ type }));
  const type = resolveType(types, first);
  return names.map((name) => ({ type, name }));
}

/** Objects only, as `delete` and `edit` take them. */
export function parseObjectTargets(
  types: readonly ResourceType[],
  args: readonly string[],
): Required<Target>[] {
  return parseTargets(types, args).map(({ type, name }) => {
    if (name === undefined) throw usageError(`which ${type.singular}? Give a name`);
    return { type, name };
  });
}

/**
 * The one object that a stream (exec, log) goes to: `NAME` or `TYPE/NAME`. A bare name is of the first type that has
 * the subresource.
 */
export function parseStreamTarget(
  types: readonly ResourceType[],
  arg: string,
  subresource: string,
): Required<Target> {
  const offering = types.filter(
    (type) => type.subresources.some(({ name }) => name === subresource) && type.group !== '',
  );
  const [typeText = '', name] = arg.includes('/') ? arg.split('/', 2) : ['', arg];
  const type = typeText === '' ? offering[0] : resolveType(types, typeText);
  if (type === undefined || !offering.includes(type)) {
    throw usageError(`${type === undefined ? 'nothing here' : `no ${type.singular}`} has a "${subresource}"`);
  }
  if (name === undefined || name === '') throw usageError(`which ${type.singular}? Give a name`);
  return { type, name };
}
