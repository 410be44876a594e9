/** Puts federation together: what the sign-in page asks, the routes that providers answer to, and the controller of providers. */
import type { Controller } from '#kernel/controller.ts';
import type { RealmRoute } from '#kernel/route.ts';
import type { BoundedFetchOptions } from './bounded-fetch.ts';
import { identityProviderController } from './controller.ts';
import { type FederatedSignIn, Federation, type FederationParts } from './federation.ts';
import { oidcCallbackRoute } from './oidc-route.ts';
import { oidcUpstreams } from './oidc-upstream.ts';
import { samlRoute } from './saml-route.ts';
import { samlUpstreams } from './saml-upstream.ts';

export interface OpenedFederation {
  readonly signIn: FederatedSignIn;
  readonly routes: readonly RealmRoute[];
  readonly controllers: () => readonly Controller[];
}

export interface FederationOptions extends Omit<FederationParts, 'oidc' | 'saml'> {
  /** Which addresses of providers may be asked. Tests have theirs on this machine. */
  readonly isAllowed?: BoundedFetchOptions['isAllowed'];
}

export function openFederation({ isAllowed, ...options }: FederationOptions): OpenedFederation {
  const oidc = oidcUpstreams({ clock: options.clock, ...(isAllowed === undefined ? {} : { isAllowed }) });
  const parts = { ...options, oidc, saml: samlUpstreams(options.clock) };
  const federation = new Federation(parts);
  return {
    signIn: federation,
    routes: [oidcCallbackRoute(federation), samlRoute(federation)],
    controllers: () => [identityProviderController(parts)],
  };
}
