/**
 * What a guardrail could reach, whatever the conditions of the moment: for rules that must hold at all times. Pure. What it forbids just now
 * is Cedar's to say.
 */

import { isSubject, type Principal, type Subject } from './grants.ts';
import type { GuardrailSpec, GuardrailVerb, NamedGuardrail } from './guardrail.ts';
import { Guardrail } from './guardrail.ts';
import { parseRuleResource } from './role.ts';

/** Whether it is about that verb on objects of that resource. */
export function isAbout({ verbs, resources }: GuardrailSpec, verb: GuardrailVerb, resource: string): boolean {
  if (verbs !== undefined && !verbs.includes(verb)) return false;
  const group = resource.slice(resource.indexOf('.') + 1 || resource.length);
  return resources.some((text) => {
    const { resource: named, subresource } = parseRuleResource(text);
    if (subresource !== undefined && verb !== 'use') return false;
    return named === '*' || named === resource || named === `*.${group}`;
  });
}

const names = (subjects: readonly Subject[] | undefined, principal: Principal) =>
  subjects?.some((subject) => isSubject(subject, principal)) === true;

/** Whether somebody is among those whom it can bind. */
export function binds({ subjects, except }: GuardrailSpec, principal: Principal): boolean {
  const everybody = subjects === undefined || subjects.length === 0;
  return (everybody || names(subjects, principal)) && !names(except, principal);
}

/** Whether it could, at its worst, keep somebody from changing guardrails or from deleting them. */
export function locksOut(spec: GuardrailSpec, principal: Principal): boolean {
  const about = isAbout(spec, 'update', Guardrail.resource) || isAbout(spec, 'delete', Guardrail.resource);
  // Guardrails belong to no project.
  return about && spec.projects === undefined && binds(spec, principal) && !names(spec.breakGlass, principal);
}

export const isLockedOut = (guardrails: readonly NamedGuardrail[], principal: Principal) =>
  guardrails.some(({ spec }) => locksOut(spec, principal));

export function carries(
  labels: Readonly<Record<string, string>> | undefined,
  wanted: Readonly<Record<string, string>>,
): boolean {
  return Object.entries(wanted).every(
    ([key, value]) => labels !== undefined && Object.hasOwn(labels, key) && labels[key] === value,
  );
}
