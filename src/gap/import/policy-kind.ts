/** ImportPolicy: what the region does not let in, beside what is not signed. There is one, `region`; without it everything that is signed passes. */
import { invalid } from '#kernel/errors.ts';
import { defineKind } from '#kernel/kind.ts';
import type { RealmView } from '#kernel/realm.ts';
import { POLICY, type Policy } from '../advisories/policy.ts';
import { GAP_GROUP } from './trust-kind.ts';

export const POLICY_KEY = { name: 'region' };

export const ImportPolicy = defineKind({
  group: GAP_GROUP,
  version: 'v1',
  kind: 'ImportPolicy',
  plural: 'importpolicies',
  scope: 'Realm',
  realms: ['region'],
  description:
    'Severities, licences and sources that bundles are refused for. Changing or deleting it takes the approval of somebody else. There is one, called region.',
  spec: POLICY,
  guarded: [
    {
      transition: 'change',
      approvals: 1,
      matches: (operation, object, previous) =>
        operation === 'update' && JSON.stringify(object.spec) !== JSON.stringify(previous?.spec),
    },
    { transition: 'delete', approvals: 1 },
  ],
  admit({ operation, object }) {
    if (operation !== 'create' || object.metadata.name === POLICY_KEY.name) return;
    throw invalid({ group: GAP_GROUP, kind: 'ImportPolicy', name: object.metadata.name }, [
      {
        reason: 'FieldValueInvalid',
        field: 'metadata.name',
        message: `there is one, called ${POLICY_KEY.name}`,
      },
    ]);
  },
});

export const policyIn = (view: RealmView): Policy => view.get(ImportPolicy, POLICY_KEY)?.spec ?? {};
