/**
 * Quota: how much a project may hold. What an object counts for is said by its kind (`usage`); the sum is checked in
 * the lane (`quota-admission.ts`), so no race gets past it.
 */
import { type Static, Type } from 'typebox';
import { invalid, type StatusCause } from '#kernel/errors.ts';
import { type AdmissionRequest, defineKind, type Kind, type ObjectOf } from '#kernel/kind.ts';
import { CONDITIONS, OBSERVED_GENERATION } from '#kernel/kind-parts.ts';
import { quantitySchema } from '#kernel/quantity.ts';
import { TENANCY_GROUP } from './groups.ts';

const HARD_MAX = 64;

/** Names that kinds count under, with what they mean. A service's own are `<group>/<name>`. */
export const QUOTA_RESOURCES: Readonly<Record<string, string>> = {
  instances: 'instances, running or not',
  cpu: 'virtual CPUs of all instances',
  memory: 'memory of all instances',
  storage: 'disks of all instances, and all volumes',
  volumes: 'volumes',
  snapshots: 'snapshots of instances and of volumes',
  networks: 'networks',
  forwards: 'ports of the region that lead to instances',
};

const COUNT = /^count\/[a-z][a-z0-9-]*(?:\.[a-z0-9.-]+)?$/;
const OWN = /^[a-z0-9-]+(?:\.[a-z0-9-]+)+\/[a-z][a-zA-Z0-9-]*$/;

const SPEC = Type.Object({
  hard: Type.Record(Type.String(), quantitySchema('The most that the project may hold.'), {
    maxProperties: HARD_MAX,
    description: `Limits by resource: ${Object.entries(QUOTA_RESOURCES)
      .map(([name, meaning]) => `${name} (${meaning})`)
      .join(', ')}; or count/<resource> for the number of objects, such as count/secrets.`,
  }),
});

const STATUS = Type.Object({
  observedGeneration: OBSERVED_GENERATION,
  hard: Type.Optional(Type.Record(Type.String(), Type.String(), { description: 'The limits in force.' })),
  used: Type.Optional(
    Type.Record(Type.String(), Type.String(), {
      description:
        'What the project holds now. It follows within a second or so; the limits themselves are exact.',
    }),
  ),
  conditions: CONDITIONS,
});

export type QuotaSpec = Static<typeof SPEC>;
export type QuotaStatus = Static<typeof STATUS>;

export const Quota = defineKind({
  group: TENANCY_GROUP,
  version: 'v1',
  kind: 'Quota',
  plural: 'quotas',
  scope: 'Project',
  realms: ['organization'],
  description:
    'How much a project may hold. A change that would exceed any quota of its project is refused; what is there already stays.',
  spec: SPEC,
  status: STATUS,
  columns: [
    {
      name: 'Used',
      type: 'string',
      description: 'What is used of each limit.',
      value: (object) => {
        const { hard } = object.spec as QuotaSpec;
        const used = (object.status as QuotaStatus | undefined)?.used;
        return Object.keys(hard)
          .sort()
          .map((name) => `${name}: ${used?.[name] ?? '?'}/${hard[name]}`)
          .join(', ');
      },
    },
  ],
});

export type QuotaObject = ObjectOf<typeof Quota>;

/** Refuses limits that could never count anything, so that a slip of the pen does not look like a limit. */
export function admitQuotaNames(request: AdmissionRequest, kinds: Iterable<Kind>): void {
  if (request.kind.resource !== Quota.resource || request.operation === 'delete') return;
  const causes: StatusCause[] = [];
  for (const name of Object.keys((request.object.spec as QuotaSpec).hard)) {
    const problem = nameProblem(name, kinds);
    if (problem)
      causes.push({ reason: 'FieldValueNotSupported', field: `spec.hard[${name}]`, message: problem });
  }
  if (causes.length === 0) return;
  throw invalid({ group: TENANCY_GROUP, kind: 'Quota', name: request.object.metadata.name }, causes);
}

function nameProblem(name: string, kinds: Iterable<Kind>): string | undefined {
  if (Object.hasOwn(QUOTA_RESOURCES, name) || OWN.test(name)) return undefined;
  if (!COUNT.test(name)) {
    return `is nothing that can be limited; use one of ${Object.keys(QUOTA_RESOURCES).join(', ')}, or count/<resource>`;
  }
  const resource = name.slice('count/'.length);
  for (const kind of kinds) {
    if (kind.resource === resource) {
      return kind.scope === 'Project'
        ? undefined
        : `"${resource}" are not in projects; no quota can count them`;
    }
  }
  return `there is no resource "${resource}"; name it as kubectl api-resources does, with its group: <plural>.<group>`;
}
