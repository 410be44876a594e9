/**
 * What a region has only once, and organizations share: address ranges and ports of forwards. Each organization is a realm of its own and
 * sees nothing of the others, so these are claimed in the region's realm, whose lane lets no two claims overlap. The claims
 * carry names and uids of their owners, nothing of what runs there. An operator may make one without an owner, to keep a range or a port
 * for something else.
 *
 * Passed over: a slice of the pool per organization (wastes it, and an explicit range could still not be checked against others),
 * and leaving it to Incus (it refuses an overlap only once the bridge is made, host by host, and knows no forwards).
 */

import { Type } from 'typebox';
import { cidrProblem, overlaps, parseAddress, parseCidr } from '#engines/nftables/ipv4.ts';
import { isInternal } from '#kernel/access.ts';
import { conflict, forbidden, invalid } from '#kernel/errors.ts';
import { type AdmissionRequest, defineKind, type ObjectOf } from '#kernel/kind.ts';
import { oneOf } from '#kernel/kind-parts.ts';
import { NETWORK_GROUP } from './schemas.ts';

const Owner = Type.Optional(
  Type.Object(
    {
      organization: Type.String(),
      project: Type.String(),
      name: Type.String(),
      uid: Type.String(),
    },
    { description: 'For whom it is held. Left out: kept by the operator.' },
  ),
);

const OWNER_COLUMNS = [
  { name: 'Organization', type: 'string', description: 'Who holds it.', value: 'spec.owner.organization' },
  { name: 'Project', type: 'string', description: 'The project.', value: 'spec.owner.project' },
] as const;

export const AddressRange = defineKind({
  group: NETWORK_GROUP,
  version: 'v1',
  kind: 'AddressRange',
  plural: 'addressranges',
  scope: 'Realm',
  realms: ['region'],
  description:
    'A range of IPv4 addresses that is taken in this region: by a network of an organization, or kept by the operator for something else.',
  spec: Type.Object({
    cidr: Type.String({ maxLength: 18, description: 'The range, for example 10.64.3.0/24.' }),
    owner: Owner,
  }),
  columns: [
    { name: 'CIDR', type: 'string', description: 'The range.', value: 'spec.cidr' },
    ...OWNER_COLUMNS,
  ],
  immutable: ['spec'],
  admit: admitRange,
});

export const ForwardPort = defineKind({
  group: NETWORK_GROUP,
  version: 'v1',
  kind: 'ForwardPort',
  plural: 'forwardports',
  scope: 'Realm',
  realms: ['region'],
  description:
    'A port of the region that is taken: by a Forward of an organization, or kept by the operator for something else.',
  spec: Type.Object({
    protocol: oneOf(['tcp', 'udp']),
    address: Type.String({ maxLength: 15 }),
    port: Type.Integer({ minimum: 1, maximum: 65535 }),
    owner: Owner,
  }),
  columns: [
    { name: 'Protocol', type: 'string', description: 'tcp or udp.', value: 'spec.protocol' },
    { name: 'Address', type: 'string', description: 'The address.', value: 'spec.address' },
    { name: 'Port', type: 'integer', description: 'The port.', value: 'spec.port' },
    ...OWNER_COLUMNS,
  ],
  immutable: ['spec'],
  admit: admitPort,
});

export type AddressRangeObject = ObjectOf<typeof AddressRange>;
export type ForwardPortObject = ObjectOf<typeof ForwardPort>;
export type ClaimOwner = NonNullable<AddressRangeObject['spec']['owner']>;

export const rangeClaimName = (networkUid: string): string => `network-${networkUid}`;

/** The name is the port, so that a port can be claimed only once. */
export const portClaimName = (protocol: string, address: string, port: number): string =>
  `${protocol}-${port}-${address.replaceAll('.', '-')}`;

/**
 * What an organization holds is its own: an operator can neither take it away, nor pretend that an organization holds something. Only
 * our controllers may, who do so for the object that the claim bears the uid of.
 */
function onlyOwnClaims({ kind, operation, object, actor }: AdmissionRequest): void {
  const { spec, metadata } = object as AddressRangeObject | ForwardPortObject;
  if (spec.owner === undefined || isInternal(actor)) return;
  const { organization, project } = spec.owner;
  const how =
    operation === 'create'
      ? 'leave spec.owner out to keep it for the region; organizations make theirs by a Network or a Forward'
      : `organization ${organization} holds it, and gives it back by deleting what needs it in its project ${project}`;
  throw forbidden({ group: NETWORK_GROUP, kind: kind.kind, name: metadata.name }, how);
}

function admitRange(request: AdmissionRequest): void {
  onlyOwnClaims(request);
  const { operation, object, view } = request;
  if (operation !== 'create') return;
  const { spec, metadata } = object as AddressRangeObject;
  const subject = { group: NETWORK_GROUP, kind: AddressRange.kind, name: metadata.name };
  const range = parseCidr(spec.cidr);
  if (!range) {
    const message = cidrProblem(spec.cidr) ?? 'must be an IPv4 range';
    throw invalid(subject, [{ reason: 'FieldValueInvalid', field: 'spec.cidr', message }]);
  }
  for (const other of view.list(AddressRange)) {
    const taken = parseCidr(other.spec.cidr);
    if (taken && overlaps(range, taken)) {
      throw conflict(subject, `${spec.cidr} overlaps ${other.spec.cidr}, which is taken`);
    }
  }
}

function admitPort(request: AdmissionRequest): void {
  onlyOwnClaims(request);
  const { operation, object } = request;
  if (operation !== 'create') return;
  const { spec, metadata } = object as ForwardPortObject;
  const subject = { group: NETWORK_GROUP, kind: ForwardPort.kind, name: metadata.name };
  if (parseAddress(spec.address) === undefined) {
    throw invalid(subject, [
      {
        reason: 'FieldValueInvalid',
        field: 'spec.address',
        message: 'must be an IPv4 address such as 192.0.2.10',
      },
    ]);
  }
  const name = portClaimName(spec.protocol, spec.address, spec.port);
  if (metadata.name !== name) {
    throw invalid(subject, [
      {
        reason: 'FieldValueInvalid',
        field: 'metadata.name',
        message: `must be ${name}, so that a port has one claim`,
      },
    ]);
  }
}
