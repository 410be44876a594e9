/** What is asked about, beside the operation: where it is, which object, and what that object carries. Pure. */
import type { Operation } from './operations-table.ts';

export interface Target {
  /** The project it belongs to, or is. Absent: the realm, or all projects. */
  readonly project?: string;
  /** Absent: many at once, or none yet. */
  readonly name?: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** The place of a request's namespace and name. */
export function targetOf(
  { place }: Operation,
  namespace: string | undefined,
  name: string | undefined,
  labels: Readonly<Record<string, string>> = {},
): Target {
  const own = place === 'own-project' ? (name ?? namespace) : name;
  const project = place === 'project' ? namespace : place === 'own-project' ? own : undefined;
  return {
    ...(project === undefined ? {} : { project }),
    ...(own === undefined ? {} : { name: own }),
    labels,
  };
}

/** Whether it is asked of many objects at once. */
export const isMany = ({ verb }: Operation, { name }: Target) => name === undefined && verb !== 'create';

/** Whether it is asked of all projects at once. */
export const isEverywhere = ({ place }: Operation, { project }: Target) =>
  place !== 'realm' && project === undefined;
