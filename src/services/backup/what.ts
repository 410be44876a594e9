/** What plans select, and how. Another kind of things to back up is another word here and a source. */
import { type Static, Type } from 'typebox';
import { ATOMIC_MAP } from '#kernel/list-type.ts';
import type { KubeObject } from '#kernel/object.ts';

/** Plurals of the kinds that have sources. */
export const BACKED_UP = ['buckets', 'instances', 'volumes'] as const;
export type BackedUp = (typeof BACKED_UP)[number];

const LABELS_MAX = 32;
const NAMES_MAX = 100;

const selector = (plural: string) =>
  Type.Optional(
    Type.Object(
      {
        matchLabels: Type.Optional(
          Type.Record(Type.String(), Type.String({ maxLength: 63 }), {
            ...ATOMIC_MAP,
            maxProperties: LABELS_MAX,
            description: 'Those that have all these labels.',
          }),
        ),
        names: Type.Optional(
          Type.Array(Type.String({ minLength: 1, maxLength: 253 }), {
            maxItems: NAMES_MAX,
            description: 'Those of these names. With matchLabels: of these, those with the labels.',
          }),
        ),
      },
      { description: `Which ${plural} of the project. Empty: all of them. Left out: none.` },
    ),
  );

export const WHAT = Type.Object(
  { buckets: selector('buckets'), instances: selector('instances'), volumes: selector('volumes') },
  { description: 'What is backed up. What is made later and matches is backed up from then on.' },
);
export type What = Static<typeof WHAT>;
export type Selector = NonNullable<What[BackedUp]>;

export function isSelected(
  { matchLabels = {}, names }: Selector,
  { metadata }: Pick<KubeObject, 'metadata'>,
): boolean {
  if (names !== undefined && !names.includes(metadata.name)) return false;
  return Object.entries(matchLabels).every(([label, value]) => metadata.labels?.[label] === value);
}

export const isBackedUp = (plural: string): plural is BackedUp => BACKED_UP.some((one) => one === plural);
