/** Whether who is signed in may do something: asked of the API, which decides by the same rules when they do it. */
import { queryOptions } from '@tanstack/react-query';
import { manyOf } from '../texts/kind-words.ts';
import type { Say } from '../texts/texts.ts';
import { askJson } from './client.ts';
import { type Resource, resourceName } from './discovery.ts';

export interface Intent {
  readonly verb: 'get' | 'list' | 'create' | 'update' | 'patch' | 'delete';
  readonly resource: Pick<Resource, 'group' | 'plural' | 'isNamespaced'>;
  readonly subresource?: string;
  readonly project?: string | undefined;
  readonly name?: string | undefined;
}

export interface Answer {
  readonly isAllowed: boolean;
  /** In the API's words: what it would take. */
  readonly reason: string;
}

/** Until the API has answered, nobody is refused anything. */
export const ALLOWED: Answer = { isAllowed: true, reason: '' };

/** As the API words it: which roles may (src/trust/access/authorizer.ts). */
const ROLES = /^it takes role (?<roles>[a-z -]+?)(?: there| in all projects)?;/;

/** Which right is missing, and who can give it. Undefined: none is. */
export function whyRefused(intent: Intent, answer: Answer, say: Say): string | undefined {
  if (answer.isAllowed) return undefined;
  const roles = ROLES.exec(answer.reason)?.groups?.roles;
  // A guardrail says it in the words of whoever set it up.
  if (roles === undefined) return answer.reason;
  const name = resourceName(intent.resource);
  return say('error.forbidden', {
    verb: intent.verb,
    resource: manyOf(intent.subresource === undefined ? name : `${name}/${intent.subresource}`),
    project: intent.project ?? 'none',
    roles: roles.replaceAll(' or ', ', '),
  });
}

export const allowed = ({ verb, resource, subresource, project, name }: Intent) =>
  queryOptions({
    queryKey: ['allowed', verb, resource.group, resource.plural, subresource, project, name],
    queryFn: async (): Promise<Answer> => {
      const resourceAttributes = {
        verb,
        group: resource.group,
        resource: resource.plural,
        ...(subresource === undefined ? {} : { subresource }),
        ...(resource.isNamespaced && project !== undefined ? { namespace: project } : {}),
        ...(name === undefined ? {} : { name }),
      };
      const { status } = await askJson<{
        readonly status?: { readonly allowed?: boolean; readonly reason?: string };
      }>('/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', {
        method: 'POST',
        body: {
          apiVersion: 'authorization.k8s.io/v1',
          kind: 'SelfSubjectAccessReview',
          spec: { resourceAttributes },
        },
      });
      return { isAllowed: status?.allowed === true, reason: status?.reason ?? '' };
    },
  });
