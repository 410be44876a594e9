/**
 * What a person who was removed held goes with them: role bindings no longer name them, and their client certificates are revoked. So
 * nothing of theirs waits for whoever is given the name next. Done as the region itself: a SCIM client may remove people, not change
 * role bindings, and this only ever takes away.
 */
import { systemActor } from '#kernel/access.ts';
import { isStatusError } from '#kernel/errors.ts';
import type { ChangeContext, Realm } from '#kernel/realm.ts';
import type { Subject } from '../../access/grants.ts';
import { RoleBinding, type RoleBindingObject } from '../../access/role-binding.ts';
import { ClientCertificate } from '../client-certificate.ts';

const isUser = ({ kind, name }: Subject, user: string) => kind === 'User' && name === user;

export async function takeGrants(realm: Realm, user: string, requestId: string): Promise<void> {
  const change: ChangeContext = { actor: systemActor(realm.id, 'scim'), via: 'scim', requestId };
  const { view, resources } = realm;
  for (const { metadata, spec } of view.list(ClientCertificate)) {
    if (spec.user !== user) continue;
    await unlessGone(() => resources.delete(ClientCertificate, { name: metadata.name }, change));
  }
  for (const { metadata, spec } of view.list(RoleBinding)) {
    if (!spec.subjects.some((subject) => isUser(subject, user))) continue;
    const key = { name: metadata.name };
    if (spec.subjects.every((subject) => isUser(subject, user))) {
      await unlessGone(() => resources.delete(RoleBinding, key, change));
      continue;
    }
    let isAlone = false;
    await unlessGone(() =>
      resources.modify(RoleBinding, key, change, (current) => {
        const { spec: now } = current as RoleBindingObject;
        const subjects = now.subjects.filter((subject) => !isUser(subject, user));
        isAlone = subjects.length === 0;
        return isAlone ? current : { ...current, spec: { ...now, subjects } };
      }),
    );
    // The others left it meanwhile.
    if (isAlone) await unlessGone(() => resources.delete(RoleBinding, key, change));
  }
}

async function unlessGone(work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!isStatusError(error, 'NotFound')) throw error;
  }
}
