import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { type FilterModel, parseModel } from '#engines/nftables/model.ts';
import { judge } from '#engines/nftables/testing/judge.ts';
import { compileProject } from './compile.ts';
import { explain } from './explain.ts';
import { flowIn, REGION_ID, randomChoice, randomWorld } from './testing/random-world.ts';

describe('compiled policies', () => {
  it('decide every flow as the policies read', () => {
    let passed = 0;
    let judged = 0;
    fc.assert(
      fc.property(randomWorld, fc.array(randomChoice, { minLength: 20, maxLength: 20 }), (world, choices) => {
        const model: FilterModel = {
          format: 1,
          region: REGION_ID,
          outbound: world.outbound,
          zones: world.projects.map(compileProject),
        };
        parseModel(model, REGION_ID);
        for (const choice of choices) {
          const flow = flowIn(world, choice);
          if (flow.source === flow.destination) continue;
          const explanation = explain(world, flow);
          assert.equal(
            judge(model, flow),
            explanation.allowed ? 'pass' : 'drop',
            `${JSON.stringify(flow)}: ${explanation.reason}`,
          );
          judged++;
          if (explanation.allowed) passed++;
        }
      }),
      { numRuns: 500, seed: 20_261_121 },
    );
    // The property says nothing if the random flows are all refused.
    assert.ok(passed > judged / 20, `${passed} of ${judged} flows pass`);
  });

  it('share equal sets of addresses, and leave out rules about nobody', () => {
    const zone = compileProject({
      name: 'org/p',
      networks: [{ name: 'n', cidr: '10.64.0.0/24', gateway: '10.64.0.1', bridge: 'cm000000000001' }],
      instances: [
        {
          name: 'web',
          labels: { app: 'web' },
          attachments: [
            { network: 'n', address: '10.64.0.2', mac: '02:00:00:00:00:01', port: 'cv0000000000001' },
          ],
        },
      ],
      policies: [
        {
          name: 'a',
          spec: {
            instances: { matchLabels: { app: 'web' } },
            ingress: [
              { action: 'Allow', protocol: 'tcp', ports: [{ port: 80 }], from: [{ network: 'n' }] },
              { action: 'Deny', from: [{ instances: { matchLabels: { app: 'web' } } }] },
              { action: 'Deny', from: [{ instances: { matchLabels: { app: 'nobody' } } }] },
            ],
            egress: [{ action: 'Allow', to: [{ cidr: '192.0.2.0/24' }, { cidr: '192.0.2.0/24' }] }],
          },
        },
        { name: 'b', spec: { instances: { matchLabels: { app: 'nobody' } }, egress: [{ action: 'Deny' }] } },
      ],
      forwards: [],
    });
    assert.deepEqual(zone.sets, [['10.64.0.2/32'], ['10.64.0.0/24'], ['192.0.2.0/24']]);
    assert.deepEqual(zone.ingress, [
      { protocol: 'tcp', ports: [{ first: 80, last: 80 }], to: 0, toward: 'target', from: 1 },
    ]);
    assert.deepEqual(zone.deny, [{ protocol: 'any', ports: [], to: 0, toward: 'target', from: 0 }]);
    assert.deepEqual(zone.egress, [{ protocol: 'any', ports: [], from: 0, to: 2, toward: 'dialled' }]);
  });
});
