/**
 * Every operation of the whole API surface, read from the table that the wire routes by, so that none can be served
 * without being listed here. Tests walk it; nothing decides by it.
 */
import type { Verb } from '#kernel/access.ts';
import type { Kind } from '#kernel/kind.ts';
import type { RealmType } from '#kernel/realm-id.ts';
import { isSharedView, type KindRegistry } from '#kernel/registry.ts';
import { Catalogue } from '#kernel/wire/catalogue.ts';
import { LEDGER_RESOURCE } from './operations-table.ts';

export interface ApiOperation {
  readonly realm: RealmType;
  readonly verb: Verb;
  /** As the path names it. */
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly subresource?: string;
  /** `realm`: an object of the realm. `project`: in one project. `all-projects`: a list or watch across them. */
  readonly reach: 'realm' | 'project' | 'all-projects';
  /** `shared`: the region's, read in an organization. `review`: a question about oneself. `ledger`: the realm's logs. */
  readonly type: 'stored' | 'shared' | 'review' | 'ledger';
  /** What permissions are looked up by; absent for the ledger. A view's are those of the kind behind it. */
  readonly kind?: Kind;
}

const ACROSS_PROJECTS: readonly Verb[] = ['list', 'watch'];

/** `organization: list instances.compute.casemate.internal/exec (project)`. */
export function operationName(operation: ApiOperation): string {
  const { realm, verb, group, plural, subresource, reach } = operation;
  const resource = group === '' ? plural : `${plural}.${group}`;
  return `${realm}: ${verb} ${resource}${subresource === undefined ? '' : `/${subresource}`} (${reach})`;
}

export function apiOperations(registry: KindRegistry): readonly ApiOperation[] {
  const catalogue = new Catalogue(registry);
  const operations: ApiOperation[] = [];
  for (const realm of ['region', 'organization'] as const) {
    for (const { kind: shown, source, verbs, subresources, type } of catalogue.resources(realm)) {
      const base = {
        realm,
        group: shown.group,
        version: shown.version,
        plural: shown.plural,
        type:
          type === 'review' ? type : isSharedView(source, realm) ? ('shared' as const) : ('stored' as const),
        kind: source,
      };
      const reach = source.scope === 'Project' ? 'project' : 'realm';
      for (const verb of verbs) {
        operations.push({ ...base, verb, reach });
        if (reach === 'project' && ACROSS_PROJECTS.includes(verb)) {
          operations.push({ ...base, verb, reach: 'all-projects' });
        }
      }
      for (const { name, verbs: subresourceVerbs } of subresources) {
        for (const verb of subresourceVerbs) operations.push({ ...base, verb, reach, subresource: name });
      }
    }
    operations.push({
      realm,
      verb: 'get',
      group: '',
      version: 'v1',
      plural: LEDGER_RESOURCE,
      reach: 'realm',
      type: 'ledger',
    });
  }
  return operations;
}
