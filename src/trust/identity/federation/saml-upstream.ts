/**
 * An organization's own SAML 2.0 identity provider, with us as its service provider (`@node-saml/node-saml`, which checks the signature
 * and gives what was signed). What it must look like before is `saml-shape.ts`, what it must say is `saml-conditions.ts`.
 */
import { randomBytes } from 'node:crypto';
import type { SAML as Saml } from '@node-saml/node-saml';
import type { Clock } from '#kernel/clock.ts';
import type { Claims } from './claims.ts';
import type { IdentityProviderObject } from './identity-provider.ts';
import { type Element, requireConditions, TRANSIENT } from './saml-conditions.ts';
import type { Shaped } from './saml-shape.ts';

const PERSISTENT = 'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent';
/** The library keeps requests by itself for so long; ours are kept, and taken once, by `requests.ts`. */
const FAR_FUTURE = '9999-01-01T00:00:00Z';

export interface SamlUpstreams {
  /** `base`: `https://host:port/orgs/acme`. */
  begin(
    provider: IdentityProviderObject,
    base: string,
  ): Promise<{ readonly location: string; readonly id: string }>;
  /** What a response says that answers the request `shaped.inResponseTo`. Throws what is wrong with it. */
  finish(
    provider: IdentityProviderObject,
    base: string,
    shaped: Shaped,
  ): Promise<{ readonly claims: Claims; readonly subject: string | undefined }>;
  /** Our metadata as a service provider, for whoever runs the identity provider. */
  metadata(provider: IdentityProviderObject, base: string): Promise<string>;
}

export const samlEntityId = (base: string, provider: string): string => `${base}/saml/${provider}/metadata`;
export const samlAcs = (base: string, provider: string): string => `${base}/saml/${provider}/acs`;

export function samlUpstreams(clock: Pick<Clock, 'now'>): SamlUpstreams {
  async function open({ metadata, spec }: IdentityProviderObject, base: string, id: string): Promise<Saml> {
    if (!spec.saml) throw new TypeError('a SAML identity provider');
    const { SAML, ValidateInResponseTo } = await import('@node-saml/node-saml');
    return new SAML({
      callbackUrl: samlAcs(base, metadata.name),
      issuer: samlEntityId(base, metadata.name),
      audience: samlEntityId(base, metadata.name),
      entryPoint: spec.saml.ssoUrl,
      idpCert: [...spec.saml.certificates],
      idpIssuer: spec.saml.entityId,
      wantAssertionsSigned: true,
      wantAuthnResponseSigned: false,
      signatureAlgorithm: 'sha256',
      disableRequestedAuthnContext: true,
      identifierFormat: spec.mapping.subject === undefined ? PERSISTENT : null,
      // Times are ours to judge, by the injected clock.
      acceptedClockSkewMs: -1,
      validateInResponseTo: ValidateInResponseTo.always,
      generateUniqueId: () => id,
      cacheProvider: {
        saveAsync: async (key, value) => ({ value, createdAt: clock.now(), key }),
        getAsync: async (key) => (key === id ? FAR_FUTURE : null),
        removeAsync: async (key) => key,
      },
    });
  }

  return {
    async begin(provider, base) {
      const id = `_${randomBytes(20).toString('hex')}`;
      const saml = await open(provider, base, id);
      // No RelayState: where the browser goes on to is kept here.
      return { location: await saml.getAuthorizeUrlAsync('', undefined, {}), id };
    },
    async finish(provider, base, { xml, inResponseTo, destination }) {
      const { metadata, spec } = provider;
      if (!spec.saml) throw new TypeError('a SAML identity provider');
      const recipient = samlAcs(base, metadata.name);
      if (destination !== undefined && destination !== recipient)
        throw new Error('the SAML response is for another address');
      const saml = await open(provider, base, inResponseTo);
      const { profile } = await saml.validatePostResponseAsync({
        SAMLResponse: Buffer.from(xml).toString('base64'),
      });
      const verified = profile?.getAssertion?.() as { readonly Assertion?: Element } | undefined;
      if (!profile || !verified?.Assertion) throw new Error('the SAML response has no assertion');
      const nameId = requireConditions(verified.Assertion, {
        issuer: spec.saml.entityId,
        audience: samlEntityId(base, metadata.name),
        recipient,
        inResponseTo,
        now_ms: clock.now(),
      });
      // A transient name is another one each time: nobody is known by it.
      const subject = nameId.format === TRANSIENT ? undefined : nameId.value;
      return { claims: { ...(profile.attributes as Claims | undefined) }, subject };
    },
    async metadata(provider, base) {
      const saml = await open(provider, base, '');
      return saml.generateServiceProviderMetadata(null, null);
    },
  };
}
