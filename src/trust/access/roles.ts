/**
 * The built-in roles, one for each duty, as data. What a role opens is decided by these tables and by nothing else: they are compiled to
 * Cedar policies (`cedar/text.ts`). A service that adds a kind needs no line here: rules speak of scopes, and name only the exceptions.
 * No role of the region appears in an organization, so no operator's role can open anything there.
 */
import type { Verb } from '#kernel/access.ts';
import type { RealmType } from '#kernel/realm-id.ts';
import {
  groupTrait,
  OBJECT,
  resourceTrait,
  SECRET,
  scopeTrait,
  subresourceTrait,
  type Terms,
} from './traits.ts';

export const ROLE_NAMES = [
  'region-operator',
  'region-auditor',
  'organization-admin',
  'organization-auditor',
  'project-editor',
  'project-viewer',
  'security-officer',
  'key-custodian',
  'region-security',
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
  /** Resources (`<plural>` or `<plural>.<group>`; `*.<group>`: all of a group) this rule is about; absent: every one of the scope. */
  readonly only?: readonly string[];
  /** Resources this rule leaves out. */
  readonly except?: readonly string[];
  /** `no`: kinds that are declared secret are left out, whichever service they come from. */
  readonly secrets?: 'no';
  /** Subresources beside the object itself; absent: none. `status` belongs to controllers and is never listed. */
  readonly subresources?: readonly string[] | 'all';
  /** Subresources that this rule leaves out. */
  readonly exceptSubresources?: readonly string[];
}

export interface Role<Name extends string = string> {
  readonly name: Name;
  readonly realm: RealmType;
  /** Whether a binding may narrow the role to one project. */
  readonly narrowable: boolean;
  readonly description: string;
  /** `named`: its holders approve only transitions that name the role, whatever their rules open. Absent: all, if their rules open approving. */
  readonly approves?: 'named';
  readonly rules: readonly RoleRule[];
}

/** Written by controllers only: a person's write would be a forged record. */
export const RECORDS = ['events', 'revocations.certificates.casemate.internal'] as const;
/** Nobody reads them, not even sealed as they are, and only our own code makes them: a role may take them away, and no more. */
export const SEALED = ['credentials.identity.casemate.internal'] as const;
/** Begun by signing in only: a role may look at them and end them. */
export const SIGN_INS = ['sessions.identity.casemate.internal'] as const;
const LOOK_AND_END: readonly Verb[] = [...READ_VERBS, 'delete', 'deletecollection'];
/** What may talk to what: answered from what a reader of the project reads anyway. */
const FLOW_QUESTIONS = ['flowquestions.network.casemate.internal'] as const;
/** Questions about who may do what, and about what may talk to what. */
const QUESTIONS = [
  'subjectaccessreviews.authorization.k8s.io',
  'localsubjectaccessreviews.authorization.k8s.io',
  'accessquestions.access.casemate.internal',
  ...FLOW_QUESTIONS,
] as const;
/** What the consent of a second person is asked for with. */
const CONSENTS = [
  'approvalrequests.access.casemate.internal',
  'accessrequests.access.casemate.internal',
  'interconnections.seal.casemate.internal',
] as const;
/** Who used which key: whoever keeps it sees it, and whoever reads the ledger has it there. */
const KEY_USES: RoleRule = {
  scope: 'project',
  verbs: ['get'],
  only: ['keys.keys.casemate.internal'],
  subresources: ['usage'],
};
/** What somebody who guards a realm decides, beside reading it. */
const SECURITY_RULES: readonly RoleRule[] = [
  { scope: 'realm', verbs: READ_VERBS, secrets: 'no', except: SEALED },
  { scope: 'project', verbs: READ_VERBS, secrets: 'no' },
  {
    scope: 'realm',
    verbs: ALL_VERBS,
    only: ['guardrails.access.casemate.internal', 'accessreviews.access.casemate.internal'],
    subresources: 'all',
  },
  // Taking away is theirs; giving is the administrator's.
  {
    scope: 'realm',
    verbs: ['delete', 'deletecollection'],
    only: [
      'rolebindings.access.casemate.internal',
      'clientcertificates.access.casemate.internal',
      'sessions.identity.casemate.internal',
      'credentials.identity.casemate.internal',
      'invitations.identity.casemate.internal',
    ],
  },
  { scope: 'project', verbs: ['delete', 'deletecollection'], only: ['accesskeys.objects.casemate.internal'] },
  // Consent to what others ask for, and to what operators ask of an organization; asking, too.
  { scope: 'realm', verbs: ['create'], only: CONSENTS, subresources: 'all' },
  // What operators did here is theirs to look at.
  {
    scope: 'realm',
    verbs: ['get'],
    only: ['terminalrecordings.access.casemate.internal'],
    subresources: ['replay'],
  },
  // What is to leave they read before they agree to it.
  {
    scope: 'realm',
    verbs: ['get'],
    only: ['exportrequests.gap.casemate.internal'],
    subresources: ['content'],
  },
  { scope: 'realm', verbs: ['create'], only: QUESTIONS },
  { scope: 'project', verbs: ['create'], only: QUESTIONS },
  KEY_USES,
  { scope: 'ledger', verbs: ['get'] },
];
/** What a reader of terminal output may follow. */
const READ_STREAMS = ['log'] as const;
/** What lies in buckets, and how long it is locked. */
const DATA = ['*.objects.casemate.internal'] as const;
const READ_DATA = ['objects', 'retention'] as const;
/** Passing over a lock is an administrator's: in a project everybody who writes could, and it would hold nothing. */
const LOCKS = ['governance'] as const;

export const ROLES: { readonly [Name in RoleName]: Role<Name> } = {
  'region-operator': {
    name: 'region-operator',
    realm: 'region',
    narrowable: false,
    description: 'Runs the region: organizations, images, operators. Opens nothing of any organization.',
    rules: [
      { scope: 'realm', verbs: ALL_VERBS, except: [...RECORDS, ...SEALED, ...SIGN_INS], subresources: 'all' },
      { scope: 'realm', verbs: ['delete', 'deletecollection'], only: SEALED },
      { scope: 'realm', verbs: LOOK_AND_END, only: SIGN_INS },
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
      { scope: 'realm', verbs: READ_VERBS, secrets: 'no', except: SEALED },
      { scope: 'project', verbs: READ_VERBS, secrets: 'no' },
      { scope: 'realm', verbs: ['create'], only: QUESTIONS },
      { scope: 'project', verbs: ['create'], only: QUESTIONS },
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
      { scope: 'realm', verbs: ALL_VERBS, except: [...RECORDS, ...SEALED, ...SIGN_INS], subresources: 'all' },
      { scope: 'realm', verbs: ['delete', 'deletecollection'], only: SEALED },
      { scope: 'realm', verbs: LOOK_AND_END, only: SIGN_INS },
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
      { scope: 'realm', verbs: READ_VERBS, secrets: 'no', except: SEALED },
      { scope: 'project', verbs: READ_VERBS, secrets: 'no' },
      { scope: 'realm', verbs: ['create'], only: QUESTIONS },
      { scope: 'project', verbs: ['create'], only: QUESTIONS },
      KEY_USES,
      { scope: 'ledger', verbs: ['get'] },
    ],
  },
  'project-editor': {
    name: 'project-editor',
    realm: 'organization',
    narrowable: true,
    description:
      'Makes, changes and enters everything in a project, but not its limits or who belongs to it; passes over no lock of objects.',
    rules: [
      {
        scope: 'project',
        verbs: ALL_VERBS,
        except: [...RECORDS, 'quotas.tenancy.casemate.internal'],
        subresources: 'all',
        exceptSubresources: LOCKS,
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
      { scope: 'project', verbs: READ_VERBS, only: DATA, secrets: 'no', subresources: READ_DATA },
      { scope: 'project', verbs: ['create'], only: FLOW_QUESTIONS },
      { scope: 'own-project', verbs: READ_VERBS },
    ],
  },
  'security-officer': {
    name: 'security-officer',
    realm: 'organization',
    narrowable: false,
    description:
      'Guards one organization: guardrails and access reviews; takes roles, credentials and sessions away, and gives none. Reads everything but secrets and instances’ output.',
    rules: SECURITY_RULES,
  },
  'key-custodian': {
    name: 'key-custodian',
    realm: 'organization',
    narrowable: false,
    description:
      'Makes, rotates, disables and destroys the organization’s keys, sees each use of them, and says who provides them; asks for the consent that this takes, and gives it to others. Opens nothing else.',
    approves: 'named',
    rules: [
      {
        scope: 'realm',
        verbs: [...READ_VERBS, 'create'],
        only: ['approvalrequests.access.casemate.internal'],
        subresources: ['approve', 'reject'],
      },
      { scope: 'realm', verbs: ALL_VERBS, only: ['*.keys.casemate.internal'], subresources: 'all' },
      { scope: 'project', verbs: ALL_VERBS, only: ['*.keys.casemate.internal'], subresources: 'all' },
    ],
  },
  'region-security': {
    name: 'region-security',
    realm: 'region',
    narrowable: false,
    description:
      'Guards the region: guardrails and access reviews; takes roles and credentials of operators away, and gives none. Reads everything of the region but secrets.',
    rules: SECURITY_RULES,
  },
};

/** What stands for a resource in terms. */
export const resourceTerm = (resource: string): string =>
  resource.startsWith('*.') ? groupTrait(resource.slice(2)) : resourceTrait(resource);

/** The resource of the object that stands for a project. */
export const PROJECT_RESOURCE = 'namespaces';

/**
 * What a rule opens where a binding covers the whole realm, or (`narrowed`) one project. `status` is never opened: reading it is reading
 * the object, and only controllers write it.
 */
export function termsOf(rule: RoleRule, narrowed: boolean): Terms | undefined {
  const { scope, verbs, only, except, secrets, subresources, exceptSubresources } = rule;
  if (scope === 'ledger') return narrowed ? undefined : { verbs, all: [[scopeTrait('ledger')]], none: [] };
  if (scope === 'own-project') {
    // Of one project: that object by its name. Of all projects: the list too.
    const reach = narrowed ? verbs.filter((verb) => verb === 'get') : verbs;
    return {
      verbs: reach,
      all: [[scopeTrait('realm')], [resourceTrait(PROJECT_RESOURCE)], [OBJECT]],
      none: [],
    };
  }
  if (scope === 'realm' && narrowed) return undefined;
  return {
    verbs,
    all: [
      [scopeTrait(scope)],
      ...(only === undefined ? [] : [only.map(resourceTerm)]),
      ...(subresources === 'all' ? [] : [[OBJECT, ...(subresources ?? []).map(subresourceTrait)]]),
    ],
    none: [
      ...(except ?? []).map(resourceTerm),
      ...(exceptSubresources ?? []).map(subresourceTrait),
      ...(secrets === 'no' ? [SECRET] : []),
    ],
  };
}
