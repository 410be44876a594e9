import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { ApiObject } from '../../api/live-list.ts';
import { COLUMN_NODES_MAX, draw, topologyOf } from './topology.ts';

const object = (name: string, rest: object): ApiObject => ({
  apiVersion: '',
  kind: '',
  metadata: { name, uid: name, resourceVersion: '1', creationTimestamp: '' },
  ...rest,
});
const ready = { conditions: [{ type: 'Ready', status: 'True' }] };
const nothing = { networks: [], instances: [], policies: [], forwards: [] };

suite('the picture of a project', () => {
  test('joins instances to networks, policies to what they select, forwards to where they lead', () => {
    const web = object('web', {
      status: { phase: 'Running', addresses: [{ network: 'lan', address: '10.64.0.2', mac: '' }], ...ready },
    });
    const labelled = { ...web, metadata: { ...web.metadata, labels: { app: 'web' } } };
    const { nodes, edges } = topologyOf({
      networks: [object('lan', { status: { cidr: '10.64.0.0/24', ...ready } })],
      instances: [labelled, object('other', {})],
      policies: [
        object('open', {
          spec: { instances: { matchLabels: { app: 'web' } }, ingress: [{ action: 'Allow' }] },
        }),
      ],
      forwards: [
        object('ssh', {
          spec: { protocol: 'tcp', listen: { port: 20_022 }, target: { instance: 'web', port: 22 } },
          status: { address: '192.0.2.1' },
        }),
        object('nowhere', {
          spec: { protocol: 'tcp', listen: { port: 20_023 }, target: { instance: 'gone', port: 22 } },
        }),
      ],
    });
    assert.deepEqual(
      edges.map(({ from, to, label }) => [from, to, label]),
      [
        ['instance/web', 'network/lan', '10.64.0.2'],
        ['policy/open', 'instance/web', ''],
        ['forward/ssh', 'instance/web', '22'],
      ],
    );
    assert.deepEqual(
      nodes.map(({ id, detail, isReady }) => [id, detail, isReady]),
      [
        ['network/lan', '10.64.0.0/24', true],
        ['instance/web', 'Running', true],
        ['instance/other', 'Pending', false],
        ['policy/open', '1', false],
        ['forward/ssh', 'tcp 192.0.2.1:20022', false],
        ['forward/nowhere', 'tcp :20023', false],
      ],
    );
  });

  test('nodes never lie on each other, whatever their number, and what finds no room is counted', () => {
    const instances = Array.from({ length: COLUMN_NODES_MAX + 3 }, (_, at) => object(`i${at}`, {}));
    const picture = draw(topologyOf({ ...nothing, instances, networks: [object('lan', {})] }));
    assert.equal(picture.left, 3);
    assert.equal(new Set(picture.nodes.map(({ x, y }) => `${x} ${y}`)).size, picture.nodes.length);
    for (const { x, y } of picture.nodes)
      assert.ok(x >= 0 && y >= 0 && x < picture.width && y < picture.height);
    assert.deepEqual(draw(topologyOf(nothing)).nodes, []);
  });
});
