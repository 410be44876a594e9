/**
 * Guardrail: what a realm forbids whatever roles somebody holds, under conditions. It forbids, it never allows. Compiled to Cedar `forbid`s
 * (`cedar/guardrail-text.ts`), asked with every request, and again in the lane with what is about to be written.
 */
import { type Static, Type } from 'typebox';
import { defineKind, type ObjectOf } from '#kernel/kind.ts';
import { oneOf } from '#kernel/kind-parts.ts';
import type { KubeObject } from '#kernel/object.ts';
import type { Entry, RealmView } from '#kernel/realm.ts';
import { ACCESS_GROUP } from './api-group.ts';
import { SUBJECT, SUBJECTS_MAX } from './role-binding.ts';

const RESOURCES_MAX = 64;
const PROJECTS_MAX = 256;
const LABELS_MAX = 16;
const NETWORKS_MAX = 64;
const WINDOWS_MAX = 32;

export const GUARDRAIL_VERBS = ['read', 'create', 'update', 'delete', 'use'] as const;
export type GuardrailVerb = (typeof GUARDRAIL_VERBS)[number];
export const DAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'] as const;
const STRENGTHS = ['certificate', 'password+totp', 'passkey', 'federated', 'token'] as const;

const subjects = (description: string) =>
  Type.Optional(Type.Array(SUBJECT, { maxItems: SUBJECTS_MAX, description }));

const networks = (description: string) =>
  Type.Optional(
    Type.Array(Type.String({ minLength: 3, maxLength: 49 }), {
      minItems: 1,
      maxItems: NETWORKS_MAX,
      description,
    }),
  );

const time = Type.String({ pattern: '^([01][0-9]|2[0-3]):[0-5][0-9]$', description: '08:30' });

const WINDOWS = Type.Object(
  {
    timeZone: Type.String({
      default: 'UTC',
      maxLength: 64,
      description: 'The zone that the hours are in, Europe/Luxembourg.',
    }),
    windows: Type.Array(
      Type.Object({
        days: Type.Array(oneOf(DAYS), { minItems: 1, maxItems: 7, description: 'On which days it begins.' }),
        from: time,
        to: Type.String({
          pattern: '^([01][0-9]|2[0-3]):[0-5][0-9]$',
          description: 'When it ends; no later than `from`: on the day after.',
        }),
      }),
      { minItems: 1, maxItems: WINDOWS_MAX },
    ),
  },
  { description: 'Hours of the week.' },
);

const SPEC = Type.Object({
  message: Type.String({
    minLength: 1,
    maxLength: 500,
    description: 'What whoever is refused is told: why, and what they can do.',
  }),
  verbs: Type.Optional(
    Type.Array(oneOf(GUARDRAIL_VERBS), {
      minItems: 1,
      maxItems: GUARDRAIL_VERBS.length,
      description:
        'read: get, list and watch. create. update: in every way. delete: one or many. use: subresources such as terminals, logs and actions. Absent: all of these.',
    }),
  ),
  resources: Type.Array(Type.String({ minLength: 1, maxLength: 253 }), {
    minItems: 1,
    maxItems: RESOURCES_MAX,
    description:
      'To what: instances.compute.casemate.internal; instances.compute.casemate.internal/exec for one subresource; *.compute.casemate.internal for all of a group; * for everything.',
  }),
  projects: Type.Optional(
    Type.Array(Type.String({ minLength: 1, maxLength: 63 }), {
      minItems: 1,
      maxItems: PROJECTS_MAX,
      description: 'In which projects; absent: everywhere.',
    }),
  ),
  subjects: subjects('To whom; absent: everybody.'),
  except: subjects('To whom not.'),
  breakGlass: subjects('Who may change and delete guardrails in spite of this one.'),
  when: Type.Optional(
    Type.Object(
      {
        labels: Type.Optional(
          Type.Record(Type.String({ maxLength: 317 }), Type.String({ maxLength: 63 }), {
            maxProperties: LABELS_MAX,
            description:
              'The object carries all of these. What is asked of many objects at once (list, watch, deletecollection) counts as if one of them did.',
          }),
        ),
        addressIn: networks('The client’s address is in one of these networks, 10.0.0.0/8.'),
        addressNotIn: networks('The client’s address is in none of these networks, or not known.'),
        strengthIn: Type.Optional(Type.Array(oneOf(STRENGTHS), { minItems: 1, maxItems: STRENGTHS.length })),
        strengthNotIn: Type.Optional(
          Type.Array(oneOf(STRENGTHS), {
            minItems: 1,
            maxItems: STRENGTHS.length,
            description: 'They proved who they are by none of these, or nobody knows how.',
          }),
        ),
        timeIn: Type.Optional(WINDOWS),
        timeNotIn: Type.Optional(WINDOWS),
      },
      { description: 'Only where all of these hold; absent: always.' },
    ),
  ),
  notBefore: Type.Optional(
    Type.String({
      maxLength: 30,
      description: 'From when on, RFC 3339; absent: at once. Counts to the minute.',
    }),
  ),
  notAfter: Type.Optional(
    Type.String({ maxLength: 30, description: 'Until when, RFC 3339; absent: until it is deleted.' }),
  ),
});

export type GuardrailSpec = Static<typeof SPEC>;

const specOf = (object: KubeObject) => object.spec as GuardrailSpec;

export const Guardrail = defineKind({
  group: ACCESS_GROUP,
  version: 'v1',
  kind: 'Guardrail',
  plural: 'guardrails',
  scope: 'Realm',
  realms: ['region', 'organization'],
  description:
    'Forbids something whatever roles somebody holds: by label, network of origin, strength of sign-in, or time. It never allows anything. Effective at once; so is deleting it.',
  spec: SPEC,
  columns: [
    {
      name: 'Verbs',
      type: 'string',
      description: 'What it forbids.',
      value: (object) => specOf(object).verbs?.join(',') ?? '*',
    },
    {
      name: 'Resources',
      type: 'string',
      description: 'To what.',
      value: (object) => specOf(object).resources.join(','),
    },
    {
      name: 'When',
      type: 'string',
      description: 'Under which conditions.',
      value: (object) => Object.keys(specOf(object).when ?? {}).join(','),
    },
    {
      name: 'Message',
      type: 'string',
      description: 'What whoever is refused is told.',
      value: 'spec.message',
    },
  ],
});

export type GuardrailObject = ObjectOf<typeof Guardrail>;

export interface NamedGuardrail {
  readonly name: string;
  readonly spec: GuardrailSpec;
}

const parsed = new WeakMap<Entry, NamedGuardrail>();

/** The guardrails in a view. One that is being deleted still counts: it goes when it is gone. */
export function guardrailsIn(view: RealmView): readonly NamedGuardrail[] {
  return Array.from(view.entries(Guardrail), (entry) => {
    let known = parsed.get(entry);
    if (known === undefined) {
      known = { name: entry.name, spec: specOf(entry.object()) };
      parsed.set(entry, known);
    }
    return known;
  });
}
