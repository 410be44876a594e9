/** Who an access key belongs to, as the organization says at this moment. Pure; read from a view. */
import type { RealmView } from '#kernel/realm.ts';
import { ClientCertificate, type ClientCertificateObject } from '#trust/identity/client-certificate.ts';
import { groupsOf, isActive, isLive } from '#trust/identity/people/directory.ts';
import { User, type UserObject } from '#trust/identity/people/user.ts';
import { serviceAccountGroups, serviceAccountName } from '#trust/identity/service-accounts/names.ts';
import { ServiceAccount } from '#trust/identity/service-accounts/service-account.ts';
import type { AccessKeyObject } from './access-key.ts';

export interface Holder {
  /** As actors are named. */
  readonly name: string;
  readonly groups: readonly string[];
  /** Empty: a person whom no User, but a certificate of the organization names. */
  readonly uid: string;
}

const AUTHENTICATED = 'system:authenticated';

/** Undefined: there is nobody, or they are disabled or on their way out. */
export function holderOf(
  view: RealmView,
  { metadata, spec }: Pick<AccessKeyObject, 'metadata' | 'spec'>,
): Holder | undefined {
  if (spec.serviceAccount !== undefined) return account(view, metadata.namespace ?? '', spec.serviceAccount);
  return spec.user === undefined ? undefined : personOf(view, spec.user);
}

function account(view: RealmView, namespace: string, name: string): Holder | undefined {
  const entry = view.entry(ServiceAccount, { namespace, name });
  if (!isLive(entry)) return undefined;
  return {
    name: serviceAccountName(namespace, name),
    groups: [...serviceAccountGroups(namespace), AUTHENTICATED],
    uid: entry.uid,
  };
}

/** Undefined: there is nobody of that name, or they are disabled. */
export function personOf(view: RealmView, name: string): Holder | undefined {
  const entry = view.entry(User, { name });
  if (entry !== undefined) {
    const user = entry.object() as UserObject;
    return isActive(user)
      ? { name, groups: [...groupsOf(view, user), AUTHENTICATED], uid: entry.uid }
      : undefined;
  }
  const groups = new Set<string>();
  let isKnown = false;
  for (const certificate of view.entries(ClientCertificate)) {
    if (!isLive(certificate)) continue;
    const { spec } = certificate.object() as ClientCertificateObject;
    if (spec.user !== name) continue;
    isKnown = true;
    for (const group of spec.groups ?? []) groups.add(group);
  }
  return isKnown ? { name, groups: [...groups, AUTHENTICATED], uid: '' } : undefined;
}
