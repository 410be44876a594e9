/** Finds an instance's place in Incus for streams, and turns what Incus says into what a user can act on. */
import { isIncusError } from '#engines/incus/errors.ts';
import type { ConnectRequest } from '#kernel/connect.ts';
import { conflict, unavailable } from '#kernel/errors.ts';
import type { ComputeContext } from './context.ts';
import { Instance, type InstanceObject } from './instance.ts';
import { engineInstance, LABELS } from './names.ts';

export interface Place {
  readonly project: string;
  readonly name: string;
}

const REMEMBERED_MAX = 10_000;
const RETRY_S = 5;

export class Places {
  readonly #compute: ComputeContext;
  /** Incus project by instance uid. */
  readonly #known = new Map<string, string>();

  constructor(compute: ComputeContext) {
    this.#compute = compute;
  }

  /** The project's uid is not in the object, so the first time the instance is looked up by its label. */
  async of(request: ConnectRequest): Promise<Place> {
    const { uid } = request.object.metadata;
    let project = this.#known.get(uid);
    if (project === undefined) {
      const all = await clearly(request, () => this.#compute.incus.instances.list());
      project = all.find(({ config }) => config[LABELS.uid] === uid)?.project;
      if (project === undefined) throw notThere(request, 'the engine has not made it yet');
      if (this.#known.size >= REMEMBERED_MAX) this.#known.clear();
      this.#known.set(uid, project);
    }
    return { project, name: engineInstance(uid) };
  }
}

export const isNotRunning = (error: unknown): boolean =>
  isIncusError(error) && /not running|is stopped/i.test(error.message);

/** Incus says it of an instance that is being stopped, and of one that has no memory left to start a command. */
export const takesNoCommand = (error: unknown): boolean =>
  isIncusError(error) && /retrieve PID of executing child process/i.test(error.message);

/** A virtual machine is reached through a program in it, which is not there while its system starts, and on some systems never. */
export const isWithoutAgent = (error: unknown): boolean =>
  isIncusError(error) && /agent isn't currently running/i.test(error.message);

/** Runs a step on Incus for the request. Throws a StatusError. */
export async function clearly<T>(request: ConnectRequest, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!isIncusError(error)) throw error;
    if (error.code === 'Absent') throw notThere(request, error.message);
    if (isNotRunning(error)) throw notThere(request, 'it is not running; set spec.powerState to Running');
    if (takesNoCommand(error)) {
      throw notThere(request, 'it starts no command now: it is being stopped, or has no memory left for one');
    }
    if (isWithoutAgent(error)) {
      throw unavailable(
        'its system has not started so far, or has no incus-agent, through which a virtual machine is reached; see its console log, and try again shortly',
        RETRY_S,
      );
    }
    if (isIncusError(error, 'NotFound')) throw notThere(request, 'the engine has not made it yet');
    throw unavailable('the region’s compute engine does not answer; try again shortly', RETRY_S);
  }
}

function notThere({ object }: ConnectRequest, why: string) {
  const { status } = object as InstanceObject;
  const ready = status?.conditions?.find(({ type }) => type === 'Ready');
  const more = ready && ready.status !== 'True' ? ` (${ready.reason}: ${ready.message})` : '';
  const subject = { group: Instance.group, kind: Instance.kind, name: object.metadata.name };
  return conflict(subject, `${why}${more}`);
}
