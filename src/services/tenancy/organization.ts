/**
 * Organization: a tenant, which is a realm of its own with its own API, ledger and keys. The region knows its name and
 * gives its first administrator a certificate; it never sees, and cannot make itself, anything inside.
 */

import { type Static, Type } from 'typebox';
import { isInternal } from '#kernel/access.ts';
import { forbidden, invalid, type StatusCause } from '#kernel/errors.ts';
import { type AdmissionRequest, defineKind, type ObjectOf } from '#kernel/kind.ts';
import { CONDITIONS, OBSERVED_GENERATION } from '#kernel/kind-parts.ts';
import type { Condition, KubeObject } from '#kernel/object.ts';
import { bornWithFinalizer } from '#kernel/reconcile/finalizers.ts';
import { nameProblem } from '#trust/access/names.ts';
import { REQUEST_LENGTH_MAX } from '#trust/certificates/request.ts';
import { TENANCY_GROUP } from './groups.ts';

export const ORGANIZATION_FINALIZER = 'tenancy.casemate.internal/organization';
/** Says by the organization's own name that whoever deletes it means to. */
export const CONFIRM_DELETION = 'casemate.internal/confirm-deletion';
export const ORGANIZATION_NAME_LENGTH_MAX = 40;

/** Names that would read as a part of the region. */
const RESERVED = new Set(['api', 'apis', 'casemate', 'kube-system', 'openapi', 'orgs', 'region', 'system']);
const NAME = /^[a-z](?:[a-z0-9-]*[a-z0-9])?$/;

const SPEC = Type.Object({
  displayName: Type.Optional(
    Type.String({ maxLength: 200, description: 'What people call it, for example "Ministry of Finance".' }),
  ),
  firstAdministrator: Type.Object(
    {
      user: Type.String({
        minLength: 1,
        maxLength: 64,
        description: 'Who administers the organization first, such as "alice".',
      }),
      request: Type.String({
        minLength: 1,
        maxLength: REQUEST_LENGTH_MAX,
        description: 'Their PKCS#10 signing request in PEM. The private key stays with them.',
      }),
    },
    {
      description:
        'Whoever is let in first; they let in all others. It cannot change: the region makes no second credential.',
    },
  ),
});

const STATUS = Type.Object({
  observedGeneration: OBSERVED_GENERATION,
  path: Type.Optional(
    Type.String({ description: 'Where its API is, under the region’s address: /orgs/<name>.' }),
  ),
  realmUid: Type.Optional(Type.String({ description: 'Identity of its realm: one made anew has another.' })),
  ledger: Type.Optional(
    Type.Object({
      changes: Type.String({ description: 'The key (C2SP vkey) that verifies the log of its changes.' }),
      access: Type.String({ description: 'The key (C2SP vkey) that verifies the log of access to it.' }),
    }),
  ),
  firstAdministrator: Type.Optional(
    Type.Object(
      {
        certificate: Type.String({ description: 'The certificate that answers the request, in PEM.' }),
        serial: Type.String({ description: 'Its serial number in lower-case hex.' }),
        notAfter: Type.String({ description: 'When it stops being valid.' }),
      },
      { description: 'What the first administrator signs in with, together with their private key.' },
    ),
  ),
  conditions: CONDITIONS,
});

export type OrganizationSpec = Static<typeof SPEC>;
export type OrganizationStatus = Static<typeof STATUS>;

export const Organization = defineKind({
  group: TENANCY_GROUP,
  version: 'v1',
  kind: 'Organization',
  plural: 'organizations',
  shortNames: ['org', 'orgs'],
  scope: 'Realm',
  realms: ['region'],
  description:
    'A tenant of the region: an API, a ledger and keys of its own at /orgs/<name>, which no operator’s credential opens.',
  spec: SPEC,
  status: STATUS,
  columns: [
    { name: 'Display Name', type: 'string', description: 'What people call it.', value: 'spec.displayName' },
    {
      name: 'Administrator',
      type: 'string',
      description: 'Who was let in first.',
      value: 'spec.firstAdministrator.user',
      priority: 1,
    },
    { name: 'Path', type: 'string', description: 'Where its API is.', value: 'status.path' },
    {
      name: 'Ready',
      type: 'string',
      description: 'True, or why not.',
      value: (object) => readyText(object),
    },
  ],
  immutable: ['spec.firstAdministrator'],
  // What an organization is made of cannot be brought back. Until somebody was let into it there is nothing to lose.
  guarded: [{ transition: 'delete', approvals: (object) => (wasOpened(object) ? 1 : 0) }],
  normalize: (object) => bornWithFinalizer(object, ORGANIZATION_FINALIZER),
  admit: admitOrganization,
});

export type OrganizationObject = ObjectOf<typeof Organization>;

function readyText(object: KubeObject): string | undefined {
  if (object.metadata.deletionTimestamp !== undefined) return 'Deleting';
  const conditions = (object.status as { conditions?: readonly Condition[] } | undefined)?.conditions;
  const ready = conditions?.find((condition) => condition.type === 'Ready');
  return ready?.status === 'True' ? 'True' : ready?.reason;
}

function admitOrganization(request: AdmissionRequest): void {
  if (request.operation === 'delete') requireConfirmation(request);
  else if (request.operation === 'create') checkNew(request);
  else guardStatus(request);
}

function checkNew({ object }: AdmissionRequest): void {
  const causes: StatusCause[] = [];
  const { name } = object.metadata;
  if (name.length > ORGANIZATION_NAME_LENGTH_MAX || !NAME.test(name)) {
    causes.push({
      reason: 'FieldValueInvalid',
      field: 'metadata.name',
      message: `must be at most ${ORGANIZATION_NAME_LENGTH_MAX} lower-case letters, digits or "-", beginning with a letter and not ending with "-", such as "ministry-of-finance"`,
    });
  } else if (RESERVED.has(name)) {
    causes.push({
      reason: 'FieldValueForbidden',
      field: 'metadata.name',
      message: `"${name}" is reserved; choose another name`,
    });
  }
  const { user } = (object.spec as OrganizationSpec).firstAdministrator;
  const problem = nameProblem(user);
  if (problem) {
    causes.push({ reason: 'FieldValueInvalid', field: 'spec.firstAdministrator.user', message: problem });
  }
  if (causes.length > 0) throw invalid({ group: TENANCY_GROUP, kind: 'Organization', name }, causes);
}

// The status says that the first administrator was let in. Whoever could clear that could have the certificate made
// again after the tenant had revoked it.
function guardStatus({ object, previous, actor }: AdmissionRequest): void {
  if (isInternal(actor) || JSON.stringify(object.status) === JSON.stringify(previous?.status)) return;
  throw forbidden(
    { group: TENANCY_GROUP, kind: 'organizations', name: object.metadata.name },
    'its status is written by the region alone',
  );
}

// Nobody but its first administrator can have put anything into an organization, and they get in only through the
// certificate in the status: before it is there, there is nothing to lose.
const wasOpened = (object: KubeObject) =>
  (object.status as OrganizationStatus | undefined)?.firstAdministrator !== undefined;

function requireConfirmation({ object, actor }: AdmissionRequest): void {
  const { name, annotations, deletionTimestamp } = object.metadata;
  if (!wasOpened(object) || deletionTimestamp !== undefined || annotations?.[CONFIRM_DELETION] === name)
    return;
  if (isInternal(actor)) return;
  throw forbidden(
    { group: TENANCY_GROUP, kind: 'organizations', name },
    `deleting it destroys everything in it, its ledger and its keys, for ever. To confirm, first set the annotation ${CONFIRM_DELETION} to its name: ` +
      `kubectl annotate organization ${name} ${CONFIRM_DELETION}=${name}`,
  );
}
