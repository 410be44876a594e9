// When others may be asked about an import: while what they agree to stands in its status, and not before or after.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { rfc3339 } from '#kernel/clock.ts';
import { REGION } from '#kernel/realm-id.ts';
import { openTestRealms } from '#kernel/store/test-realms.ts';
import { ApprovalRequest } from '#trust/approvals/approval-request.ts';
import { askLate } from './ask-late.ts';
import { BundleImport } from './import-kind.ts';
import { BundleTrust } from './trust-kind.ts';

test('publishing is asked for while a bundle waits for it, retiring while it is published', async (t) => {
  const world = await openTestRealms({
    kinds: [ApprovalRequest, BundleImport, BundleTrust],
    admissions: [askLate],
  });
  t.after(() => world.close());
  const me = world.context(REGION);
  await world.realms.use(REGION, async ({ resources }) => {
    const town = { metadata: { name: 'town' }, spec: { source: 'town' } };
    const { object } = await resources.create(BundleImport, undefined, town, me);
    const ask = (transition: string) =>
      resources.create(
        ApprovalRequest,
        undefined,
        {
          metadata: { generateName: 'ask-' },
          spec: {
            target: { resource: BundleImport.resource, name: 'town', uid: object.metadata.uid },
            transition,
            reasonCode: 'other',
            reason: 'as planned',
            expiresAt: rfc3339(world.clock.now() + 3_600_000),
          },
        },
        me,
      );
    for (const [phase, taken, late] of [
      ['AwaitingApproval', 'publish', 'retire'],
      ['Published', 'retire', 'publish'],
    ] as const) {
      await resources.updateStatus(
        BundleImport,
        { name: 'town' },
        { metadata: {}, status: { phase, requestedBy: 'ann' } },
        me,
      );
      await ask(taken);
      await assert.rejects(ask(late), new RegExp(`is ${phase}: ask once it is `));
    }
  });
});
