/**
 * The kind Instance: a machine of a project. Also shown as a `v1 Pod`, so that kubectl's exec, logs and cp work on it.
 */
import { type Static, Type } from 'typebox';
import { defineKind, type ObjectOf, type PodView } from '#kernel/kind.ts';
import { CONDITIONS, OBSERVED_GENERATION, oneOf, READY_COLUMN } from '#kernel/kind-parts.ts';
import { keyedBy } from '#kernel/list-type.ts';
import type { KubeObject } from '#kernel/object.ts';
import { quantitySchema } from '#kernel/quantity.ts';
import { bornWithFinalizer } from '#kernel/reconcile/finalizers.ts';
import { admitInstance } from './instance-admission.ts';
import { METRICS_ANSWER } from './metrics/answer.ts';
import { COMPUTE_GROUP, INSTANCE_TYPES } from './schemas.ts';

/** Holds an instance back until Incus holds nothing of it. */
export const INSTANCE_FINALIZER = 'compute.casemate.internal/instance';

export const NETWORKS_MAX = 8;
const VOLUMES_MAX = 16;
const PATH_LENGTH_MAX = 255;
const SSH_KEYS_MAX = 32;
const SSH_KEY_LENGTH_MAX = 8192;
const USER_DATA_LENGTH_MAX = 65_536;

export const DEFAULT_DISK = '10Gi';
const NAME = '^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$';

const Attachment = Type.Object({
  network: Type.String({ pattern: NAME, description: 'Name of a Network of the project.' }),
  address: Type.Optional(
    Type.String({
      maxLength: 15,
      description: 'A fixed IPv4 address of that network. Left out, the lowest free one is taken.',
    }),
  ),
});

const Mount = Type.Object({
  volume: Type.String({ maxLength: 253, description: 'Name of a Volume of the project.' }),
  path: Type.Optional(
    Type.String({
      maxLength: PATH_LENGTH_MAX,
      description:
        'Where its files are in the instance, such as /srv/data. Only for type filesystem; one of type block is found at the device that status.volumes tells.',
    }),
  ),
  readOnly: Type.Optional(Type.Boolean({ description: 'Whether the instance may only read it.' })),
});

const SPEC = Type.Object({
  type: oneOf(INSTANCE_TYPES, {
    default: 'container',
    description:
      'container shares the host’s kernel and starts in a second; virtual-machine has its own and needs KVM. It cannot be changed.',
  }),
  image: Type.Optional(
    Type.String({
      maxLength: 253,
      description:
        'Name of an Image to start from, or of a family of images: the newest of it. It cannot be changed.',
    }),
  ),
  source: Type.Optional(
    Type.Object(
      {
        snapshot: Type.String({ maxLength: 253, description: 'Name of an InstanceSnapshot of the project.' }),
      },
      { description: 'Instead of image: start as a clone of a snapshot. It cannot be changed.' },
    ),
  ),
  cpu: quantitySchema('Virtual CPUs, a whole number. Changed while it runs.', { default: '1' }),
  memory: quantitySchema(
    'Memory, at least 128Mi. Changed while it runs; of a virtual machine at its next start, see restartedAt.',
    { default: '512Mi' },
  ),
  disk: quantitySchema(
    'Size of the disk, at least 1Gi. It can grow, while it runs (a virtual machine sees it from its next start on), and never shrink.',
    { default: DEFAULT_DISK },
  ),
  networks: Type.Array(Attachment, {
    default: [],
    maxItems: NETWORKS_MAX,
    description:
      'The networks it is on, each once, in the order of its interfaces eth0, eth1, … Whoever applies some of them leaves the others alone.',
    ...keyedBy('network'),
  }),
  volumes: Type.Optional(
    Type.Array(Mount, {
      maxItems: VOLUMES_MAX,
      description:
        'The volumes it has, each once, beside its own disk. They come and go while it runs, and stay when it is deleted. Stop what uses one before it is taken out: a program keeps the files that it has open.',
      ...keyedBy('volume'),
    }),
  ),
  sshKeys: Type.Optional(
    Type.Array(
      Type.String({
        maxLength: SSH_KEY_LENGTH_MAX,
        pattern: '^(ssh-|ecdsa-|sk-)[A-Za-z0-9@.-]+ [A-Za-z0-9+/=]+( [^\\n\\r]*)?$',
      }),
      {
        maxItems: SSH_KEYS_MAX,
        description:
          'Public keys in OpenSSH’s form that may log in as the image’s user (Debian: debian). Taken at the first start; cannot be changed.',
      },
    ),
  ),
  userData: Type.Optional(
    Type.String({
      maxLength: USER_DATA_LENGTH_MAX,
      description:
        'What cloud-init does at the first start: a #cloud-config document or a script. Cannot be changed.',
    }),
  ),
  serviceAccount: Type.Optional(
    Type.String({
      maxLength: 63,
      pattern: NAME,
      description:
        'Name of a ServiceAccount of the project that root of the instance gets short-lived tokens of, at the gateway of its networks. Whoever sets it must be allowed to get such tokens.',
    }),
  ),
  powerState: oneOf(['Running', 'Stopped'], {
    default: 'Running',
    description:
      'Whether it should run. An instance that stops by itself is started again while this says Running.',
  }),
  restartedAt: Type.Optional(
    Type.String({
      format: 'date-time',
      description: 'Set it to the time of day to have the instance restarted once.',
    }),
  ),
  restoreFrom: Type.Optional(
    Type.String({
      maxLength: 253,
      description:
        'Name of an InstanceSnapshot of this instance: when it changes, the disk is put back to it once. To restore the same again, take it out and set it anew.',
    }),
  ),
});

const STATUS = Type.Object({
  observedGeneration: OBSERVED_GENERATION,
  phase: Type.Optional(
    oneOf(['Pending', 'Creating', 'Starting', 'Running', 'Stopping', 'Stopped', 'Deleting', 'Failed'], {
      description: 'Where it is in its life.',
    }),
  ),
  node: Type.Optional(Type.String({ description: 'The host it is on.' })),
  imageFingerprint: Type.Optional(Type.String({ description: 'The image it was made from, exactly.' })),
  addresses: Type.Optional(
    Type.Array(
      Type.Object({
        network: Type.String(),
        address: Type.String({ description: 'Its own for as long as it is on that network.' }),
        mac: Type.String(),
      }),
      { maxItems: NETWORKS_MAX, description: 'In the order of spec.networks.', ...keyedBy('network') },
    ),
  ),
  volumes: Type.Optional(
    Type.Array(
      Type.Object({
        volume: Type.String(),
        uid: Type.String({ description: 'The very volume.' }),
        device: Type.Optional(Type.String({ description: 'Of type block: where the instance finds it.' })),
        pool: Type.Optional(Type.String({ description: 'The volume’s own status.pool.' })),
      }),
      {
        maxItems: 2 * VOLUMES_MAX,
        description:
          'The volumes that nobody else gets now: those it has, and those that it has not let go of.',
        ...keyedBy('volume'),
      },
    ),
  ),
  startedAt: Type.Optional(Type.String({ description: 'When it was last started.' })),
  restartedAt: Type.Optional(Type.String({ description: 'The spec.restartedAt that was last acted on.' })),
  restoredFrom: Type.Optional(Type.String({ description: 'The spec.restoreFrom that was last acted on.' })),
  restoring: Type.Optional(
    Type.String({
      description: 'What writes its disk now, out of a backup. Until that is done it does not run.',
    }),
  ),
  conditions: CONDITIONS,
});

export type InstanceSpec = Static<typeof SPEC>;
export type InstanceStatus = Static<typeof STATUS>;

export const Instance = defineKind({
  group: COMPUTE_GROUP,
  version: 'v1',
  kind: 'Instance',
  plural: 'instances',
  shortNames: ['inst', 'vm'],
  categories: ['all'],
  scope: 'Project',
  realms: ['organization'],
  description:
    'A machine of the project: a system container or a virtual machine, with its own disk, addresses, and users.',
  spec: SPEC,
  status: STATUS,
  columns: [
    { name: 'Phase', type: 'string', description: 'Where it is in its life.', value: 'status.phase' },
    READY_COLUMN,
    {
      name: 'Address',
      type: 'string',
      description: 'Its first address.',
      value: 'status.addresses[0].address',
    },
    { name: 'CPU', type: 'string', description: 'Virtual CPUs.', value: 'spec.cpu' },
    { name: 'Memory', type: 'string', description: 'Memory.', value: 'spec.memory' },
    { name: 'Image', type: 'string', description: 'What it started from.', value: sourceText },
    { name: 'Type', type: 'string', description: 'Container or machine.', value: 'spec.type', priority: 1 },
    { name: 'Disk', type: 'string', description: 'Size of the disk.', value: 'spec.disk', priority: 1 },
    { name: 'Node', type: 'string', description: 'The host it is on.', value: 'status.node', priority: 1 },
  ],
  immutable: ['spec.type', 'spec.image', 'spec.source', 'spec.sshKeys', 'spec.userData'],
  subresources: {
    exec: { type: 'terminal', description: 'Runs a command in the instance, with or without a terminal.' },
    log: {
      type: 'text',
      description: 'The journal of the instance’s system; its console when it has none or is stopped.',
    },
    metrics: {
      type: 'report',
      description: 'What it used lately: processors, memory, disk and network.',
      parameters: { window: 'How far back: 1h (the default), by minutes, or 24h, by five minutes.' },
      response: METRICS_ANSWER,
    },
  },
  normalize: (object) => bornWithFinalizer(object, INSTANCE_FINALIZER),
  admit: admitInstance,
  usage: (object) => {
    const { cpu, memory, disk } = object.spec as InstanceSpec;
    return { instances: 1, cpu, memory, storage: disk };
  },
  podView,
});

export type InstanceObject = ObjectOf<typeof Instance>;

function sourceText(object: KubeObject): string {
  const { image, source } = object.spec as InstanceSpec;
  return image ?? (source ? `snapshot/${source.snapshot}` : '');
}

const POD_PHASE: Readonly<Record<NonNullable<InstanceStatus['phase']>, PodView['phase']>> = {
  Pending: 'Pending',
  Creating: 'Pending',
  Starting: 'Pending',
  Running: 'Running',
  Stopping: 'Running',
  Stopped: 'Succeeded',
  Deleting: 'Running',
  Failed: 'Failed',
};

function podView(object: KubeObject): PodView {
  const status = object.status as InstanceStatus | undefined;
  const ready = status?.conditions?.find((condition) => condition.type === 'Ready');
  return {
    containerName: 'instance',
    image: sourceText(object),
    phase: POD_PHASE[status?.phase ?? 'Pending'],
    ready: ready?.status === 'True',
    ...(status?.startedAt ? { startTime: status.startedAt } : {}),
    addresses: (status?.addresses ?? []).map(({ address }) => address),
    ...(ready && ready.status !== 'True' ? { message: ready.message } : {}),
  };
}
