/** What end-to-end tests do in an organization, in their own words. For tests only. */
import { join } from 'node:path';
import { PROGRAM_FOLDER } from '#region/program.ts';
import { type CommandResult, output } from './command.ts';
import { kubectl } from './kubectl.ts';
import type { TestRegion } from './region.ts';

export const EXAMPLES = join(PROGRAM_FOLDER, 'docs', 'examples');
const CASEMATE = join(PROGRAM_FOLDER, 'casemate');

/** The name of the image that `casemate up` builds here. */
export async function baseImage(region: TestRegion): Promise<string> {
  const names = (await region.kubectl('get', 'images', '-o', 'name')).trim().split('\n');
  const name = names[0]?.split('/')[1];
  if (!name) throw new Error('the region has no image');
  return name;
}

/** Somebody in an organization, with their kubeconfig. */
export interface Member {
  readonly kubeconfig: string;
  kubectl(...args: readonly string[]): Promise<string>;
  casemate(...args: readonly string[]): Promise<string>;
  /** Runs casemate, whatever it answers. */
  tryCasemate(...args: readonly string[]): Promise<CommandResult>;
  /** Applies a manifest with kubectl. */
  apply(manifest: string, ...args: readonly string[]): Promise<string>;
  /** Runs a command in an instance; resolves whatever it answers. */
  inInstance(project: string, instance: string, command: readonly string[]): Promise<CommandResult>;
}

/** Where a region is, as far as its members care. */
export type Place = Pick<TestRegion, 'run' | 'casemate' | 'scratch'>;

export function member(region: Place, kubeconfig: string, program = kubectl().path): Member {
  const env = { KUBECONFIG: kubeconfig };
  return {
    kubeconfig,
    kubectl: (...args) => output(region.run(program, args, { env }), `kubectl ${args.join(' ')}`),
    casemate: (...args) => output(region.run(CASEMATE, args, { env }), `casemate ${args.join(' ')}`),
    tryCasemate: (...args) => region.run(CASEMATE, args, { env }),
    apply: (manifest, ...args) =>
      output(region.run(program, ['apply', '-f', '-', ...args], { env, input: manifest }), 'kubectl apply'),
    inInstance: (project, instance, command) =>
      region.run(CASEMATE, ['exec', '-n', project, instance, '--', ...command], { env }),
  };
}

/** Creates an organization as the operator; gives its first administrator. */
export async function createOrganization(region: Place, name: string, admin = 'alice'): Promise<Member> {
  const kubeconfig = join(region.scratch, `${name}-${admin}.kubeconfig`);
  await region.casemate('org', 'create', name, '--admin', admin, '--out', kubeconfig);
  return member(region, kubeconfig);
}

export interface InstanceManifest {
  readonly name: string;
  readonly image: string;
  readonly networks?: readonly string[];
  readonly labels?: Readonly<Record<string, string>>;
  readonly [field: string]: unknown;
}

/** A manifest of networks and instances, as JSON that kubectl and casemate read. */
export function manifest(networks: readonly string[], instances: readonly InstanceManifest[]): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'List',
    items: [
      ...networks.map((name) => ({
        apiVersion: 'network.casemate.internal/v1',
        kind: 'Network',
        metadata: { name },
        spec: {},
      })),
      ...instances.map(({ name, labels, networks: on = [], ...spec }) => ({
        apiVersion: 'compute.casemate.internal/v1',
        kind: 'Instance',
        metadata: { name, labels: labels ?? {} },
        spec: { memory: '256Mi', ...spec, networks: on.map((network) => ({ network })) },
      })),
    ],
  });
}
