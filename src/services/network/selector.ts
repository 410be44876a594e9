/**
 * Label selectors with the meaning Kubernetes gives them. Pure.
 */
import type { Selector } from './firewall-policy.ts';

export type Labels = Readonly<Record<string, string>>;

/** Whether the labels meet every term; an empty selector takes all. */
export function selects(selector: Selector, labels: Labels): boolean {
  const wanted = Object.entries(selector.matchLabels ?? {});
  return (
    wanted.every(([key, value]) => labels[key] === value) &&
    (selector.matchExpressions ?? []).every((term) => meets(term, labels))
  );
}

type Term = NonNullable<Selector['matchExpressions']>[number];

function meets({ key, operator, values = [] }: Term, labels: Labels): boolean {
  const value = labels[key];
  switch (operator) {
    case 'In':
      return value !== undefined && values.includes(value);
    case 'NotIn':
      // Also met by an instance that has no such label.
      return value === undefined || !values.includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
  }
}
