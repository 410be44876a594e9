/** `serviceaccounts/token`: signs a token of a service account with the realm's key. */
import { randomUUID } from 'node:crypto';
import { SignJWT } from 'jose';
import { type Clock, rfc3339 } from '#kernel/clock.ts';
import type { ActionConnector } from '#kernel/connect.ts';
import type { KubeObject } from '#kernel/object.ts';
import type { Realms } from '#kernel/realm.ts';
import type { RealmId } from '#kernel/realm-id.ts';
import { API_AUDIENCE } from '../oidc/limits.ts';
import { issuerOf } from '../tokens/issuer.ts';
import type { RealmSigningKeys } from '../tokens/signing-keys.ts';
import { SERVICE_ACCOUNT_TOKEN, type ServiceAccountClaims } from '../tokens/verify.ts';
import { guardTokenRequest } from './guard.ts';
import { serviceAccountName } from './names.ts';
import { EXPIRATION_SECONDS_MIN, type TokenRequestSpec } from './token-request.ts';

export interface ServiceAccountTokens {
  /** Times are in whole seconds. `workload`: what it is given to; it counts only while that runs as the account. */
  issue(
    realm: RealmId,
    account: KubeObject,
    spec: TokenRequestSpec,
    workload?: { readonly name: string; readonly uid: string },
  ): Promise<{ readonly token: string; readonly expires_ms: number }>;
}

export interface ServiceAccountTokenOptions {
  readonly apiUrl: string;
  readonly keys: RealmSigningKeys;
  readonly clock: Clock;
}

export function serviceAccountTokens({
  apiUrl,
  keys,
  clock,
}: ServiceAccountTokenOptions): ServiceAccountTokens {
  return {
    async issue(
      realm,
      { metadata },
      { audiences = [], expirationSeconds = EXPIRATION_SECONDS_MIN },
      workload,
    ) {
      const { current } = await keys.of(realm);
      const { name, uid, namespace = '' } = metadata;
      const claims: ServiceAccountClaims = {
        namespace,
        serviceaccount: { name, uid },
        ...(workload ? { instance: { name: workload.name, uid: workload.uid } } : {}),
      };
      const now_s = Math.floor(clock.now() / 1000);
      const expires_s = now_s + expirationSeconds;
      const token = await new SignJWT({ 'kubernetes.io': claims })
        .setProtectedHeader({ alg: 'EdDSA', kid: current.kid, typ: SERVICE_ACCOUNT_TOKEN })
        .setIssuer(issuerOf(apiUrl, realm))
        .setSubject(serviceAccountName(namespace, name))
        .setAudience(audiences.length === 0 ? [API_AUDIENCE] : [...audiences])
        .setIssuedAt(now_s)
        .setNotBefore(now_s)
        .setExpirationTime(expires_s)
        .setJti(randomUUID())
        .sign(current.privateKey);
      return { token, expires_ms: expires_s * 1000 };
    },
  };
}

export function tokenRequestAction(
  tokens: ServiceAccountTokens,
  realms: Pick<Realms, 'use'>,
): ActionConnector {
  return {
    type: 'action',
    async call({ realm, actor, object, body }) {
      await realms.use(realm, ({ view }) => guardTokenRequest(view, actor, object));
      const spec = (body.spec ?? {}) as TokenRequestSpec;
      const { token, expires_ms } = await tokens.issue(realm, object, spec);
      const { name, namespace } = object.metadata;
      return {
        kind: 'TokenRequest',
        apiVersion: 'authentication.k8s.io/v1',
        metadata: { name, namespace },
        spec,
        status: { token, expirationTimestamp: rfc3339(expires_ms) },
      };
    },
  };
}
