/**
 * ImportPolicy: what the region does not let in, beside what is not signed. There is one, `region`; without it everything that is signed passes, with a remark on what has
 * expired.
 */
import { type Static, Type } from 'typebox';
import { invalid } from '#kernel/errors.ts';
import { defineKind } from '#kernel/kind.ts';
import type { RealmView } from '#kernel/realm.ts';
import { POLICY, type Policy } from '../advisories/policy.ts';
import { AGE_POLICY, type ImportAge } from './age.ts';
import { GAP_GROUP } from './trust-kind.ts';

export const POLICY_KEY = { name: 'region' };

const SPEC = Type.Object(
  { ...POLICY.properties, age: Type.Optional(AGE_POLICY) },
  { additionalProperties: false },
);

export const ImportPolicy = defineKind({
  group: GAP_GROUP,
  version: 'v1',
  kind: 'ImportPolicy',
  plural: 'importpolicies',
  scope: 'Realm',
  realms: ['region'],
  description:
    'Severities, licences, sources and ages that bundles are refused for. Changing or deleting it takes the approval of somebody else. There is one, called region.',
  spec: SPEC,
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

/** What packages are held against. */
export function policyIn(view: RealmView): Policy {
  const { age: _, ...policy }: Static<typeof SPEC> = view.get(ImportPolicy, POLICY_KEY)?.spec ?? {};
  return policy;
}

/** What becomes of what is old: by default it is let before people, with a remark. */
export const ageIn = (view: RealmView): ImportAge =>
  view.get(ImportPolicy, POLICY_KEY)?.spec.age ?? { expired: 'remark' };
