/**
 * The built-in roles, as data. What a role opens is decided by these tables and by nothing else; the authorizer only
 * reads them. A service that adds a kind needs no line here: rules speak of scopes, and name only the exceptions.
 * No role of the region appears in an organization, so no operator's role can open anything there.
 */
import type { Verb } from '#kernel/access.ts';
import type { RealmType } from '#kernel/realm-id.ts';

export const ROLE_NAMES = [
  'region-operator',
  'region-auditor',
  'organization-admin',
  'organization-auditor',
  'project-editor',
  'project-viewer',
] as const;

export type RoleName = (typeof ROLE_NAMES)[number];

export const READ_VERBS: readonly Verb[] = ['get', 'list', 'watch'];
export const ALL_VERBS: readonly Verb[] = [
  ...READ_VERBS,
  'create',
  'update',
  'patch',
  'delete',
  'deletecollection',
];

/**
 * `realm`: realm-scoped kinds. `project`: kinds in projects, in those the binding covers. `own-project`: the project
 * object itself, of a project the binding covers. `ledger`: the realm's ledger.
 */
export type RuleScope = 'realm' | 'project' | 'own-project' | 'ledger';

export interface RoleRule {
  readonly scope: RuleScope;
  readonly verbs: readonly Verb[];
  /** Resources (`<plural>` or `<plural>.<group>`) this rule is about; absent: every one of the scope. */
  readonly only?: readonly string[];
  /** Resources this rule leaves out. */
  readonly except?: readonly string[];
  /** `no`: kinds that are declared secret are left out, whichever service they come from. */
  readonly secrets?: 'no';
  /** Subresources beside the object itself; absent: none. `status` belongs to controllers and is never listed. */
  readonly subresources?: readonly string[] | 'all';
}

export interface Role {
  readonly name: RoleName;
  readonly realm: RealmType;
  /** Whether a binding may narrow the role to one project. */
  readonly narrowable: boolean;
  readonly description: string;
  readonly rules: readonly RoleRule[];
}

/** Written by controllers only: a person's write would be a forged record. */
const RECORDS = ['events'] as const;
/** What a reader of terminal output may follow. */
const READ_STREAMS = ['log'] as const;

export const ROLES: Readonly<Record<RoleName, Role>> = {
  'region-operator': {
    name: 'region-operator',
    realm: 'region',
    narrowable: false,
    description: 'Runs the region: organizations, images, operators. Opens nothing of any organization.',
    rules: [
      { scope: 'realm', verbs: ALL_VERBS, except: RECORDS, subresources: 'all' },
      { scope: 'project', verbs: ALL_VERBS, except: RECORDS, subresources: 'all' },
      { scope: 'realm', verbs: READ_VERBS, only: RECORDS, subresources: READ_STREAMS },
      { scope: 'project', verbs: READ_VERBS, only: RECORDS, subresources: READ_STREAMS },
      { scope: 'ledger', verbs: ['get'] },
    ],
  },
  'region-auditor': {
    name: 'region-auditor',
    realm: 'region',
    narrowable: false,
    description: 'Reads everything of the region but secrets, and its ledger. Changes nothing.',
    rules: [
      { scope: 'realm', verbs: READ_VERBS, secrets: 'no' },
      { scope: 'project', verbs: READ_VERBS, secrets: 'no' },
      { scope: 'ledger', verbs: ['get'] },
    ],
  },
  'organization-admin': {
    name: 'organization-admin',
    realm: 'organization',
    narrowable: false,
    description:
      'Everything in one organization but what records it: events, the status of objects, the ledger.',
    rules: [
      { scope: 'realm', verbs: ALL_VERBS, except: RECORDS, subresources: 'all' },
      { scope: 'project', verbs: ALL_VERBS, except: RECORDS, subresources: 'all' },
      { scope: 'realm', verbs: READ_VERBS, only: RECORDS, subresources: READ_STREAMS },
      { scope: 'project', verbs: READ_VERBS, only: RECORDS, subresources: READ_STREAMS },
      { scope: 'ledger', verbs: ['get'] },
    ],
  },
  'organization-auditor': {
    name: 'organization-auditor',
    realm: 'organization',
    narrowable: false,
    description:
      'Reads everything of one organization but secrets and instances’ output, and its ledger. Changes nothing.',
    rules: [
      { scope: 'realm', verbs: READ_VERBS, secrets: 'no' },
      { scope: 'project', verbs: READ_VERBS, secrets: 'no' },
      { scope: 'ledger', verbs: ['get'] },
    ],
  },
  'project-editor': {
    name: 'project-editor',
    realm: 'organization',
    narrowable: true,
    description:
      'Makes, changes and enters everything in a project, but not its limits or who belongs to it.',
    rules: [
      {
        scope: 'project',
        verbs: ALL_VERBS,
        except: [...RECORDS, 'quotas.tenancy.casemate.internal'],
        subresources: 'all',
      },
      {
        scope: 'project',
        verbs: READ_VERBS,
        only: [...RECORDS, 'quotas.tenancy.casemate.internal'],
        subresources: READ_STREAMS,
      },
      { scope: 'own-project', verbs: READ_VERBS },
    ],
  },
  'project-viewer': {
    name: 'project-viewer',
    realm: 'organization',
    narrowable: true,
    description: 'Reads everything in a project but its secrets. Changes and enters nothing.',
    rules: [
      { scope: 'project', verbs: READ_VERBS, secrets: 'no', subresources: READ_STREAMS },
      { scope: 'own-project', verbs: READ_VERBS },
    ],
  },
};
