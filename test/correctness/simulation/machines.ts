/**
 * An engine that holds machines, the kind that asks for them, and its controller, written as the services write theirs: look before you
 * make, label with the uid, finalizer first, status last, a sweep for what is left over.
 */
import { Type } from 'typebox';
import type { Controller } from '#kernel/controller.ts';
import { isStatusError } from '#kernel/errors.ts';
import { defineKind, type ObjectOf } from '#kernel/kind.ts';
import type { ChangeContext, ObjectKey, Resources } from '#kernel/realm.ts';
import { bornWithFinalizer, removeFinalizer } from '#kernel/reconcile/finalizers.ts';
import type { Link } from './faults.ts';

const MACHINE_FINALIZER = 'test.casemate.internal/machine';

export const Machine = defineKind({
  group: 'test.casemate.internal',
  version: 'v1',
  kind: 'Machine',
  plural: 'machines',
  scope: 'Project',
  description: 'A machine of a simulated engine.',
  realms: ['organization'],
  spec: Type.Object({ size: Type.Integer({ minimum: 1, maximum: 64 }) }),
  status: Type.Object({
    phase: Type.Optional(Type.String()),
    observedGeneration: Type.Optional(Type.Integer()),
  }),
  normalize: (object) => bornWithFinalizer(object, MACHINE_FINALIZER),
});

export type MachineObject = ObjectOf<typeof Machine>;

/** The engine itself: one for all processes, and it never forgets. */
export class MachineEngine {
  /** Sizes by uid. */
  readonly machines = new Map<string, number>();
  /** Every machine that ever was removed. */
  readonly removed = new Set<string>();

  async list(): Promise<readonly string[]> {
    return [...this.machines.keys()];
  }

  async size(uid: string): Promise<number | undefined> {
    return this.machines.get(uid);
  }

  async create(uid: string, size: number): Promise<void> {
    if (this.machines.has(uid)) throw new Error(`there is a machine ${uid}`);
    this.machines.set(uid, size);
  }

  async resize(uid: string, size: number): Promise<void> {
    if (!this.machines.has(uid)) throw new Error(`there is no machine ${uid}`);
    this.machines.set(uid, size);
  }

  async remove(uid: string): Promise<void> {
    if (this.machines.delete(uid)) this.removed.add(uid);
  }
}

/** `bug`: what its author forgot, to see that the simulation finds it. */
export function machineController(
  engine: MachineEngine,
  link: Link,
  bug?: 'no look before the make' | 'no sweep',
): Controller {
  const call = <T>(name: string, effect: () => Promise<T>) => link.call(`engine.${name}`, effect);
  return {
    name: 'machine',
    realms: ['organization'],
    kind: Machine,
    async reconcile(key, { realm, change }) {
      const machine = realm.view.get(Machine, key);
      if (!machine) return undefined;
      const { uid, generation, deletionTimestamp } = machine.metadata;
      const { resources } = realm;
      if (deletionTimestamp !== undefined) {
        await call('remove', () => engine.remove(uid));
        await removeFinalizer(resources, Machine, key, MACHINE_FINALIZER, change, uid);
        return undefined;
      }
      const { size } = machine.spec;
      const there =
        bug === 'no look before the make' ? undefined : await call('size', () => engine.size(uid));
      if (there === undefined) await call('create', () => engine.create(uid, size));
      else if (there !== size) await call('resize', () => engine.resize(uid, size));
      await report(resources, key, change, uid, (current) =>
        current.metadata.generation === generation
          ? { phase: 'Running', observedGeneration: generation }
          : current.status,
      );
      return undefined;
    },
    async sweep({ realm, realms, change }) {
      if (bug === 'no sweep') return;
      const there = await call('list', () => engine.list());
      await realms.fresh(realm.id);
      const machines = realm.view.list(Machine);
      const wanted = new Set(machines.map(({ metadata }) => metadata.uid));
      for (const uid of there) if (!wanted.has(uid)) await call('remove', () => engine.remove(uid));
      // What is missing or of another size is for the controller, whom a change of status wakes.
      for (const { metadata, spec } of machines) {
        const { uid, name, namespace, deletionTimestamp } = metadata;
        if (deletionTimestamp !== undefined) continue;
        if ((await call('size', () => engine.size(uid))) === spec.size) continue;
        const key = { name, ...(namespace === undefined ? {} : { namespace }) };
        await report(realm.resources, key, change, uid, () => ({ phase: 'Lost' }));
      }
    },
  };
}

/** Writes the status of that very machine, if it is still there. */
async function report(
  resources: Resources,
  key: ObjectKey,
  change: ChangeContext,
  uid: string,
  status: (current: MachineObject) => MachineObject['status'],
): Promise<void> {
  try {
    await resources.modify(
      Machine,
      key,
      change,
      (current) => {
        const next = current.metadata.uid === uid ? status(current) : current.status;
        return next === undefined || next === current.status ? current : { ...current, status: next };
      },
      { subresource: 'status' },
    );
  } catch (error) {
    if (!isStatusError(error, 'NotFound')) throw error;
  }
}
