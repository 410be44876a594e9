/** Nobody gets more by a service account than they hold: its token is a credential like any other. */
import { type Actor, isInternal } from '#kernel/access.ts';
import type { KubeObject } from '#kernel/object.ts';
import type { RealmView } from '#kernel/realm.ts';
import { realmType } from '#kernel/realm-id.ts';
import { grantsOf } from '../../access/grants.ts';
import { bindingsIn, requireHeld } from '../../access/guard.ts';
import { RoleBinding } from '../../access/role-binding.ts';
import { serviceAccountGroups, serviceAccountName } from './names.ts';
import { ServiceAccount } from './service-account.ts';

/** Throws `forbidden` unless the actor holds every role that the account does. */
export function guardTokenRequest(view: RealmView, actor: Actor, account: KubeObject): void {
  if (isInternal(actor)) return;
  const { name, namespace = '' } = account.metadata;
  const user = serviceAccountName(namespace, name);
  const groups = [...serviceAccountGroups(namespace), 'system:authenticated'];
  const bindings = bindingsIn(view, RoleBinding);
  requireHeld(
    { realm: view.realm, kind: ServiceAccount, object: account, view, actor },
    bindings,
    grantsOf(bindings, { user, groups }, realmType(view.realm)),
    'a token of that service account',
  );
}
