/** Which resource a field chooses an object of. */
import { useQuery } from '@tanstack/react-query';
import { discovery, type Resource } from '../api/discovery.ts';
import type { FieldSchema } from './field-schema.ts';
import { referredKind } from './references.ts';

/** Undefined: the field names no other object, or nothing that can be listed. */
export function useReferredResource(name: string, { description }: FieldSchema): Resource | undefined {
  const { data: resources = [] } = useQuery(discovery);
  const listed = resources.filter(({ verbs }) => verbs.includes('list'));
  const kind = referredKind({ name, description }, new Set(listed.map((one) => one.kind)));
  return listed.find((one) => one.kind === kind);
}
