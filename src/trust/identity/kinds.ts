/** The kinds of signing in, beside those of people. */
import type { Kind } from '#kernel/kind.ts';
import { IdentityProvider } from './federation/identity-provider.ts';
import { OAuthClient } from './oidc/oauth-client.ts';
import { ServiceAccount } from './service-accounts/service-account.ts';
import { Session } from './sessions/session.ts';

export const IDENTITY_KINDS: readonly Kind[] = [Session, OAuthClient, ServiceAccount, IdentityProvider];
