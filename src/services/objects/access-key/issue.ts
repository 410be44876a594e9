/** `accesskeys/issue`: gives the secret out, once. */

import { systemActor } from '#kernel/access.ts';
import { type Clock, rfc3339 } from '#kernel/clock.ts';
import type { ActionConnector } from '#kernel/connect.ts';
import { conflict, notFound } from '#kernel/errors.ts';
import type { Realms } from '#kernel/realm.ts';
import { isDeleting } from '#kernel/reconcile/finalizers.ts';
import { AccessKey, type AccessKeyObject } from './access-key.ts';
import type { KeyRights } from './guard.ts';
import { holderOf } from './holders.ts';
import { accessKeyId } from './ids.ts';
import type { AccessKeySecrets } from './secrets.ts';

export interface IssueOptions {
  readonly realms: () => Pick<Realms, 'use'>;
  readonly rights: KeyRights;
  readonly secrets: AccessKeySecrets;
  readonly clock: Pick<Clock, 'now'>;
}

export function issueAction({ realms, rights, secrets, clock }: IssueOptions): ActionConnector {
  return {
    type: 'action',
    call: ({ realm: id, actor, object, requestId }) =>
      realms().use(id, async ({ view, resources }) => {
        const { name, namespace = '', uid } = object.metadata;
        const key = { namespace, name };
        const subject = { group: AccessKey.group, kind: AccessKey.plural, name };
        const current = view.get(AccessKey, key) as AccessKeyObject | undefined;
        if (current?.metadata.uid !== uid) throw notFound(subject);
        if (isDeleting(current)) throw conflict(subject, 'it is being deleted');
        rights(view, actor, current);
        const holder = holderOf(view, current);
        if (holder === undefined) throw conflict(subject, 'whoever it belongs to is gone');
        const secretAccessKey = await secrets.make(id, uid);
        if (secretAccessKey === undefined) {
          throw conflict(
            subject,
            'its secret was given out already, and is never shown again: make another key',
          );
        }
        const accessKey = accessKeyId(id, uid);
        await resources.modify(
          AccessKey,
          key,
          { actor: systemActor(id, 'access-keys'), via: 'api', requestId },
          (now) =>
            now.metadata.uid !== uid
              ? now
              : {
                  ...now,
                  status: {
                    ...now.status,
                    accessKeyId: accessKey,
                    holderUid: holder.uid,
                    issuedAt: rfc3339(clock.now()),
                  },
                },
          { subresource: 'status' },
        );
        return { accessKeyId: accessKey, secretAccessKey };
      }),
  };
}
