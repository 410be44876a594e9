/** Who speaks SCIM to us: a service account of the organization, by its token; and which of its objects are theirs. */
import type { AccessDecision, Actor, Authorizer, Verb } from '#kernel/access.ts';
import { forbidden } from '#kernel/errors.ts';
import type { Kind } from '#kernel/kind.ts';
import type { KubeObject } from '#kernel/object.ts';
import type { RealmId } from '#kernel/realm-id.ts';
import { isProvisioner, type Provisioner } from '../people/provisioner.ts';

const SERVICE_ACCOUNT = /^system:serviceaccount:([^:]+):([^:]+)$/;

/** The service account that an actor is. Throws `forbidden` for anybody else: people have pages and the API. */
export function provisionerOf(actor: Actor): Provisioner {
  const [, project, serviceAccount] = SERVICE_ACCOUNT.exec(actor.name) ?? [];
  if (project === undefined || serviceAccount === undefined) {
    throw forbidden(
      { kind: 'scim' },
      'SCIM is spoken by a service account: give the client a token of one (kubectl create token)',
    );
  }
  return { project, serviceAccount };
}

/** Throws `forbidden` unless the actor may do this to that kind, as through the API. */
export async function requireAllowed(
  authorizer: Authorizer,
  realm: RealmId,
  actor: Actor,
  verb: Verb,
  kind: Kind,
  name?: string,
): Promise<void> {
  const { group, version, plural } = kind;
  const asked = {
    realm,
    actor,
    verb,
    group,
    version,
    resource: plural,
    ...(name === undefined ? {} : { name }),
  };
  const { allowed, reason }: AccessDecision = await authorizer.decide(asked);
  if (allowed) return;
  const subject = { group, kind: plural, ...(name === undefined ? {} : { name }) };
  throw forbidden(subject, `"${actor.name}" may not ${verb} ${plural}: ${reason}`);
}

/** Whether a client provisions an object, and it is not on its way out. */
export function isTheirs(object: KubeObject, actor: Actor): boolean {
  const spec = object.spec as { readonly provisionedBy?: Provisioner } | undefined;
  return object.metadata.deletionTimestamp === undefined && isProvisioner(spec?.provisionedBy, actor.name);
}
