/**
 * Loads `oidc-provider` when it is first needed: a region in which nobody signs in does not pay for it. Its parts are taken one by one,
 * because its entry warns on the console of every version of Node that it does not know.
 */
import type * as errors from 'oidc-provider/lib/helpers/errors.js';
import type * as policy from 'oidc-provider/lib/helpers/interaction_policy/index.js';
import type { Provider } from 'oidc-provider/lib/provider.js';

export interface OidcLibrary {
  readonly Provider: typeof Provider;
  readonly errors: typeof errors;
  readonly policy: typeof policy;
}

let loaded: Promise<OidcLibrary> | undefined;

async function load(): Promise<OidcLibrary> {
  const { Provider } = await import('oidc-provider/lib/provider.js');
  const errors = await import('oidc-provider/lib/helpers/errors.js');
  const policy = await import('oidc-provider/lib/helpers/interaction_policy/index.js');
  return { Provider, errors, policy };
}

export function oidcLibrary(): Promise<OidcLibrary> {
  loaded ??= load();
  return loaded;
}
