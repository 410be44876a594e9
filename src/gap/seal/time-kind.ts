/**
 * RegionTime: how the region's own clock is. There is one, `region`, made by the region itself; nobody changes it. Its condition OnTime is what to watch.
 */

import { Type } from 'typebox';
import { isInternal } from '#kernel/access.ts';
import { forbidden } from '#kernel/errors.ts';
import { defineKind, type ObjectOf } from '#kernel/kind.ts';
import { CONDITIONS, oneOf } from '#kernel/kind-parts.ts';
import type { Condition, KubeObject } from '#kernel/object.ts';
import { SEAL_GROUP } from './interconnection.ts';

export const TIME_NAME = 'region';
export const ON_TIME = 'OnTime';
export const SOURCES_SHOWN_MAX = 16;
export const SOURCE_STATES = [
  'Selected',
  'Combined',
  'NotCombined',
  'Unreachable',
  'False',
  'Unsteady',
] as const;

export const RegionTime = defineKind({
  group: SEAL_GROUP,
  version: 'v1',
  kind: 'RegionTime',
  plural: 'regiontimes',
  scope: 'Realm',
  realms: ['region'],
  description:
    'How the region’s own clock is: where its time comes from, and how far this machine’s clock is away from that. The region makes the only one.',
  spec: Type.Object({}),
  status: Type.Object({
    conditions: CONDITIONS,
    offset_ms: Type.Optional(
      Type.Number({
        description:
          'Milliseconds that this machine’s clock was away from the sources when this was written: at each change of OnTime, and hourly.',
      }),
    ),
    stratum: Type.Optional(
      Type.Integer({ description: 'Steps from a reference clock; 10: this machine’s own clock.' }),
    ),
    sources: Type.Optional(
      Type.Array(
        Type.Object({
          name: Type.String({ description: 'Its address, or the name of a clock on this machine.' }),
          state: oneOf(SOURCE_STATES, {
            description:
              'Selected, Combined: time comes from it. NotCombined: sound, and not needed. Unreachable: it does not answer. False: it contradicts most others. Unsteady: it varies too much.',
          }),
        }),
        { maxItems: SOURCES_SHOWN_MAX, description: 'Where time comes from, as it is judged.' },
      ),
    ),
  }),
  columns: [
    {
      name: 'On time',
      type: 'string',
      description: 'True, or why not.',
      value: (object) => {
        const found = timeCondition(object);
        return found?.status === 'True' ? 'True' : found?.reason;
      },
    },
    { name: 'Offset', type: 'string', description: 'In milliseconds.', value: 'status.offset_ms' },
    { name: 'Stratum', type: 'integer', description: 'Steps from a reference.', value: 'status.stratum' },
  ],
  admit({ object, actor }) {
    if (isInternal(actor)) return;
    throw forbidden(
      { group: SEAL_GROUP, kind: 'RegionTime', name: object.metadata.name },
      'the region makes the only RegionTime there is, and keeps it',
    );
  },
});

export type RegionTimeObject = ObjectOf<typeof RegionTime>;

export const timeCondition = (object: KubeObject): Condition | undefined =>
  (object.status as { conditions?: readonly Condition[] } | undefined)?.conditions?.find(
    ({ type }) => type === ON_TIME,
  );
