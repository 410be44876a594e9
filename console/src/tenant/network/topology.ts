/** A project's networks, instances, policies and forwards as a picture: who is joined to whom, and where each stands. Pure. */
import type { FirewallPolicySpec } from '../../../../src/services/network/firewall-policy.ts';
import type { ForwardObject } from '../../../../src/services/network/forward.ts';
import type { NetworkStatus } from '../../../../src/services/network/network.ts';
import { selects } from '../../../../src/services/network/selector.ts';
import type { ApiObject } from '../../api/live-list.ts';
import type { InstanceStatus } from '../compute/instance.ts';

export type NodeKind = 'forward' | 'policy' | 'instance' | 'network';

export interface Node {
  /** `instance/web` */
  readonly id: string;
  readonly kind: NodeKind;
  readonly name: string;
  /** A second line: an address, a range. */
  readonly detail: string;
  readonly isReady: boolean;
}

export interface Edge {
  readonly from: string;
  readonly to: string;
  /** An address, a port. */
  readonly label: string;
}

export interface Topology {
  readonly nodes: readonly Node[];
  readonly edges: readonly Edge[];
}

export interface ProjectObjects {
  readonly networks: readonly ApiObject[];
  readonly instances: readonly ApiObject[];
  readonly policies: readonly ApiObject[];
  readonly forwards: readonly ApiObject[];
}

const isReady = ({ status }: ApiObject): boolean =>
  (status as { conditions?: readonly { type: string; status: string }[] } | undefined)?.conditions?.some(
    (condition) => condition.type === 'Ready' && condition.status === 'True',
  ) ?? false;

export function topologyOf({ networks, instances, policies, forwards }: ProjectObjects): Topology {
  const nodes: Node[] = [];
  const edges: Edge[] = [];
  const add = (kind: NodeKind, object: ApiObject, detail: string) => {
    const { name } = object.metadata;
    nodes.push({ id: `${kind}/${name}`, kind, name, detail, isReady: isReady(object) });
  };
  for (const one of networks) add('network', one, (one.status as NetworkStatus | undefined)?.cidr ?? '');
  const known = new Set(networks.map(({ metadata }) => metadata.name));
  for (const one of instances) {
    const { phase = 'Pending', addresses = [] } = (one.status ?? {}) as InstanceStatus;
    add('instance', one, phase);
    for (const { network, address } of addresses) {
      if (known.has(network))
        edges.push({ from: `instance/${one.metadata.name}`, to: `network/${network}`, label: address });
    }
  }
  for (const one of policies) {
    const spec = one.spec as unknown as FirewallPolicySpec;
    const rules = (spec.ingress ?? []).length + (spec.egress ?? []).length;
    add('policy', one, `${rules}`);
    for (const { metadata } of instances) {
      if (selects(spec.instances, metadata.labels ?? {}))
        edges.push({ from: `policy/${one.metadata.name}`, to: `instance/${metadata.name}`, label: '' });
    }
  }
  const names = new Set(instances.map(({ metadata }) => metadata.name));
  for (const one of forwards) {
    const { target, protocol, listen } = one.spec as unknown as ForwardObject['spec'];
    const { address = '' } = (one.status ?? {}) as { address?: string };
    add('forward', one, `${protocol} ${address}:${listen.port}`);
    if (names.has(target.instance))
      edges.push({
        from: `forward/${one.metadata.name}`,
        to: `instance/${target.instance}`,
        label: `${target.port}`,
      });
  }
  return { nodes, edges };
}

export const NODE_WIDTH = 200;
export const NODE_HEIGHT = 48;
const GAP_X = 130;
const GAP_Y = 20;
const MARGIN = 16;
/** Of one column; the table has the others. */
export const COLUMN_NODES_MAX = 40;

export interface PlacedNode extends Node {
  readonly x: number;
  readonly y: number;
}

export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly nodes: readonly PlacedNode[];
  readonly edges: readonly (Edge & { readonly path: string; readonly x: number; readonly y: number })[];
  /** Nodes that found no room. */
  readonly left: number;
}

const COLUMNS: readonly (readonly NodeKind[])[] = [['forward', 'policy'], ['instance'], ['network']];

/** In three columns: what lets through, instances, networks; each in the middle of what it is joined to, as far as there is room. */
export function draw({ nodes, edges }: Topology): Picture {
  const columns = COLUMNS.map((kinds) =>
    kinds.flatMap((kind) => nodes.filter((one) => one.kind === kind)).slice(0, COLUMN_NODES_MAX),
  );
  const rows = Math.max(1, ...columns.map(({ length }) => length));
  const step = NODE_HEIGHT + GAP_Y;
  const placed = new Map<string, PlacedNode>();
  for (const [at, column] of columns.entries()) {
    const above = ((rows - column.length) * step) / 2;
    for (const [row, node] of column.entries()) {
      placed.set(node.id, {
        ...node,
        x: MARGIN + at * (NODE_WIDTH + GAP_X),
        y: MARGIN + above + row * step,
      });
    }
  }
  return {
    width: 2 * MARGIN + COLUMNS.length * NODE_WIDTH + (COLUMNS.length - 1) * GAP_X,
    height: 2 * MARGIN + rows * step - GAP_Y,
    nodes: [...placed.values()],
    edges: edges.flatMap((edge) => {
      const from = placed.get(edge.from);
      const to = placed.get(edge.to);
      if (from === undefined || to === undefined) return [];
      const [x1, y1] = [from.x + NODE_WIDTH, from.y + NODE_HEIGHT / 2];
      const [x2, y2] = [to.x, to.y + NODE_HEIGHT / 2];
      const bend = GAP_X / 2;
      const path = `M ${x1} ${y1} C ${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}`;
      return [{ ...edge, path, x: (x1 + x2) / 2, y: (y1 + y2) / 2 }];
    }),
    left: nodes.length - placed.size,
  };
}
