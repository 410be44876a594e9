/**
 * Brings the region's packet filter up to date with one project, from the realm's state: the step that all network controllers
 * share. On first use it visits every organization that has networks, see `region-filter.ts`.
 */
import { FilterError } from '#engines/nftables/client.ts';
import { ModelError } from '#engines/nftables/model.ts';
import type { FilterState } from '#engines/nftables/protocol.ts';
import type { ReconcileContext } from '#kernel/controller.ts';
import { isStatusError } from '#kernel/errors.ts';
import type { Logger } from '#kernel/logger.ts';
import type { Realm, Realms } from '#kernel/realm.ts';
import { organizationRealm, REGION } from '#kernel/realm-id.ts';
import { AddressRange } from './claims.ts';
import { compileProject } from './compile.ts';
import { type ProjectOptions, readProject } from './project-state.ts';
import type { RegionFilter } from './region-filter.ts';

/** Organizations loaded at once when the region starts. */
const VISITS_MAX = 8;

export type FilterOutcome =
  | { readonly state: FilterState }
  /** In force is what was before. */
  | { readonly failed: string }
  /** This region has no packet filter, and why: nothing is in force, and nothing has to be taken out of it. */
  | { readonly absent: string };

export class ProjectFilter {
  readonly #filter: RegionFilter;
  readonly #options: ProjectOptions & { readonly logger: Logger };

  constructor(filter: RegionFilter, options: ProjectOptions & { readonly logger: Logger }) {
    this.#filter = filter;
    this.#options = options;
  }

  /** Resolves when what the project's objects say is in force, or cannot be put in force for now. */
  async refresh({ realm, realms }: ReconcileContext, project: string): Promise<FilterOutcome> {
    const { absent } = this.#filter;
    if (absent !== undefined) return { absent };
    await this.restore(realms);
    try {
      this.#set(realm, project);
      return { state: await this.#filter.settled() };
    } catch (error) {
      if (error instanceof FilterError || error instanceof ModelError) return { failed: error.message };
      throw error;
    }
  }

  /** Puts everything in force again, for a bridge that has just come. */
  async reapply(): Promise<FilterOutcome> {
    try {
      return { state: await this.#filter.reapply() };
    } catch (error) {
      if (error instanceof FilterError) return { failed: error.message };
      throw error;
    }
  }

  /** Compiles every project that has a claimed range, once in the life of this process. */
  restore(realms: Realms): Promise<void> {
    return this.#filter.restore(async () => {
      const claims = await realms.use(REGION, (region) => region.view.list(AddressRange));
      const projects = Map.groupBy(
        claims.flatMap(({ spec }) => spec.owner ?? []),
        ({ organization }) => organization,
      );
      const waiting = [...projects];
      const visit = async (): Promise<void> => {
        for (let next = waiting.pop(); next; next = waiting.pop()) {
          const [organization, owners] = next;
          await this.#visit(realms, organization, new Set(owners.map(({ project }) => project)));
        }
      };
      await Promise.all(Array.from({ length: VISITS_MAX }, visit));
    });
  }

  async #visit(realms: Realms, organization: string, projects: Iterable<string>): Promise<void> {
    try {
      await realms.use(organizationRealm(organization), (realm) => {
        for (const project of projects) this.#set(realm, project);
      });
    } catch (error) {
      // The others must not wait for it. It gets nothing through until its own reconciles succeed.
      if (isStatusError(error, 'NotFound')) return;
      this.#options.logger.error(
        { organization, error: String(error) },
        'the networks of an organization could not be read',
      );
    }
  }

  #set(realm: Realm, project: string): void {
    this.#filter.set(realm.id, project, compileProject(readProject(realm.view, project, this.#options)));
  }
}
