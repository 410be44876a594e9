/**
 * ExportPolicy: what may leave a realm, to whom. There is one, `exports`; without it nothing leaves. An organization's is its own: the region's says nothing about tenants' data.
 * Changing it takes somebody else's consent.
 */
import { type Static, Type } from 'typebox';
import { invalid, type StatusCause } from '#kernel/errors.ts';
import { type AdmissionRequest, defineKind, type ObjectOf } from '#kernel/kind.ts';
import { oneOf } from '#kernel/kind-parts.ts';
import type { RealmView } from '#kernel/realm.ts';
import { GAP_GROUP } from '../import/trust-kind.ts';
import { recipientProblem } from './age/keys.ts';
import { TYPE_NAMES, TYPES } from './check/content-type.ts';
import { ACTIONS, type Action, RULE_NAMES, RULES, type RuleName } from './check/finding.ts';
import { EXPORT_BYTES_MAX, FILES_MAX, MIB } from './limits.ts';

export const EXPORT_POLICY_KEY = { name: 'exports' };
const LABELS_MAX = 16;
const MARKINGS_MAX = 16;
const RECIPIENTS_MAX = 64;
const NAME = { minLength: 1, maxLength: 63, pattern: '^[a-z0-9]([a-z0-9-]*[a-z0-9])?$' };

const LABEL = Type.Object({
  name: Type.String({ ...NAME, description: 'As requests name it.' }),
  markings: Type.Optional(
    Type.Array(Type.String({ minLength: 3, maxLength: 100 }), {
      maxItems: MARKINGS_MAX,
      description:
        'Words that documents of this label bear. What bears one of a label above `mayLeave` is blocked.',
    }),
  ),
});

const RULE = Type.Object({
  rule: oneOf(RULE_NAMES, { description: 'Which rule.' }),
  action: oneOf(ACTIONS, {
    description: 'block: nothing of the request leaves. warn: reviewers are told. off: it is not looked for.',
  }),
  atLeast: Type.Integer({
    minimum: 1,
    maximum: 1_000_000,
    default: 1,
    description: 'How many findings block; fewer are told to the reviewers.',
  }),
});

const RECIPIENT = Type.Object({
  name: Type.String({ ...NAME, description: 'As requests name them.' }),
  key: Type.String({
    minLength: 1,
    maxLength: 100,
    description:
      'Their public key, age1…, as age-keygen prints it. Compare it with them by a way that you trust.',
  }),
  mayReceive: Type.Optional(
    Type.String({ ...NAME, description: 'The highest label for them. Default: `mayLeave`.' }),
  ),
});

const SPEC = Type.Object({
  labels: Type.Array(LABEL, {
    minItems: 1,
    maxItems: LABELS_MAX,
    default: [{ name: 'public' }, { name: 'internal' }, { name: 'restricted' }],
    description: 'Classification, from the lowest to the highest.',
  }),
  mayLeave: Type.String({ ...NAME, default: 'public', description: 'The highest label that may leave.' }),
  types: Type.Array(oneOf(TYPE_NAMES, { description: 'A type.' }), {
    maxItems: TYPE_NAMES.length,
    uniqueItems: true,
    default: ['text'],
    description: `Types of content that may leave, by what it is and not by its name. ${Object.entries(TYPES)
      .map(([name, { what }]) => `${name}: ${what}`)
      .join('; ')}.`,
  }),
  bytes: Type.Integer({
    minimum: 1,
    maximum: EXPORT_BYTES_MAX,
    default: 64 * MIB,
    description: 'The most that one request lets out, in bytes.',
  }),
  files: Type.Integer({
    minimum: 1,
    maximum: FILES_MAX,
    default: 100,
    description: 'The most files of one request.',
  }),
  rules: Type.Optional(
    Type.Array(RULE, {
      maxItems: RULE_NAMES.length,
      description: `What becomes of findings, where it is not the default. ${Object.entries(RULES)
        .map(([name, { what, action }]) => `${name} (${action}): ${what}`)
        .join('; ')}.`,
    }),
  ),
  recipients: Type.Array(RECIPIENT, {
    maxItems: RECIPIENTS_MAX,
    default: [],
    description: 'Who may be given something.',
  }),
  reviewHours: Type.Integer({
    minimum: 1,
    maximum: 720,
    default: 168,
    description: 'How long reviewers have. Then the content is deleted.',
  }),
  keepDays: Type.Integer({
    minimum: 1,
    maximum: 90,
    default: 7,
    description: 'How long a released package is there to be fetched.',
  }),
});

export type ExportRules = Static<typeof SPEC>;
export type ExportRecipient = Static<typeof RECIPIENT>;

export const ExportPolicy = defineKind({
  group: GAP_GROUP,
  version: 'v1',
  kind: 'ExportPolicy',
  plural: 'exportpolicies',
  scope: 'Realm',
  realms: ['region', 'organization'],
  description:
    'What may leave, and to whom: labels, types, sizes, rules, recipients. There is one, called exports; without it nothing leaves. Changing or deleting it takes the approval of somebody else.',
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
  columns: [
    { name: 'May Leave', type: 'string', description: 'The highest label.', value: 'spec.mayLeave' },
    {
      name: 'Recipients',
      type: 'integer',
      description: 'How many there are.',
      value: ({ spec }) => (spec as ExportRules).recipients.length,
    },
  ],
  admit: (request) => admit(request),
});

export type ExportPolicyObject = ObjectOf<typeof ExportPolicy>;

function admit({ operation, object }: AdmissionRequest): void {
  if (operation === 'delete') return;
  const { name } = object.metadata;
  const causes: StatusCause[] = [];
  const wrong = (field: string, message: string) =>
    causes.push({ reason: 'FieldValueInvalid', field, message });
  if (name !== EXPORT_POLICY_KEY.name)
    wrong('metadata.name', `there is one, called ${EXPORT_POLICY_KEY.name}`);
  const { labels, mayLeave, rules = [], recipients } = object.spec as ExportRules;
  const names = labels.map((label) => label.name);
  const known = `must be one of the labels: ${names.join(', ')}`;
  if (new Set(names).size < names.length) wrong('spec.labels', 'each label has a name of its own');
  if (!names.includes(mayLeave)) wrong('spec.mayLeave', known);
  for (const [at, { rule, action }] of rules.entries()) {
    if ('always' in RULES[rule] && action === 'off')
      wrong(`spec.rules[${at}].action`, `${rule} is never off: the other rules could be walked around`);
    if (rules.findIndex((one) => one.rule === rule) !== at)
      wrong(`spec.rules[${at}].rule`, 'stands there twice');
  }
  for (const [at, { name: recipient, key, mayReceive }] of recipients.entries()) {
    const problem = recipientProblem(key);
    if (problem !== undefined) wrong(`spec.recipients[${at}].key`, problem);
    if (recipients.findIndex((one) => one.name === recipient) !== at)
      wrong(`spec.recipients[${at}].name`, 'stands there twice');
    if (mayReceive !== undefined && !names.includes(mayReceive))
      wrong(`spec.recipients[${at}].mayReceive`, known);
  }
  if (causes.length > 0) throw invalid({ group: GAP_GROUP, kind: 'ExportPolicy', name }, causes);
}

export const exportPolicyIn = (view: RealmView): ExportRules | undefined =>
  view.get(ExportPolicy, EXPORT_POLICY_KEY)?.spec;

/** What a finding of a rule leads to, and from how many on. */
export function actionFor(
  policy: ExportRules,
  rule: RuleName,
): { readonly action: Action; readonly atLeast: number } {
  const own = policy.rules?.find((one) => one.rule === rule);
  return own ?? { action: RULES[rule].action, atLeast: 1 };
}

/** What is asked for, as far as a policy has a word in it. */
export interface Wanted {
  readonly label: string;
  readonly recipient: string;
  readonly files: readonly { readonly size: number }[];
}

/** What a policy says against a request before its content is looked at, by field. Pure. */
export function refusedBy(policy: ExportRules, { label, recipient, files }: Wanted): StatusCause[] {
  const causes: StatusCause[] = [];
  const wrong = (field: string, message: string) =>
    causes.push({ reason: 'FieldValueInvalid', field, message });
  const names = policy.labels.map(({ name }) => name);
  const level = names.indexOf(label);
  const to = policy.recipients.find(({ name }) => name === recipient);
  if (level < 0) wrong('spec.label', `must be one of ${names.join(', ')}`);
  else if (level > names.indexOf(policy.mayLeave)) {
    wrong('spec.label', `${label} does not leave: ${policy.mayLeave} is the highest label that may`);
  } else if (to?.mayReceive !== undefined && level > names.indexOf(to.mayReceive)) {
    wrong('spec.label', `${label} is not for ${recipient}, whose highest label is ${to.mayReceive}`);
  }
  if (to === undefined) {
    const all = policy.recipients.map(({ name }) => name).join(', ');
    wrong(
      'spec.recipient',
      `must be one that the ExportPolicy knows${all === '' ? ', which knows none' : `: ${all}`}`,
    );
  }
  const bytes = files.reduce((total, { size }) => total + size, 0);
  if (bytes > policy.bytes) wrong('spec.files', `they have ${bytes} bytes; the most is ${policy.bytes}`);
  if (files.length > policy.files)
    wrong('spec.files', `there are ${files.length}; the most is ${policy.files}`);
  return causes;
}

/** Markings of the labels that must not leave, by label. */
export function markingsAbove(policy: ExportRules): ReadonlyMap<string, readonly string[]> {
  const highest = policy.labels.findIndex(({ name }) => name === policy.mayLeave);
  return new Map(policy.labels.slice(highest + 1).map(({ name, markings = [] }) => [name, markings]));
}
