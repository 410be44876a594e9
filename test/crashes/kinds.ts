/** The kinds that the operations are on: where they are in the API, and what one of them looks like with a mark in it. */
import type { Known, ObjectName } from './model.ts';

export const MARK = 'crashes.example/mark';

export interface KindUnderTest {
  readonly plural: string;
  /** `/api/v1` or `/apis/<group>/<version>`. */
  readonly path: string;
  readonly apiVersion: string;
  readonly kind: string;
  /** What it holds besides its name, with the mark. `needs` names what it needs in its project. */
  content(mark: string, needs: string | undefined, image: string): Record<string, unknown>;
  /** A change of it that leaves the mark. */
  change(mark: string): Record<string, unknown>;
}

const noContent = (): Record<string, unknown> => ({});

/** Sizes an instance is changed between, in turn with the marks. */
const memory = (mark: string): string => (Number(mark.slice(1)) % 2 === 0 ? '256Mi' : '320Mi');

const port = (mark: string): number => 1_024 + Number(mark.slice(1));

const rules = (mark: string): Record<string, unknown> => ({
  instances: {},
  ingress: [{ action: 'Deny', protocol: 'tcp', ports: [{ port: port(mark) }] }],
});

const CORE = { path: '/api/v1', apiVersion: 'v1' } as const;
const NETWORK = {
  path: '/apis/network.casemate.internal/v1',
  apiVersion: 'network.casemate.internal/v1',
} as const;
const COMPUTE = {
  path: '/apis/compute.casemate.internal/v1',
  apiVersion: 'compute.casemate.internal/v1',
} as const;

export const KINDS: readonly KindUnderTest[] = [
  { ...CORE, plural: 'namespaces', kind: 'Namespace', content: noContent, change: noContent },
  {
    ...CORE,
    plural: 'configmaps',
    kind: 'ConfigMap',
    content: (mark) => ({ data: { mark } }),
    change: (mark) => ({ data: { mark } }),
  },
  {
    ...CORE,
    plural: 'secrets',
    kind: 'Secret',
    content: (mark) => ({ type: 'Opaque', stringData: { mark } }),
    change: (mark) => ({ stringData: { mark } }),
  },
  {
    ...NETWORK,
    plural: 'networks',
    kind: 'Network',
    content: () => ({ spec: {} }),
    change: noContent,
  },
  {
    ...NETWORK,
    plural: 'firewallpolicies',
    kind: 'FirewallPolicy',
    content: (mark) => ({ spec: rules(mark) }),
    change: (mark) => ({ spec: rules(mark) }),
  },
  {
    ...COMPUTE,
    plural: 'instances',
    kind: 'Instance',
    content: (mark, network, image) => ({
      spec: { image, memory: memory(mark), networks: network === undefined ? [] : [{ network }] },
    }),
    change: (mark) => ({ spec: { memory: memory(mark) } }),
  },
  {
    ...COMPUTE,
    plural: 'instancesnapshots',
    kind: 'InstanceSnapshot',
    content: (_mark, instance) => ({ spec: { instance } }),
    change: noContent,
  },
];

export function kindOf(plural: string): KindUnderTest {
  const found = KINDS.find((kind) => kind.plural === plural);
  if (found === undefined) throw new RangeError(`no kind ${plural} under test`);
  return found;
}

export function collectionPath({ plural, project }: Omit<ObjectName, 'name'>): string {
  const where = project === undefined ? '' : `/namespaces/${project}`;
  return `${kindOf(plural).path}${where}/${plural}`;
}

export const objectPath = (name: ObjectName): string => `${collectionPath(name)}/${name.name}`;

export function newObject({ plural, name, needs }: Known, mark: string, image: string): unknown {
  const { apiVersion, kind, content } = kindOf(plural);
  return {
    apiVersion,
    kind,
    metadata: { name, annotations: { [MARK]: mark } },
    ...content(mark, needs, image),
  };
}

export const changeOf = ({ plural }: Known, mark: string): unknown => ({
  metadata: { annotations: { [MARK]: mark } },
  ...kindOf(plural).change(mark),
});

/** An object as the API gives it, as far as these tests look. */
export interface Found {
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly uid: string;
    readonly deletionTimestamp?: string;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly data?: Readonly<Record<string, string>>;
  readonly spec?: { readonly powerState?: string; readonly [field: string]: unknown };
  readonly status?: {
    readonly conditions?: readonly {
      readonly type: string;
      readonly status: string;
      readonly reason: string;
      readonly message: string;
      readonly observedGeneration?: number;
    }[];
    readonly bridge?: string;
    readonly [field: string]: unknown;
  };
}

/** The mark an object carries. Throws when its content is of another change than its mark: half a change was made. */
export function markOf({ plural }: ObjectName, { metadata, data, spec }: Found): string {
  const mark = metadata.annotations?.[MARK] ?? '';
  const pairs: Readonly<Record<string, readonly [unknown, unknown]>> = {
    configmaps: [data?.mark, mark],
    secrets: [data?.mark, Buffer.from(mark).toString('base64')],
    instances: [spec?.memory, memory(mark)],
    firewallpolicies: [JSON.stringify(spec?.ingress), JSON.stringify(rules(mark).ingress)],
  };
  const [holds, should] = pairs[plural] ?? [];
  if (holds !== should) {
    throw new Error(`${plural}/${metadata.name} is marked ${mark}, but holds ${holds} and not ${should}`);
  }
  return mark;
}
