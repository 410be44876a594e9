/**
 * A Guardrail as a Cedar policy: one `forbid`, with the conditions as its `when`s. What is not known counts against whoever asks: an
 * address nobody knows is in no network, a sign-in nobody described has no strength.
 */
import { actorName, type Subject } from '../grants.ts';
import { DAYS, Guardrail, type GuardrailSpec, type GuardrailVerb } from '../guardrail.ts';
import { parseRuleResource } from '../role.ts';
import { resourceTerm } from '../roles.ts';
import { OBJECT, resourceTrait, SELF, SUBRESOURCE, subresourceTrait, verbTrait } from '../traits.ts';
import { actionIn, quoted } from './text.ts';
import { TYPES } from './types.ts';

const MINUTES_OF_DAY = 24 * 60;
export const MINUTES_OF_WEEK = 7 * MINUTES_OF_DAY;

const VERBS: Readonly<Record<Exclude<GuardrailVerb, 'use'>, readonly string[]>> = {
  read: ['get', 'list', 'watch'].map((verb) => `verb ${verb}`),
  create: [verbTrait('create')],
  // Who may not do one of these must not do the other either: they come to the same.
  update: [verbTrait('update'), verbTrait('patch')],
  delete: [verbTrait('delete'), verbTrait('deletecollection')],
};

const any = (parts: readonly string[]) => (parts.length === 1 ? `${parts[0]}` : `(${parts.join(' || ')})`);

/** What it is about, as a condition on the action. */
function actionText({ verbs, resources }: GuardrailSpec): string {
  const onObjects = (verbs ?? ['read', 'create', 'update', 'delete']).flatMap((verb) =>
    verb === 'use' ? [] : VERBS[verb],
  );
  const uses = verbs === undefined || verbs.includes('use');
  const parts = resources.flatMap((text) => {
    const { resource, subresource } = parseRuleResource(text);
    const about = resource === '*' ? [] : [actionIn([resourceTerm(resource)])];
    const object = [...about, actionIn([OBJECT]), actionIn(onObjects)].join(' && ');
    const part =
      subresource === undefined || subresource === '*' ? SUBRESOURCE : subresourceTrait(subresource);
    const use = [...about, actionIn([part])].join(' && ');
    return [
      ...(subresource === undefined && onObjects.length > 0 ? [`(${object})`] : []),
      ...(uses ? [`(${use})`] : []),
    ];
  });
  return parts.length === 0 ? 'false' : any(parts);
}

/** Who it is about: somebody, or somebody in a group. */
export function principalText(subjects: readonly Subject[]): string {
  return any(
    subjects.map((subject) => {
      return `principal in ${TYPES[subject.kind]}::${quoted(actorName(subject))}`;
    }),
  );
}

const inNetworks = (networks: readonly string[]) =>
  any(networks.map((network) => `context.address.isInRange(ip(${quoted(network)}))`));

const minutesOf = (time: string) => Number(time.slice(0, 2)) * 60 + Number(time.slice(3));

type Hours = NonNullable<NonNullable<GuardrailSpec['when']>['timeIn']>;

/** Whether it is such an hour now; the request brings the minute of the week in every zone that matters. */
function hoursText({ timeZone, windows }: Hours): string {
  const now = `context.moment.getTag(${quoted(timeZone)})`;
  const ranges = windows.flatMap(({ days, from, to }) =>
    days.flatMap((day) => {
      const midnight = DAYS.indexOf(day) * MINUTES_OF_DAY;
      const begin = midnight + minutesOf(from);
      const lasts = minutesOf(to) > minutesOf(from) ? 0 : MINUTES_OF_DAY;
      const end = midnight + minutesOf(to) + lasts;
      return end <= MINUTES_OF_WEEK
        ? [[begin, end]]
        : [
            [begin, MINUTES_OF_WEEK],
            [0, end - MINUTES_OF_WEEK],
          ];
    }),
  );
  const within = any(ranges.map(([begin, end]) => `(${now} >= ${begin} && ${now} < ${end})`));
  return `(context.moment.hasTag(${quoted(timeZone)}) && ${within})`;
}

const strengths = (list: readonly string[]) => `[${list.map(quoted).join(', ')}].contains(context.strength)`;

function conditionTexts({
  labels,
  addressIn,
  addressNotIn,
  strengthIn,
  strengthNotIn,
  timeIn,
  timeNotIn,
}: NonNullable<GuardrailSpec['when']>): string[] {
  const carried = Object.entries(labels ?? {}).map(
    ([key, value]) =>
      `(resource.hasTag(${quoted(key)}) && resource.getTag(${quoted(key)}) == ${quoted(value)})`,
  );
  return [
    ...(carried.length > 0 ? [`context.many || (${carried.join(' && ')})`] : []),
    ...(addressIn ? [`context has address && ${inNetworks(addressIn)}`] : []),
    ...(addressNotIn ? [`if context has address then !${inNetworks(addressNotIn)} else true`] : []),
    ...(strengthIn ? [`context has strength && ${strengths(strengthIn)}`] : []),
    ...(strengthNotIn ? [`if context has strength then !${strengths(strengthNotIn)} else true`] : []),
    ...(timeIn ? [hoursText(timeIn)] : []),
    ...(timeNotIn ? [`!${hoursText(timeNotIn)}`] : []),
  ];
}

/** Changing and deleting guardrails. */
const GUARDRAIL_CHANGES = `${actionIn([resourceTrait(Guardrail.resource)])} && ${actionIn([...VERBS.update, ...VERBS.delete])}`;

export const minuteOf = (time_ms: number) => Math.floor(time_ms / 60_000);

/** The policy. Questions about oneself and Casemate's own components it leaves alone. */
export function forbidPolicy(spec: GuardrailSpec): string {
  const { projects, subjects, except, breakGlass, when, notBefore, notAfter } = spec;
  const whens = [
    actionText(spec),
    // What is asked of all projects at once is asked of these too.
    ...(projects
      ? [
          any([
            'context.everywhere',
            ...projects.map((project) => `resource in ${TYPES.Project}::${quoted(project)}`),
          ]),
        ]
      : []),
    ...(subjects && subjects.length > 0 ? [principalText(subjects)] : []),
    ...(notBefore === undefined ? [] : [`context.minute >= ${minuteOf(Date.parse(notBefore))}`]),
    ...(notAfter === undefined ? [] : [`context.minute < ${minuteOf(Date.parse(notAfter))}`]),
    ...(when ? conditionTexts(when) : []),
  ];
  const unlesses = [
    `principal is ${TYPES.Controller} || ${actionIn([SELF])}`,
    ...(except && except.length > 0 ? [principalText(except)] : []),
    ...(breakGlass && breakGlass.length > 0 ? [`${GUARDRAIL_CHANGES} && ${principalText(breakGlass)}`] : []),
  ];
  return [
    'forbid(principal, action, resource)',
    ...whens.map((text) => `when { ${text} }`),
    ...unlesses.map((text) => `unless { ${text} }`),
  ]
    .join('\n')
    .concat(';');
}
