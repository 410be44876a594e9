/** What it takes to have a new instance: its project and its network where they are to be made too, and the instance. Pure. */
import type { InstanceSpec } from '../instance.ts';

export interface Size {
  readonly id: string;
  readonly cpu: string;
  readonly memory: string;
  readonly disk: string;
}

export const SIZES: readonly [Size, ...Size[]] = [
  { id: 'small', cpu: '1', memory: '512Mi', disk: '10Gi' },
  { id: 'medium', cpu: '2', memory: '2Gi', disk: '20Gi' },
  { id: 'large', cpu: '4', memory: '8Gi', disk: '40Gi' },
];
export const CUSTOM = 'custom';

export interface NewInstance {
  readonly project: string;
  readonly isNewProject: boolean;
  readonly name: string;
  /** Name of an image, or of a snapshot. */
  readonly from: { readonly image: string } | { readonly snapshot: string };
  readonly type: InstanceSpec['type'];
  readonly size: Omit<Size, 'id'>;
  /** '' for none. */
  readonly network: string;
  readonly isNewNetwork: boolean;
  readonly sshKeys: string;
  readonly userData: string;
}

export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly spec?: object;
}

export interface Step {
  /** Of the list that it is added to. */
  readonly path: string;
  readonly body: Manifest;
}

const linesOf = (text: string): string[] =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');

/** In the order in which they are to be asked for. */
export function stepsFor(wanted: NewInstance): readonly Step[] {
  const { project, name, from, type, size, network, userData } = wanted;
  const within = `namespaces/${encodeURIComponent(project)}`;
  const sshKeys = linesOf(wanted.sshKeys);
  const steps: Step[] = [];
  if (wanted.isNewProject) {
    const body = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: project } };
    steps.push({ path: '/api/v1/namespaces', body });
  }
  if (wanted.isNewNetwork && network !== '') {
    const apiVersion = 'network.casemate.internal/v1';
    const body = { apiVersion, kind: 'Network', metadata: { name: network, namespace: project }, spec: {} };
    steps.push({ path: `/apis/${apiVersion}/${within}/networks`, body });
  }
  const apiVersion = 'compute.casemate.internal/v1';
  const spec: Partial<InstanceSpec> = {
    ...('image' in from ? { image: from.image } : { source: from }),
    type,
    cpu: size.cpu as InstanceSpec['cpu'],
    memory: size.memory as InstanceSpec['memory'],
    disk: size.disk as InstanceSpec['disk'],
    networks: network === '' ? [] : [{ network }],
    ...(sshKeys.length === 0 ? {} : { sshKeys }),
    ...(userData.trim() === '' ? {} : { userData }),
  };
  steps.push({
    path: `/apis/${apiVersion}/${within}/instances`,
    body: { apiVersion, kind: 'Instance', metadata: { name, namespace: project }, spec },
  });
  return steps;
}

/** The first name of a row that nobody has: `instance-1`, `instance-2`, … */
export function freeName(stem: string, taken: ReadonlySet<string>): string {
  let number = 1;
  while (taken.has(`${stem}-${number}`)) number += 1;
  return `${stem}-${number}`;
}

/** Which field of the form a field of the API belongs to. */
export const FORM_FIELDS = [
  ['metadata.name', 'name'],
  ['spec.image', 'image'],
  ['spec.source', 'image'],
  ['spec.cpu', 'cpu'],
  ['spec.memory', 'memory'],
  ['spec.disk', 'disk'],
  ['spec.networks', 'network'],
  ['spec.sshKeys', 'sshKeys'],
  ['spec.userData', 'userData'],
] as const;

export type FormField = (typeof FORM_FIELDS)[number][1] | 'project';

/** The field of the form that a refusal of a step is about. Undefined: none of them. */
export function formFieldOf(kind: string, field: string | undefined): FormField | undefined {
  if (kind === 'Namespace') return 'project';
  if (kind === 'Network') return 'network';
  return FORM_FIELDS.find(([prefix]) => field?.startsWith(prefix) === true)?.[1];
}
