/** The client secret that an IdentityProvider refers to: in a Secret of the organization, read when needed and put on record. */
import type { AccessLog } from '#kernel/access.ts';
import type { Kind } from '#kernel/kind.ts';
import type { Realm } from '#kernel/realm.ts';
import type { IdentityProviderObject } from './identity-provider.ts';

export interface ClientSecretParts {
  /** `v1 Secret`; absent where there are none. */
  readonly secretKind?: Kind;
  readonly accessLog: AccessLog;
}

/** Undefined for a public client. Throws, naming the Secret, where there is none. */
export function upstreamSecret(
  { secretKind, accessLog }: ClientSecretParts,
  realm: Realm,
  { metadata, spec }: IdentityProviderObject,
  requestId: string,
): string | undefined {
  const ref = spec.oidc?.clientSecretRef;
  if (!ref) return undefined;
  const { project, name, key } = ref;
  const missing = new Error(
    `spec.oidc.clientSecretRef: there is no Secret ${project}/${name} with a value "${key}"`,
  );
  // The region has no projects, and so no Secrets.
  if (!secretKind?.realms.includes(realm.type)) throw missing;
  const found = realm.view.entry(secretKind, { namespace: project, name })?.object();
  const data = (found as { readonly data?: Readonly<Record<string, string>> } | undefined)?.data ?? {};
  if (!Object.hasOwn(data, key)) throw missing;
  accessLog.record(realm.id, {
    actor: `system:identityprovider:${metadata.name}`,
    credential: 'internal',
    verb: 'get',
    resource: secretKind.resource,
    namespace: project,
    name,
    decision: 'allowed',
    code: 200,
    requestId,
  });
  return Buffer.from(data[key] ?? '', 'base64')
    .toString('utf8')
    .trim();
}
