/** Networks of a project as a picture: what is on them, which policies hold, what leads in from outside. The table below says the same. */
import {
  Bullseye,
  Content,
  EmptyState,
  EmptyStateBody,
  Flex,
  FlexItem,
  PageSection,
  Spinner,
  Title,
} from '@patternfly/react-core';
import { Table, Tbody, Td, Th, Thead, Tr } from '@patternfly/react-table';
import { Link } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import '../compute/compute.css';
import './network.css';
import { Problem } from '../../shell/problem.tsx';
import { useTexts } from '../../texts/texts.ts';
import {
  draw,
  NODE_HEIGHT,
  NODE_WIDTH,
  type Node,
  type NodeKind,
  type PlacedNode,
  type Topology,
  topologyOf,
} from './topology.ts';
import { useProjectObjects } from './use-project-objects.ts';

const RESOURCE: Readonly<Record<NodeKind, string>> = {
  network: 'networks.network.casemate.internal',
  instance: 'instances.compute.casemate.internal',
  policy: 'firewallpolicies.network.casemate.internal',
  forward: 'forwards.network.casemate.internal',
};
/** Characters of a name that find room in a node; the whole name is its title. */
const NAME_SHOWN_MAX = 22;
const DETAIL_SHOWN_MAX = 28;

const pathTo = (project: string, { kind, name }: Pick<Node, 'kind' | 'name'>): string =>
  `/resources/${RESOURCE[kind]}/${project}/${encodeURIComponent(name)}`;

const short = (text: string, max: number): string =>
  text.length <= max ? text : `${text.slice(0, max - 1)}…`;

export function PicturePage() {
  const { say } = useTexts();
  const { project, isLoading, error, networks, instances, policies, forwards } = useProjectObjects();
  const topology = useMemo(
    () => topologyOf({ networks, instances, policies, forwards }),
    [networks, instances, policies, forwards],
  );
  return (
    <PageSection isFilled aria-labelledby="picture-title">
      <Flex>
        <FlexItem grow={{ default: 'grow' }}>
          <Title headingLevel="h1" id="picture-title">
            {project === undefined ? say('nav.picture') : say('compute.picture.titleOf', { project })}
          </Title>
        </FlexItem>
        <FlexItem>
          <Link to="/networks/may-talk" search={{ project } as never}>
            {say('nav.mayTalk')}
          </Link>
        </FlexItem>
      </Flex>
      {error !== undefined ? (
        <Problem error={error} />
      ) : isLoading ? (
        <Bullseye>
          <Spinner aria-label={say('app.loading')} />
        </Bullseye>
      ) : project === undefined || topology.nodes.length === 0 ? (
        <EmptyState titleText={say('compute.picture.empty')} headingLevel="h2">
          <EmptyStateBody>
            {say('compute.picture.empty.body')}{' '}
            <Link to="/instances/new" search={{ project } as never}>
              {say('compute.create.title')}
            </Link>
          </EmptyStateBody>
        </EmptyState>
      ) : (
        <>
          <Drawing topology={topology} project={project} />
          <TopologyTable topology={topology} project={project} />
        </>
      )}
    </PageSection>
  );
}

interface TopologyProps {
  readonly topology: Topology;
  readonly project: string;
}

function Drawing({ topology, project }: TopologyProps) {
  const { say } = useTexts();
  const picture = useMemo(() => draw(topology), [topology]);
  const [active, setActive] = useState<string>();
  const detailOf = ({ kind, detail }: PlacedNode) =>
    `${say(`compute.picture.${kind}`)} · ${kind === 'policy' ? say('compute.picture.rules', { count: Number(detail) }) : detail}`;
  const labelOf = (node: PlacedNode) => `${node.name} ${detailOf(node)}`;
  return (
    <>
      <div className="casemate-picture">
        {/* biome-ignore lint/a11y/useSemanticElements: there is no fieldset within a picture */}
        <svg
          viewBox={`0 0 ${picture.width} ${picture.height}`}
          width={picture.width}
          height={picture.height}
          role="group"
          aria-label={say('compute.picture.label')}
        >
          {picture.edges.map(({ from, to, path, label, x, y }) => {
            const isActive = active === from || active === to;
            return (
              <g key={`${from} ${to}`} className={isActive ? 'edge active' : 'edge'}>
                <path d={path} className={from.startsWith('policy/') ? 'policy' : undefined} />
                {label !== '' && (
                  <text x={x} y={y - 6} textAnchor="middle">
                    {label}
                  </text>
                )}
              </g>
            );
          })}
          {picture.nodes.map((node) => (
            <Link
              key={node.id}
              to={pathTo(project, node)}
              aria-label={labelOf(node)}
              className={`node ${node.kind}${node.isReady ? '' : ' waiting'}`}
              onFocus={() => setActive(node.id)}
              onBlur={() => setActive(undefined)}
              onMouseEnter={() => setActive(node.id)}
              onMouseLeave={() => setActive(undefined)}
            >
              <title>{labelOf(node)}</title>
              <rect x={node.x} y={node.y} width={NODE_WIDTH} height={NODE_HEIGHT} rx={6} />
              <text x={node.x + 12} y={node.y + 20} className="name">
                {short(node.name, NAME_SHOWN_MAX)}
              </text>{' '}
              <text x={node.x + 12} y={node.y + 38} className="detail">
                {short(detailOf(node), DETAIL_SHOWN_MAX)}
              </text>
            </Link>
          ))}
        </svg>
      </div>
      {picture.left > 0 && (
        <Content component="p">{say('compute.picture.left', { count: picture.left })}</Content>
      )}
    </>
  );
}

function TopologyTable({ topology, project }: TopologyProps) {
  const { say } = useTexts();
  const { nodes, edges } = topology;
  const instances = nodes.filter(({ kind }) => kind === 'instance');
  const joined = (id: string, kind: NodeKind) =>
    edges.flatMap(({ from, to, label }) => {
      const other = from === id ? to : to === id ? from : '';
      return other.startsWith(`${kind}/`) ? [{ name: other.slice(kind.length + 1), label }] : [];
    });
  const links = (id: string, kind: NodeKind) => {
    const found = joined(id, kind);
    if (found.length === 0) return '–';
    return found.map(({ name, label }, at) => (
      <span key={name}>
        {at > 0 && ', '}
        <Link to={pathTo(project, { kind, name })}>{name}</Link>
        {label !== '' && ` (${label})`}
      </span>
    ));
  };
  const alone = nodes.filter(
    ({ id, kind }) => kind !== 'instance' && !edges.some(({ from, to }) => from === id || to === id),
  );
  return (
    <>
      <Title headingLevel="h2" className="casemate-heading">
        {say('compute.picture.table')}
      </Title>
      <Table aria-label={say('compute.picture.table')} variant="compact">
        <Thead>
          <Tr>
            <Th>{say('compute.picture.instance')}</Th>
            <Th>{say('compute.picture.networks')}</Th>
            <Th>{say('compute.picture.policies')}</Th>
            <Th>{say('compute.picture.forwards')}</Th>
          </Tr>
        </Thead>
        <Tbody>
          {instances.map(({ id, name, kind }) => (
            <Tr key={id}>
              <Td dataLabel={say('compute.picture.instance')}>
                <Link to={pathTo(project, { kind, name })}>{name}</Link>
              </Td>
              <Td dataLabel={say('compute.picture.networks')}>{links(id, 'network')}</Td>
              <Td dataLabel={say('compute.picture.policies')}>{links(id, 'policy')}</Td>
              <Td dataLabel={say('compute.picture.forwards')}>{links(id, 'forward')}</Td>
            </Tr>
          ))}
        </Tbody>
      </Table>
      {alone.length > 0 && (
        <Content component="p">
          {say('compute.picture.alone')}{' '}
          {alone.map(({ id, name, kind }, at) => (
            <span key={id}>
              {at > 0 && ', '}
              <Link to={pathTo(project, { kind, name })}>{name}</Link>
            </span>
          ))}
        </Content>
      )}
    </>
  );
}
