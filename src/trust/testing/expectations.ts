/**
 * Who may do what, written down by hand as tests expect it: a class for every operation, and a table of personas by
 * class. It is not derived from the role tables; where the two differ, one of them is wrong.
 */
import type { AccessAttributes, Actor } from '#kernel/access.ts';
import { organizationRealm, REGION, type RealmId } from '#kernel/realm-id.ts';
import type { ApiOperation } from '../access/operations.ts';
import type { RoleName } from '../access/roles.ts';

/** The project that narrowed personas belong to, and one they do not. */
export const OWN_PROJECT = 'alpha';
export const OTHER_PROJECT = 'beta';

export interface Persona {
  readonly name: string;
  readonly role?: RoleName;
  readonly project?: string;
}

export const REGION_PERSONAS: readonly Persona[] = [
  { name: 'operator', role: 'region-operator' },
  { name: 'region-auditor', role: 'region-auditor' },
  { name: 'region-nobody' },
  { name: 'region-guard', role: 'region-security' },
];

export const ORGANIZATION_PERSONAS: readonly Persona[] = [
  { name: 'admin', role: 'organization-admin' },
  { name: 'auditor', role: 'organization-auditor' },
  { name: 'editor', role: 'project-editor' },
  { name: 'viewer', role: 'project-viewer' },
  { name: 'alpha-editor', role: 'project-editor', project: OWN_PROJECT },
  { name: 'alpha-viewer', role: 'project-viewer', project: OWN_PROJECT },
  { name: 'nobody' },
  { name: 'officer', role: 'security-officer' },
  { name: 'custodian', role: 'key-custodian' },
];

/** One operation on something in particular. */
export interface Case {
  readonly class: string;
  readonly attributes: Omit<AccessAttributes, 'actor' | 'realm'>;
}

/**
 * Y allowed, - denied; in the order of REGION_PERSONAS:
 *                          operator region-auditor region-nobody region-guard
 */
export const REGION_EXPECTED: Readonly<Record<string, string>> = {
  'ask about oneself': '      Y        Y              Y             Y',
  'read the ledger': '        Y        Y              -             Y',
  'write a status': '         -        -              -             -',
  'write a record': '         -        -              -             -',
  'look into what people sign in with': '-      -      -             -',
  'read a record': '          Y        Y              -             Y',
  'read in the region': '     Y        Y              -             Y',
  'guard the region': '       Y        -              -             Y',
  'take rights in the region': 'Y       -              -             Y',
  'ask about others in the region': 'Y  Y              -             Y',
  'write in the region': '    Y        -              -             -',
};

/**
 * In the order of ORGANIZATION_PERSONAS:
 *                                     admin auditor editor viewer α-editor α-viewer nobody officer custodian
 */
export const ORGANIZATION_EXPECTED: Readonly<Record<string, string>> = {
  'ask about oneself': '                  Y     Y       Y      Y      Y        Y        Y      Y       Y',
  'read what the region shares': '        Y     Y       Y      Y      Y        Y        Y      Y       Y',
  'read the ledger': '                    Y     Y       -      -      -        -        -      Y       -',
  'write a status': '                     -     -       -      -      -        -        -      -       -',
  'write a record': '                     -     -       -      -      -        -        -      -       -',
  'look into what people sign in with': ' -     -       -      -      -        -        -      -       -',
  'read roles and credentials': '         Y     Y       -      -      -        -        -      Y       -',
  'write roles and credentials': '        Y     -       -      -      -        -        -      -       -',
  'take roles and credentials': '         Y     -       -      -      -        -        -      Y       -',
  'guard the organization': '             Y     -       -      -      -        -        -      Y       -',
  'read requests for consent': '          Y     Y       -      -      -        -        -      Y       Y',
  'ask for or give consent': '            Y     -       -      -      -        -        -      Y       Y',
  'ask about others': '                   Y     Y       -      -      -        -        -      Y       -',
  'ask about others in alpha': '          Y     Y       Y      -      Y        -        -      Y       -',
  'ask about others in beta': '           Y     Y       Y      -      -        -        -      Y       -',
  'ask about connections in alpha': '     Y     Y       Y      Y      Y        Y        -      Y       -',
  'ask about connections in beta': '      Y     Y       Y      Y      -        -        -      Y       -',
  'get project alpha': '                  Y     Y       Y      Y      Y        Y        -      Y       -',
  'get project beta': '                   Y     Y       Y      Y      -        -        -      Y       -',
  'list projects': '                      Y     Y       Y      Y      -        -        -      Y       -',
  'write a project': '                    Y     -       -      -      -        -        -      -       -',
  'write limits in alpha': '              Y     -       -      -      -        -        -      -       -',
  'write limits in beta': '               Y     -       -      -      -        -        -      -       -',
  'read content in alpha': '              Y     Y       Y      Y      Y        Y        -      Y       -',
  'read content in beta': '               Y     Y       Y      Y      -        -        -      Y       -',
  'read content in all projects': '       Y     Y       Y      Y      -        -        -      Y       -',
  'write content in alpha': '             Y     -       Y      -      Y        -        -      -       -',
  'write content in beta': '              Y     -       Y      -      -        -        -      -       -',
  'read key providers': '                 Y     Y       -      -      -        -        -      Y       Y',
  'write key providers': '                Y     -       -      -      -        -        -      -       Y',
  'read keys in alpha': '                 Y     Y       Y      Y      Y        Y        -      Y       Y',
  'read keys in beta': '                  Y     Y       Y      Y      -        -        -      Y       Y',
  'read keys in all projects': '          Y     Y       Y      Y      -        -        -      Y       Y',
  'write or use keys in alpha': '         Y     -       Y      -      Y        -        -      -       Y',
  'write or use keys in beta': '          Y     -       Y      -      -        -        -      -       Y',
  'see uses of keys in alpha': '          Y     Y       Y      -      Y        -        -      Y       Y',
  'see uses of keys in beta': '           Y     Y       Y      -      -        -        -      Y       Y',
  'read secrets in alpha': '              Y     -       Y      -      Y        -        -      -       -',
  'read secrets in beta': '               Y     -       Y      -      -        -        -      -       -',
  'read secrets in all projects': '       Y     -       Y      -      -        -        -      -       -',
  'follow output in alpha': '             Y     -       Y      Y      Y        Y        -      -       -',
  'follow output in beta': '              Y     -       Y      Y      -        -        -      -       -',
  'read data in alpha': '                 Y     -       Y      Y      Y        Y        -      -       -',
  'read data in beta': '                  Y     -       Y      Y      -        -        -      -       -',
  'write data in alpha': '                Y     -       Y      -      Y        -        -      -       -',
  'write data in beta': '                 Y     -       Y      -      -        -        -      -       -',
  'take access keys in alpha': '          Y     -       Y      -      Y        -        -      Y       -',
  'take access keys in beta': '           Y     -       Y      -      -        -        -      Y       -',
  'pass over a lock in alpha': '          Y     -       -      -      -        -        -      -       -',
  'pass over a lock in beta': '           Y     -       -      -      -        -        -      -       -',
  'open a terminal in alpha': '           Y     -       Y      -      Y        -        -      -       -',
  'open a terminal in beta': '            Y     -       Y      -      -        -        -      -       -',
};

/** Classes where everybody of the realm is treated alike, with why. All others must tell personas apart. */
export const ALIKE: Readonly<Record<string, string>> = {
  'ask about oneself': 'everybody may; somebody of another realm may not',
  'read what the region shares': 'every member may; somebody of another realm may not',
  'write a status': 'only our own controllers may',
  'write a record': 'only our own controllers may',
  'look into what people sign in with': 'only the sign-in pages may, which no role opens',
};

const READS = ['get', 'list', 'watch'];
const RECORD_RESOURCES = ['events', 'revocations.certificates.casemate.internal'];
/** What a guard may take away, but neither give nor change. */
const TAKEN_RESOURCES = [
  'rolebindings.access.casemate.internal',
  'clientcertificates.access.casemate.internal',
  'credentials.identity.casemate.internal',
  'invitations.identity.casemate.internal',
  'sessions.identity.casemate.internal',
];
const SEALED_RESOURCES = ['credentials.identity.casemate.internal'];
const ROLE_RESOURCES = [
  'revocations.certificates.casemate.internal',
  ...TAKEN_RESOURCES,
  'roles.access.casemate.internal',
  'users.identity.casemate.internal',
  'groups.identity.casemate.internal',
  'oauthclients.identity.casemate.internal',
  'identityproviders.identity.casemate.internal',
];
/** Begun by signing in, never through the API. */
const SIGN_IN_RESOURCES = ['sessions.identity.casemate.internal'];
/** Actions of the region's objects that give something away. */
const GIVING_ACTIONS = [
  'invitations.identity.casemate.internal/link',
  'oauthclients.identity.casemate.internal/secret',
  'contentinventories.gap.casemate.internal/take',
];
/** What a guard decides. */
const GUARD_RESOURCES = ['guardrails.access.casemate.internal', 'accessreviews.access.casemate.internal'];
/** Where the consent of a second person is asked for and given. */
const CONSENT_RESOURCES = [
  'approvalrequests.access.casemate.internal',
  'accessrequests.access.casemate.internal',
  'interconnections.seal.casemate.internal',
];
/** Key custodians too: their own duty takes it. Whose word counts for what, the lane decides. */
const DUTY_CONSENT = 'approvalrequests.access.casemate.internal';
/** Written like roles are. */
const CONSENT_POLICIES = [
  'terminalrecordings.access.casemate.internal',
  'approvalpolicies.access.casemate.internal',
  'operatorpolicies.access.casemate.internal',
  'witnesses.ledger.casemate.internal',
  'retentionpolicies.ledger.casemate.internal',
  'erasures.ledger.casemate.internal',
  'vulnerabilityreports.advisories.casemate.internal',
  'exportpolicies.gap.casemate.internal',
  'exportrequests.gap.casemate.internal',
];
/** What a guard reads before agreeing that it leaves. */
const REVIEWED = 'exportrequests.gap.casemate.internal/content';

/** Answered from what whoever reads the project reads anyway. */
const FLOW_QUESTIONS = 'flowquestions.network.casemate.internal';
const QUESTION_RESOURCES = [
  'subjectaccessreviews.authorization.k8s.io',
  'localsubjectaccessreviews.authorization.k8s.io',
  'accessquestions.access.casemate.internal',
  FLOW_QUESTIONS,
];
const TAKES = ['delete', 'deletecollection'];

/** The operation on each thing that could make a difference. Throws for what nobody has decided about. */
export function casesOf(operation: ApiOperation): Case[] {
  const { verb, group, version, plural, subresource, reach } = operation;
  const base = {
    verb,
    group,
    version,
    resource: plural,
    ...(subresource === undefined ? {} : { subresource }),
  };
  const on = (where: Partial<Case['attributes']>, name: string): Case => ({
    class: name,
    // Views are asked about as the kind behind them, as the wire does.
    attributes: {
      ...base,
      ...(operation.kind
        ? { group: operation.kind.group, version: operation.kind.version, resource: operation.kind.plural }
        : {}),
      ...where,
    },
  });
  const { kind } = operation;
  if (operation.type === 'review' && kind !== undefined && QUESTION_RESOURCES.includes(kind.resource)) {
    if (operation.realm === 'region') {
      const where = reach === 'project' ? { namespace: OWN_PROJECT } : {};
      return [on(where, 'ask about others in the region')];
    }
    if (reach !== 'project') return [on({}, 'ask about others')];
    const what = kind.resource === FLOW_QUESTIONS ? 'connections' : 'others';
    return [OWN_PROJECT, OTHER_PROJECT].map((namespace) =>
      on({ namespace }, `ask about ${what} in ${namespace}`),
    );
  }
  if (operation.type === 'review') return [on({}, 'ask about oneself')];
  if (operation.type === 'ledger')
    return [on({ name: 'changes' }, 'read the ledger'), on({ name: 'access' }, 'read the ledger')];
  if (!kind) throw new Error(`${plural} has no kind and is no ledger`);
  const reading = READS.includes(verb);
  if (operation.type === 'shared') {
    if (reading) return [on({ name: 'debian' }, 'read what the region shares')];
    throw new Error(`an organization can ${verb} the region's ${plural}`);
  }
  if (subresource === 'status' && !reading) {
    return [on({ name: 'a', ...(reach === 'project' ? { namespace: OWN_PROJECT } : {}) }, 'write a status')];
  }
  if (RECORD_RESOURCES.includes(kind.resource) && !reading) {
    return [on(kind.scope === 'Project' ? { namespace: OWN_PROJECT } : { name: 'a' }, 'write a record')];
  }
  if (SIGN_IN_RESOURCES.includes(kind.resource) && !reading && !TAKES.includes(verb)) {
    return [on({ name: 'a' }, 'write a record')];
  }
  if (SEALED_RESOURCES.includes(kind.resource) && !TAKES.includes(verb)) {
    return [on({ name: 'a' }, 'look into what people sign in with')];
  }
  if (operation.realm === 'region') {
    const where = reach === 'project' ? { namespace: OWN_PROJECT } : {};
    if (RECORD_RESOURCES.includes(kind.resource)) return [on(where, 'read a record')];
    if (!reading && GUARD_RESOURCES.includes(kind.resource)) return [on({ name: 'a' }, 'guard the region')];
    if (TAKES.includes(verb) && TAKEN_RESOURCES.includes(kind.resource)) {
      return [on({ name: 'a' }, 'take rights in the region')];
    }
    if (GIVING_ACTIONS.includes(`${kind.resource}/${subresource}`)) {
      return [on({ name: 'a' }, 'write in the region')];
    }
    if (verb === 'create' && CONSENT_RESOURCES.includes(kind.resource)) {
      return [on({ name: 'a' }, 'guard the region')];
    }
    if (`${kind.resource}/${subresource}` === REVIEWED) return [on({ name: 'a' }, 'guard the region')];
    if (kind.resource === 'exportrequests.gap.casemate.internal' && subresource !== undefined) {
      return [on({ name: 'a' }, subresource === 'status' ? 'read in the region' : 'write in the region')];
    }
    if (subresource !== undefined && subresource !== 'status') {
      throw new Error(`nobody has decided who may use ${plural}/${subresource} in the region`);
    }
    return [on({ ...where, name: 'a' }, reading ? 'read in the region' : 'write in the region')];
  }
  if (!reading && GUARD_RESOURCES.includes(kind.resource))
    return [on({ name: 'a' }, 'guard the organization')];
  if (TAKES.includes(verb) && TAKEN_RESOURCES.includes(kind.resource)) {
    return [on({ name: 'a' }, 'take roles and credentials')];
  }
  if (kind.resource === DUTY_CONSENT && (reading || verb === 'create')) {
    return [on({ name: 'a' }, reading ? 'read requests for consent' : 'ask for or give consent')];
  }
  if (`${kind.resource}/${subresource}` === REVIEWED) return [on({ name: 'a' }, 'guard the organization')];
  if (['package', 'manifest'].includes(subresource ?? '')) {
    return [on({ name: 'a' }, 'write roles and credentials')];
  }
  if (subresource === 'replay' || (verb === 'create' && CONSENT_RESOURCES.includes(kind.resource))) {
    return [on({ name: 'a' }, 'guard the organization')];
  }
  if (
    [...ROLE_RESOURCES, ...GUARD_RESOURCES, ...CONSENT_RESOURCES, ...CONSENT_POLICIES].includes(kind.resource)
  ) {
    return [on({ name: 'a' }, reading ? 'read roles and credentials' : 'write roles and credentials')];
  }
  if (kind.resource === 'namespaces') {
    if (verb === 'list' || verb === 'watch') return [on({}, 'list projects')];
    const word = verb === 'get' ? `get project` : undefined;
    return [OWN_PROJECT, OTHER_PROJECT].map((name) =>
      on({ name }, word ? `${word} ${name}` : 'write a project'),
    );
  }
  if (kind.resource === 'keyproviders.keys.casemate.internal') {
    return [on({ name: 'a' }, reading ? 'read key providers' : 'write key providers')];
  }
  if (kind.resource === 'keys.keys.casemate.internal') {
    if (reach === 'all-projects') return [on({}, 'read keys in all projects')];
    const what = subresource === 'usage' ? 'see uses of keys' : reading ? 'read keys' : 'write or use keys';
    return [OWN_PROJECT, OTHER_PROJECT].map((namespace) =>
      on({ namespace, name: 'a' }, `${what} in ${namespace}`),
    );
  }
  if (reach === 'all-projects') {
    return [on({}, kind.secret === true ? 'read secrets in all projects' : 'read content in all projects')];
  }
  if (reach !== 'project')
    throw new Error(`nobody has decided who may ${verb} ${kind.resource} in an organization`);
  const type = subresource === undefined ? undefined : kind.subresources?.[subresource]?.type;
  const what =
    TAKES.includes(verb) && kind.resource === 'accesskeys.objects.casemate.internal'
      ? 'take access keys'
      : type === 'data'
        ? subresource === 'governance'
          ? 'pass over a lock'
          : reading
            ? 'read data'
            : 'write data'
        : type === 'terminal'
          ? 'open a terminal'
          : type === 'text'
            ? 'follow output'
            : kind.resource === 'quotas.tenancy.casemate.internal' && !reading
              ? 'write limits'
              : kind.secret === true && reading
                ? 'read secrets'
                : reading
                  ? 'read content'
                  : 'write content';
  return [OWN_PROJECT, OTHER_PROJECT].map((namespace) =>
    on({ namespace, name: 'a' }, `${what} in ${namespace}`),
  );
}

/** Whether each persona of that type of realm may do operations of a class. Throws for a class that is not in the table. */
export function expected(realm: ApiOperation['realm'], name: string): ReadonlyMap<string, boolean> {
  const [table, personas] =
    realm === 'region' ? [REGION_EXPECTED, REGION_PERSONAS] : [ORGANIZATION_EXPECTED, ORGANIZATION_PERSONAS];
  const row = table[name]?.trim().split(/\s+/);
  if (row?.length !== personas.length) throw new Error(`no expectations in the ${realm} for "${name}"`);
  return new Map(personas.map((persona, index) => [persona.name, row[index] === 'Y']));
}

export type Actors = ReadonlyMap<string, Actor>;

/** The realm a case of an operation is tried in. */
export function realmOf(operation: ApiOperation): RealmId {
  return operation.realm === 'region' ? REGION : organizationRealm('acme');
}
