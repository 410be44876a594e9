/**
 * Seal: how the region's air gap is held, now. There is one, `region`, made by the region itself. A person can do one thing to it: ask for a probe.
 */

import { Type } from 'typebox';
import { isInternal } from '#kernel/access.ts';
import { forbidden } from '#kernel/errors.ts';
import { type AdmissionRequest, defineKind, type ObjectOf } from '#kernel/kind.ts';
import { CONDITIONS } from '#kernel/kind-parts.ts';
import type { Condition, KubeObject } from '#kernel/object.ts';
import { SEAL_GROUP } from './interconnection.ts';

export const SEAL_NAME = 'region';
export const SEALED = 'Sealed';

export const Seal = defineKind({
  group: SEAL_GROUP,
  version: 'v1',
  kind: 'Seal',
  plural: 'seals',
  scope: 'Realm',
  realms: ['region'],
  description:
    'How the region’s air gap is held: its condition Sealed says whether nothing undeclared leaves, and if not, why. The region makes the only one.',
  spec: Type.Object({
    probe: Type.Optional(
      Type.String({ maxLength: 64, description: 'Any new word here asks for a probe, and a report, now.' }),
    ),
  }),
  status: Type.Object({
    conditions: CONDITIONS,
    probed: Type.Optional(Type.String({ description: 'The word of spec.probe that was last answered.' })),
    report: Type.Optional(Type.String({ description: 'The SealReport that was made last.' })),
    enforced: Type.Optional(
      Type.Boolean({
        description: 'Whether what is undeclared is dropped, or only counted (region.yaml: seal).',
      }),
    ),
    processes: Type.Optional(
      Type.Array(Type.String(), { maxItems: 64, description: 'The region’s processes that are held.' }),
    ),
    flows: Type.Optional(Type.Integer({ description: 'Flows that may leave now.' })),
  }),
  columns: [
    {
      name: 'Sealed',
      type: 'string',
      description: 'True, or why not.',
      value: (object) => {
        const sealed = sealedCondition(object);
        return sealed?.status === 'True' ? 'True' : sealed?.reason;
      },
    },
    { name: 'Flows', type: 'integer', description: 'Flows that may leave now.', value: 'status.flows' },
    { name: 'Report', type: 'string', description: 'The last report.', value: 'status.report' },
  ],
  admit({ operation, object, actor }: AdmissionRequest) {
    if (operation === 'update' || isInternal(actor)) return;
    throw forbidden(
      { group: SEAL_GROUP, kind: 'Seal', name: object.metadata.name },
      'the region makes the only Seal there is, and keeps it',
    );
  },
});

export type SealObject = ObjectOf<typeof Seal>;

export const sealedCondition = (object: KubeObject): Condition | undefined =>
  (object.status as { conditions?: readonly Condition[] } | undefined)?.conditions?.find(
    ({ type }) => type === SEALED,
  );
