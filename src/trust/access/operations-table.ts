/**
 * Every operation that can be asked about in a realm, with the traits that rules speak of. From the registered kinds, so that a service
 * that adds a kind adds its operations.
 */
import type { Verb } from '#kernel/access.ts';
import type { Kind } from '#kernel/kind.ts';
import type { RealmType } from '#kernel/realm-id.ts';
import { isSharedView, type KindRegistry } from '#kernel/registry.ts';
import { REVIEW_KINDS } from '#kernel/wire/review-kinds.ts';
import { TYPES } from './cedar/types.ts';
import { ALL_VERBS, PROJECT_RESOURCE } from './roles.ts';
import {
  groupTrait,
  OBJECT,
  resourceTrait,
  SECRET,
  SELF,
  SHARED,
  SUBRESOURCE,
  scopeTrait,
  subresourceTrait,
  verbTrait,
} from './traits.ts';

/** The virtual resource that stands for a realm's logs. */
export const LEDGER_RESOURCE = 'ledgers';

export interface Operation {
  /** `get instances.compute.casemate.internal/log`: Cedar's name of the action. */
  readonly id: string;
  readonly verb: Verb;
  readonly resource: string;
  readonly subresource?: string;
  /** Cedar's type of what it is done to. */
  readonly entityType: string;
  /** Where an object of it belongs: to a project, to the realm; or it is the project object itself. */
  readonly place: 'project' | 'realm' | 'own-project';
  readonly traits: readonly string[];
  /** Absent for the ledger and for questions about oneself. */
  readonly kind?: Kind;
}

/** `compute_casemate_internal::Instance_`. Cedar lets no namespace have a type of the same name as one outside, such as `User`, who asks. */
export const entityTypeOf = ({ group, kind }: Pick<Kind, 'group' | 'kind'>): string =>
  `${group === '' ? 'core' : group.replaceAll(/[^A-Za-z0-9]/g, '_')}::${kind}_`;

export const operationId = (verb: string, resource: string, subresource?: string) =>
  `${verb} ${resource}${subresource === undefined ? '' : `/${subresource}`}`;

function operationsOf(kind: Kind, realm: RealmType, special?: typeof SELF): Operation[] {
  const { resource, group } = kind;
  const shared = special === undefined && isSharedView(kind, realm);
  const common = [
    resourceTrait(resource),
    groupTrait(group),
    ...(kind.secret === true ? [SECRET] : []),
    // What no role opens has no scope.
    ...(special
      ? [special]
      : shared
        ? [SHARED]
        : [scopeTrait(kind.scope === 'Project' ? 'project' : 'realm')]),
  ];
  const place =
    kind.scope === 'Project' ? 'project' : resource === PROJECT_RESOURCE ? 'own-project' : 'realm';
  const parts = [undefined, ...(shared ? [] : Object.keys(kind.subresources ?? {}))];
  return parts.flatMap((subresource) => {
    const definition = subresource === undefined ? undefined : kind.subresources?.[subresource];
    // Whoever may read an object may read a report about it, unless that says more than the object.
    const isAsObject = definition?.type === 'report' && definition.hasOwnRight !== true;
    return ALL_VERBS.map(
      (verb): Operation => ({
        id: operationId(verb, resource, subresource),
        verb,
        resource,
        ...(subresource === undefined ? {} : { subresource }),
        entityType: entityTypeOf(kind),
        place,
        kind,
        traits: [
          verbTrait(verb),
          ...common,
          ...(subresource === undefined || isAsObject ? [OBJECT] : [SUBRESOURCE]),
          ...(subresource === undefined ? [] : [subresourceTrait(subresource)]),
        ],
      }),
    );
  });
}

/** The operations of a region's two types of realm. */
export class OperationTable {
  readonly #byId: Readonly<Record<RealmType, ReadonlyMap<string, Operation>>>;

  constructor(registry: KindRegistry) {
    const table = (type: RealmType) => {
      const ledger: Operation = {
        id: operationId('get', LEDGER_RESOURCE),
        verb: 'get',
        resource: LEDGER_RESOURCE,
        entityType: TYPES.Ledger,
        place: 'realm',
        traits: [verbTrait('get'), scopeTrait('ledger'), resourceTrait(LEDGER_RESOURCE), OBJECT],
      };
      const operations = [
        ledger,
        ...registry.servedIn(type).flatMap((kind) => operationsOf(kind, type)),
        ...REVIEW_KINDS.flatMap((kind) => operationsOf(kind, type, SELF)),
      ];
      return new Map(operations.map((operation) => [operation.id, operation]));
    };
    this.#byId = { region: table('region'), organization: table('organization') };
  }

  find(realm: RealmType, verb: string, resource: string, subresource?: string): Operation | undefined {
    return this.#byId[realm].get(operationId(verb, resource, subresource));
  }

  all(realm: RealmType): Iterable<Operation> {
    return this.#byId[realm].values();
  }
}
