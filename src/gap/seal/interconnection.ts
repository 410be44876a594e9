/**
 * Interconnection: a declared flow between the region and something that is not of it: what, from where to where, what for, whose, until when. It counts once two
 * people other than who asks agreed; the list of them is the region's flow matrix (SecNumCloud 13.1.a). What it says never changes: another flow is another object.
 */
import { type Static, Type } from 'typebox';
import { parseCidr } from '#engines/nftables/ipv4.ts';
import { rangeFamily, SEAL_FLOWS_MAX, SEAL_PEERS_MAX, SEAL_PORTS_MAX } from '#engines/nftables/seal/model.ts';
import { type ApprovalStatus, bornApproval } from '#kernel/approvals/request.ts';
import { rfc3339 } from '#kernel/clock.ts';
import { forbidden, invalid, type StatusCause } from '#kernel/errors.ts';
import { type AdmissionRequest, defineKind, type ObjectOf } from '#kernel/kind.ts';
import { CONDITIONS, oneOf, READY_COLUMN } from '#kernel/kind-parts.ts';
import { SET } from '#kernel/list-type.ts';
import type { KubeObject } from '#kernel/object.ts';

export const SEAL_GROUP = 'seal.casemate.internal';
/** People other than who asks. */
export const INTERCONNECTION_APPROVALS = 2;
const DAY_MS = 24 * 60 * 60_000;
/** They have so long to agree. */
export const ASK_LIFE_MS = 7 * DAY_MS;
/** The matrix is gone through once a year (SecNumCloud 13.1.b): no flow outlives that unasked. */
export const VALID_MS_MAX = 366 * DAY_MS;

const RANGE = Type.String({ minLength: 3, maxLength: 49 });

const SPEC = Type.Object({
  direction: oneOf(['Out', 'In'], {
    description:
      'Out: begun by the region, and only let out when declared. In: begun by others; listed in the matrix, and let in by what serves it (the API’s listener, a Forward).',
  }),
  from: Type.Optional(
    oneOf(['Region', 'Instances'], {
      default: 'Region',
      description: 'Whose end it is here: the region’s own processes, or instances.',
    }),
  ),
  networks: Type.Optional(
    Type.Array(RANGE, {
      maxItems: SEAL_PEERS_MAX,
      ...SET,
      description: 'Of instances: the IPv4 ranges of the region’s networks that it is for. Absent: all.',
    }),
  ),
  peers: Type.Array(RANGE, {
    minItems: 1,
    maxItems: SEAL_PEERS_MAX,
    ...SET,
    description: 'The other end: ranges such as 203.0.113.7/32 or 2001:db8:7::/48. Never a name.',
  }),
  protocol: oneOf(['tcp', 'udp', 'icmp'], { description: 'By which protocol.' }),
  ports: Type.Optional(
    Type.Array(Type.Integer({ minimum: 1, maximum: 65_535 }), {
      minItems: 1,
      maxItems: SEAL_PORTS_MAX,
      ...SET,
      description: 'The ports at the other end, with tcp and udp. Absent: all.',
    }),
  ),
  purpose: Type.String({
    minLength: 1,
    maxLength: 1_000,
    description: 'What for, in a sentence that whoever approves can judge.',
  }),
  owner: Type.String({ minLength: 1, maxLength: 253, description: 'Who answers for it.' }),
  validUntil: Type.String({
    format: 'date-time',
    maxLength: 40,
    description: 'When it ends by itself, at most 366 days after it was made (RFC 3339).',
  }),
});

const CONSENT = Type.Object({
  by: Type.String({ description: 'Who.' }),
  credential: Type.String({ description: 'What proved who they are.' }),
  strength: Type.Optional(Type.String({ description: 'How they proved it.' })),
  at: Type.String({ description: 'When.' }),
  note: Type.Optional(Type.String({ description: 'What they had to say.' })),
});

const STATUS = Type.Object({
  requestedBy: Type.String({ description: 'Who asks: who made this object.' }),
  phase: oneOf(['Pending', 'Approved', 'Rejected', 'Used', 'Expired'], {
    description: 'What became of the asking.',
  }),
  required: Type.Integer({ description: 'How many people other than who asks must approve.' }),
  approvals: Type.Array(CONSENT, { maxItems: 64, description: 'Who approved.' }),
  rejection: Type.Optional(CONSENT),
  conditions: CONDITIONS,
});

const NOTE_LENGTH_MAX = 256;
const NOTE = Type.Object({
  note: Type.Optional(
    Type.String({ maxLength: NOTE_LENGTH_MAX, description: 'A word on it, for the record.' }),
  ),
});
const OUTCOME = Type.Object({
  phase: Type.String({ description: 'What became of it.' }),
  approvals: Type.Integer({ description: 'How many approved.' }),
  required: Type.Integer({ description: 'How many it takes.' }),
});

export type InterconnectionSpec = Static<typeof SPEC>;

export const Interconnection = defineKind({
  group: SEAL_GROUP,
  version: 'v1',
  kind: 'Interconnection',
  plural: 'interconnections',
  shortNames: ['ic'],
  scope: 'Realm',
  realms: ['region'],
  description:
    'A declared flow between the region and something that is not of it. It counts once two people other than who asks approved it, and until its time is over.',
  spec: SPEC,
  status: STATUS,
  bornStatus: (object, actor) => ({
    ...bornApproval(object, actor),
    required: INTERCONNECTION_APPROVALS,
  }),
  immutable: ['spec'],
  subresources: {
    approve: {
      type: 'action',
      description: 'Agrees to it. Not for who asks, nor twice for one person, nor for service accounts.',
      request: NOTE,
      response: OUTCOME,
      recorded: ['note'],
    },
    reject: {
      type: 'action',
      description: 'Says no, which ends it. Who asks takes it back like this.',
      request: NOTE,
      response: OUTCOME,
      recorded: ['note'],
    },
  },
  columns: [
    { name: 'Direction', type: 'string', description: 'Who begins.', value: 'spec.direction' },
    { name: 'From', type: 'string', description: 'Whose end it is here.', value: 'spec.from' },
    {
      name: 'Flow',
      type: 'string',
      description: 'What passes, to where.',
      value: (object) => flowText(specOf(object)),
    },
    { name: 'Owner', type: 'string', description: 'Who answers for it.', value: 'spec.owner' },
    { name: 'Until', type: 'string', description: 'When it ends by itself.', value: 'spec.validUntil' },
    {
      name: 'Approvals',
      type: 'string',
      description: 'How many approved, of how many it takes.',
      value: (object) => `${statusOf(object)?.approvals.length ?? 0}/${statusOf(object)?.required ?? 2}`,
    },
    READY_COLUMN,
    { name: 'Purpose', type: 'string', description: 'What for.', value: 'spec.purpose', priority: 1 },
  ],
  admit: (request) => admit(request),
});

export type InterconnectionObject = ObjectOf<typeof Interconnection>;

const specOf = (object: KubeObject) => object.spec as InterconnectionSpec;
const statusOf = (object: KubeObject) => object.status as ApprovalStatus | undefined;

/** `tcp 443, 8443 203.0.113.7/32` */
export const flowText = ({ protocol, ports = [], peers }: InterconnectionSpec): string =>
  `${protocol}${ports.length === 0 ? '' : ` ${ports.join(',')}`} ${peers.join(',')}`;

/** It as something that people agree to. */
export const askedOf = (object: KubeObject) => ({
  name: object.metadata.name,
  plural: Interconnection.plural,
  spec: { expiresAt: rfc3339(Date.parse(object.metadata.creationTimestamp) + ASK_LIFE_MS) },
  status: statusOf(object) as ApprovalStatus,
});

/** Whether it counts now: agreed to, and its time not over. */
export const isInForce = (object: KubeObject, now_ms: number): boolean =>
  statusOf(object)?.phase === 'Approved' &&
  object.metadata.deletionTimestamp === undefined &&
  now_ms < Date.parse(specOf(object).validUntil);

function admit({ kind, operation, object, view, now_ms }: AdmissionRequest): void {
  if (operation !== 'create') return;
  const subject = { group: SEAL_GROUP, kind: 'Interconnection', name: object.metadata.name };
  if (view.count(kind) >= SEAL_FLOWS_MAX)
    throw forbidden(subject, `there are ${SEAL_FLOWS_MAX} already; delete some that have ended`);
  const { from, networks = [], peers, protocol, ports = [], validUntil } = specOf(object);
  const causes: StatusCause[] = [];
  const wrong = (field: string, message: string) =>
    causes.push({ reason: 'FieldValueInvalid', field, message });
  peers.forEach((range, at) => {
    if (rangeFamily(range) === undefined)
      wrong(
        `spec.peers[${at}]`,
        'must be a range such as 203.0.113.0/24 or 2001:db8::/32, with no bit set after the prefix',
      );
  });
  networks.forEach((range, at) => {
    if (parseCidr(range) === undefined)
      wrong(
        `spec.networks[${at}]`,
        'must be an IPv4 range such as 10.64.3.0/24, with no bit set after the prefix',
      );
  });
  if (networks.length > 0 && from !== 'Instances') wrong('spec.networks', 'only with from: Instances');
  if (protocol === 'icmp' && ports.length > 0) wrong('spec.ports', 'only with protocol tcp or udp');
  const end_ms = Date.parse(validUntil);
  // A time that is none compares as false.
  if (!(end_ms > now_ms && end_ms <= now_ms + VALID_MS_MAX))
    wrong('spec.validUntil', `must be after now and no later than ${rfc3339(now_ms + VALID_MS_MAX)}`);
  if (causes.length > 0) throw invalid(subject, causes);
}
