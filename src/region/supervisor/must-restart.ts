/**
 * Whether a process has to start anew to be what another plan says it is. What only counts at its next start (how it is prepared, how its readiness is seen,
 * where compiled code is kept) does not: so a release of Casemate goes over to another without the database or Incus noticing. Pure.
 */
import { isDeepStrictEqual } from 'node:util';
import type { ProcessDefinition } from './definition.ts';

/** Only where Node keeps what it compiled; of meaning to nothing else. */
const OF_NEXT_START = 'NODE_COMPILE_CACHE';

export function mustRestart(now: ProcessDefinition, wanted: ProcessDefinition): boolean {
  return !isDeepStrictEqual(essence(now), essence(wanted));
}

function essence({ command, args, env, cwd, uid, gid }: ProcessDefinition) {
  const { [OF_NEXT_START]: _cache, ...rest } = env;
  return { command, args, env: rest, cwd, uid, gid };
}
