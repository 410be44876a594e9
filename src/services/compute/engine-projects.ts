/**
 * Keeps one Incus project for each Casemate project that has instances: made before its first instance, removed after its
 * last. What is known to be right is remembered, so that most steps ask nothing.
 */
import type { Incus } from '#engines/incus/client.ts';
import { isIncusError } from '#engines/incus/errors.ts';
import { projectConfig } from '#engines/incus/projects.ts';
import type { RealmView } from '#kernel/realm.ts';
import { organizationOf } from '#kernel/realm-id.ts';
import { Network } from '#services/network/network.ts';
import { Namespace } from '#services/tenancy/namespace.ts';
import { engineProject, type Owner, projectLabels } from './names.ts';

const REMEMBERED_MAX = 10_000;

export class EngineProjects {
  readonly #incus: Incus;
  /** Name to its configuration as JSON. */
  readonly #known = new Map<string, string>();

  constructor(incus: Incus) {
    this.#incus = incus;
  }

  /** The project's name in Incus; undefined when the Casemate project is gone. */
  nameOf(view: RealmView, namespace: string | undefined): string | undefined {
    if (namespace === undefined) return undefined;
    const entry = view.entry(Namespace, { name: namespace });
    return entry ? engineProject(entry.uid) : undefined;
  }

  /** Makes sure it is there, with every restriction, and may use the project's networks. */
  async ensure(name: string, view: RealmView, owner: Owner): Promise<void> {
    const bridges = view
      .list(Network, owner.project)
      .map((network) => network.status?.bridge)
      .filter((bridge) => bridge !== undefined);
    const config = projectConfig(await this.#incus.extensions(), bridges, projectLabels(owner));
    const text = JSON.stringify(config);
    if (this.#known.get(name) === text) return;
    const description = `${organizationOf(owner.realm) ?? owner.realm}/${owner.project}`;
    try {
      await this.#incus.projects.create(name, description, config);
    } catch (error) {
      if (!isIncusError(error, 'AlreadyExists')) throw error;
      await this.#incus.projects.update(name, description, config);
    }
    if (this.#known.size >= REMEMBERED_MAX) this.#known.clear();
    this.#known.set(name, text);
  }

  /** Forgets what was known, because something was not as remembered. */
  forget(name: string): void {
    this.#known.delete(name);
  }

  /** Removes the project unless something is in it. */
  async removeIfEmpty(name: string): Promise<void> {
    this.#known.delete(name);
    try {
      await this.#incus.projects.delete(name);
    } catch (error) {
      if (!isIncusError(error, 'NotFound', 'InUse', 'Absent')) throw error;
    }
  }
}
