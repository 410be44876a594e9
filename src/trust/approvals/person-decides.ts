/**
 * An action by which a person decides on an object: in the lane, on the object and the realm as they are then. What runs by itself decides
 * nothing, since whoever asks could have made it; nor does an operator whom the tenant let in, whatever the session opens.
 */
import { isInternal } from '#kernel/access.ts';
import type { ActionConnector, ActionRequest } from '#kernel/connect.ts';
import { conflict, forbidden } from '#kernel/errors.ts';
import type { Kind } from '#kernel/kind.ts';
import type { DraftObject, KubeObject } from '#kernel/object.ts';
import type { Realms, RealmView } from '#kernel/realm.ts';
import { isServiceAccount } from '../access/grants.ts';
import { isOperatorSession } from '../operators/session.ts';

export interface Decision {
  readonly request: ActionRequest;
  readonly view: RealmView;
  /** What they had to say. */
  readonly note: string | undefined;
}

export interface PersonDecidesOptions {
  readonly kind: Kind;
  readonly realms: () => Pick<Realms, 'use'>;
  /** The status that the decision gives the object; throws what is wrong with it. Pure. */
  readonly decide: (current: KubeObject, decision: Decision) => object;
  /** What the caller is told, of the object as it is then. */
  readonly answer: (written: KubeObject) => Readonly<Record<string, unknown>>;
}

export function personDecides({ kind, realms, decide, answer }: PersonDecidesOptions): ActionConnector {
  return {
    type: 'action',
    async call(request) {
      const { realm, object, actor, requestId, body } = request;
      const { name, uid } = object.metadata;
      const subject = { group: kind.group, kind: kind.plural, name };
      const note = typeof body.note === 'string' && body.note !== '' ? body.note : undefined;
      if (isServiceAccount(actor.name) || isInternal(actor) || isOperatorSession(actor)) {
        throw forbidden(
          subject,
          'it takes a person of this realm: neither a service account nor an operator in a session decides',
        );
      }
      const written = await realms().use(realm, ({ resources }) =>
        resources.modify(
          kind,
          { name },
          { actor, via: 'api', requestId },
          (current, view) => {
            if (current.metadata.uid !== uid)
              throw conflict(subject, 'it was made anew meanwhile; look again');
            const status = decide(current, { request, view, note });
            return { ...current, status } as unknown as DraftObject;
          },
          { subresource: 'status' },
        ),
      );
      return answer(written.object);
    },
  };
}
