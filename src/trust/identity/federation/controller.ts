/**
 * Says of each IdentityProvider whether it works: that an OpenID Connect provider answers with metadata that can be used, and that the
 * certificates of a SAML one have not expired. Nothing else is ever asked of a provider but while somebody signs in.
 */
import { X509Certificate } from 'node:crypto';
import { rfc3339 } from '#kernel/clock.ts';
import type { Controller, ReconcileContext } from '#kernel/controller.ts';
import { isStatusError } from '#kernel/errors.ts';
import { type ConditionChange, readyCondition, setCondition } from '#kernel/reconcile/conditions.ts';
import { type ClientSecretParts, upstreamSecret } from './client-secret.ts';
import { wordsOf } from './federation.ts';
import { IdentityProvider, type IdentityProviderObject } from './identity-provider.ts';
import { METADATA_AGAIN_MS, METADATA_MS } from './limits.ts';
import type { OidcUpstreams } from './oidc-upstream.ts';

export interface ProviderControllerParts extends ClientSecretParts {
  readonly oidc: OidcUpstreams;
}

interface Finding {
  readonly condition: ConditionChange;
  readonly fetched: boolean;
  readonly again_ms: number;
}

/** Of several, the last to expire: the others may be on their way out. */
function samlFinding({ spec, metadata }: IdentityProviderObject, now_ms: number): Finding {
  const ends_ms = (spec.saml?.certificates ?? []).map((pem) => Date.parse(new X509Certificate(pem).validTo));
  const end_ms = Math.max(...ends_ms);
  const generation = metadata.generation ?? 0;
  const again_ms = Math.min(METADATA_MS, Math.max(METADATA_AGAIN_MS, end_ms - now_ms));
  if (end_ms > now_ms) {
    const message = `its certificates are good until ${rfc3339(end_ms)}`;
    return { condition: readyCondition('True', 'Usable', message, generation), fetched: false, again_ms };
  }
  const message = `its last certificate expired on ${rfc3339(end_ms)}; put the new one into spec.saml.certificates`;
  return {
    condition: readyCondition('False', 'CertificateExpired', message, generation),
    fetched: false,
    again_ms,
  };
}

export function identityProviderController(parts: ProviderControllerParts): Controller {
  async function oidcFinding(
    provider: IdentityProviderObject,
    { realm, change }: ReconcileContext,
  ): Promise<Finding> {
    const generation = provider.metadata.generation ?? 0;
    try {
      const secret = upstreamSecret(parts, realm, provider, change.requestId);
      await parts.oidc.check(provider, secret, true);
      const condition = readyCondition(
        'True',
        'Reachable',
        'it answers, and its metadata can be used',
        generation,
      );
      return { condition, fetched: true, again_ms: METADATA_MS };
    } catch (error) {
      const condition = readyCondition('False', 'Unreachable', wordsOf(error).slice(0, 1_024), generation);
      return { condition, fetched: false, again_ms: METADATA_AGAIN_MS };
    }
  }

  return {
    name: 'identity-providers',
    realms: ['region', 'organization'],
    kind: IdentityProvider,
    async reconcile(key, context) {
      const { realm, clock, change } = context;
      const provider: IdentityProviderObject | undefined = realm.view.get(IdentityProvider, key);
      if (!provider || provider.metadata.deletionTimestamp !== undefined) return undefined;
      if (provider.spec.disabled === true) return undefined;
      const now_ms = clock.now();
      const finding =
        provider.spec.type === 'oidc' ? await oidcFinding(provider, context) : samlFinding(provider, now_ms);
      try {
        await realm.resources.modify(
          IdentityProvider,
          key,
          change,
          (current) => {
            const { metadata, status } = current as IdentityProviderObject;
            if (metadata.uid !== provider.metadata.uid) return current;
            return {
              ...current,
              status: {
                ...status,
                ...(finding.fetched ? { metadataFetchedAt: rfc3339(now_ms) } : {}),
                observedGeneration: provider.metadata.generation ?? 0,
                conditions: [...setCondition(status?.conditions, finding.condition, clock)],
              },
            };
          },
          { subresource: 'status' },
        );
      } catch (error) {
        if (isStatusError(error, 'NotFound')) return undefined;
        throw error;
      }
      return { retryAfter_ms: finding.again_ms };
    },
  };
}
