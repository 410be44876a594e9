/**
 * What an operator in a session may do: exactly the scope that was granted, and no role, whatever bindings say; less where a guardrail of
 * the tenant's forbids it. Everybody else is decided by the realm's policies as ever.
 */
import type { AccessAttributes, Actor, ResourceRule } from '#kernel/access.ts';
import type { Clock } from '#kernel/clock.ts';
import { isStatusError } from '#kernel/errors.ts';
import type { Realms } from '#kernel/realm.ts';
import { REVIEW_KINDS } from '#kernel/wire/review-kinds.ts';
import type { AccessAuthorizer, Explanation } from '../access/authorizer.ts';
import { parseResource, scopeAllows, scopeText } from './scope.ts';
import { isOperatorSession, type OperatorSession, sessionOf } from './session.ts';

export interface OperatorAuthorizerOptions {
  readonly realms: Pick<Realms, 'use'>;
  readonly clock: Pick<Clock, 'now'>;
}

const answer = (allowed: boolean, reason: string): Explanation => ({ allowed, reason, by: [], roles: [] });

const isAboutOneself = ({ group, resource, verb }: AccessAttributes) =>
  verb === 'create' && REVIEW_KINDS.some((kind) => kind.group === group && kind.plural === resource);

export function operatorAuthorizer(
  inner: AccessAuthorizer,
  { realms, clock }: OperatorAuthorizerOptions,
): AccessAuthorizer {
  async function session(actor: Actor): Promise<OperatorSession | undefined> {
    try {
      return await realms.use(actor.realm, ({ view }) => sessionOf(view, actor, clock.now()));
    } catch (error) {
      if (isStatusError(error, 'NotFound')) return undefined;
      throw error;
    }
  }

  async function explain(attributes: AccessAttributes): Promise<Explanation> {
    const { actor, realm } = attributes;
    if (!isOperatorSession(actor)) return inner.explain(attributes);
    const general = await inner.explain(attributes);
    if (actor.realm !== realm || general.by.some(({ kind }) => kind === 'Guardrail'))
      return { ...general, allowed: false };
    const live = await session(actor);
    if (!live) return answer(false, 'the session has ended');
    if (isAboutOneself(attributes)) return general;
    const { project, scope, name } = live;
    return scopeAllows(project, scope, attributes)
      ? answer(true, `granted by AccessRequest "${name}"`)
      : answer(false, `AccessRequest "${name}" opens only: ${scopeText(project, scope)}`);
  }

  return {
    async decide(attributes) {
      const { allowed, reason } = await explain(attributes);
      return { allowed, reason };
    },
    explain,
    async rules(actor, namespace) {
      if (!isOperatorSession(actor)) return inner.rules(actor, namespace);
      const live = await session(actor);
      if (!live || (namespace !== undefined && namespace !== live.project)) return [];
      return live.scope.flatMap(({ verbs, resources, names }) =>
        resources.map((text): ResourceRule => {
          const { resource, subresource } = parseResource(text);
          const dot = resource.indexOf('.');
          const [plural, group] =
            dot < 0 ? [resource, ''] : [resource.slice(0, dot), resource.slice(dot + 1)];
          return {
            verbs,
            apiGroups: [group],
            resources: [subresource === undefined ? plural : `${plural}/${subresource}`],
            ...(names === undefined ? {} : { resourceNames: names }),
          };
        }),
      );
    },
  };
}
