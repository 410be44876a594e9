import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { Type } from 'typebox';
import { defineKind } from '../kind.ts';
import { addQuantities, formatQuantity, type Quantity, quantitySchema, ZERO } from '../quantity.ts';
import type { RealmView } from '../realm.ts';
import type { RealmId } from '../realm-id.ts';
import { openTestRealms } from './test-realms.ts';
import { usageOf } from './usage.ts';

const ACME: RealmId = '/orgs/acme';

const Box = defineKind({
  group: 'test.casemate.internal',
  version: 'v1',
  kind: 'Box',
  plural: 'boxes',
  scope: 'Project',
  realms: ['organization'],
  description: 'Counts for its size.',
  spec: Type.Object({ size: quantitySchema('How large.') }),
  usage: (object) => ({ boxes: 1, size: (object.spec as { readonly size: string }).size }),
});

function recount(view: RealmView, namespace: string): Map<string, Quantity> {
  const sum = new Map<string, Quantity>();
  for (const entry of view.entries(Box, namespace)) {
    for (const [name, quantity] of usageOf(Box, entry.object())) {
      sum.set(name, addQuantities(sum.get(name) ?? ZERO, quantity));
    }
  }
  return sum;
}

const text = (usage: ReadonlyMap<string, Quantity>) =>
  Object.fromEntries(
    [...usage].filter(([, { nano }]) => nano !== 0n).map(([name, sum]) => [name, formatQuantity(sum)]),
  );

const operation = fc.record({
  type: fc.constantFrom('create', 'resize', 'delete'),
  namespace: fc.constantFrom('p', 'q'),
  name: fc.constantFrom('a', 'b', 'c', 'd'),
  size: fc.integer({ min: 0, max: 10_000 }).map((size) => `${size}m`),
});

describe('the usage of a namespace', () => {
  it('is what counting every object anew gives, after any changes, in the lane and out of it', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(operation, { maxLength: 40 }), async (operations) => {
        const test = await openTestRealms({
          kinds: [Box],
          create: [ACME],
          // In the lane, where a quota is checked: what is ahead in the same batch counts.
          admissions: [
            ({ view }) => {
              for (const namespace of ['p', 'q']) {
                assert.deepEqual(text(view.usage(namespace)), text(recount(view, namespace)));
              }
            },
          ],
        });
        await test.realms.use(ACME, async ({ resources, view }) => {
          const context = test.context(ACME);
          await Promise.allSettled(
            operations.map(({ type, namespace, name, size }) => {
              const key = { namespace, name };
              const spec = { size };
              if (type === 'create')
                return resources.create(Box, namespace, { metadata: { name }, spec }, context);
              if (type === 'delete') return resources.delete(Box, key, context);
              return resources.modify(Box, key, context, (current) => ({ ...current, spec }));
            }),
          ).then((outcomes) => {
            for (const outcome of outcomes) {
              if (outcome.status === 'rejected')
                assert.match(String(outcome.reason), /not found|already exists/);
            }
          });
          for (const namespace of ['p', 'q']) {
            assert.deepEqual(text(view.usage(namespace)), text(recount(view, namespace)));
          }
        });
        await test.close();
      }),
      { numRuns: 100, seed: 1 },
    );
  });
});
