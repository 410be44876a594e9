/** Whether an object can be changed by who looks at it, and if not, why. */
import { useQuery } from '@tanstack/react-query';
import { ALLOWED, allowed, type Intent, whyRefused } from '../api/allowed.ts';
import type { Resource } from '../api/discovery.ts';
import type { ApiObject } from '../api/live-list.ts';
import { useTexts } from '../texts/texts.ts';

/** Undefined: it can. */
export function useWhyNotChange(resource: Resource, { metadata }: ApiObject): string | undefined {
  const { say } = useTexts();
  const intent: Intent = { verb: 'update', resource, project: metadata.namespace, name: metadata.name };
  const isKind = resource.verbs.includes('update');
  const { data: answer = ALLOWED } = useQuery({ ...allowed(intent), enabled: isKind });
  return isKind ? whyRefused(intent, answer, say) : say('forms.edit.never');
}
