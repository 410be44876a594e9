/** Puts the sign-in room together: what the OpenID Provider asks, the account page, and the action that makes invitation links. */
import type { Connector } from '#kernel/connect.ts';
import { StatusError, unavailable } from '#kernel/errors.ts';
import { RecordsFullError } from '#kernel/records.ts';
import type { RealmRoute } from '#kernel/route.ts';
import { AddressLimit } from '../oidc/address-limit.ts';
import { ADDRESS_BURST, ADDRESS_PER_SECOND, ADDRESSES_MAX } from '../oidc/limits.ts';
import { Invitation } from '../people/invitation.ts';
import type { SignIn } from '../sign-in.ts';
import { AccountPages } from './account.ts';
import { addressKey } from './client-address.ts';
import { invitationLink } from './invitations.ts';
import type { SignInParts } from './parts.ts';
import type { Passwords } from './passwords.ts';
import { Proofs } from './proofs.ts';
import { SignInFlow } from './sign-in-flow.ts';

const FULL_RETRY_S = 30;

export interface OpenedSignIn {
  readonly signIn: SignIn;
  readonly routes: readonly RealmRoute[];
  readonly connectors: Readonly<Record<string, Connector>>;
}

/** `passwords`: tests count the hashes. */
export function openSignIn(parts: SignInParts, passwords?: Passwords): OpenedSignIn {
  const proofs = new Proofs(parts, passwords);
  const flow = new SignInFlow(parts, proofs);
  return {
    signIn: {
      handle: (request, { id, client, path, loginHint }) =>
        unlessFull(() =>
          flow.handle(request, {
            base: `${request.prefix}/oidc/interaction/${id}`,
            path,
            client,
            formsStay: false,
            ...(loginHint === undefined ? {} : { loginHint }),
          }),
        ),
    },
    routes: [bounded(new AccountPages(parts, proofs, flow).route, parts)],
    connectors: { [`${Invitation.resource}/link`]: invitationLink(parts) },
  };
}

/** A route that one address may ask so often, and that says when there is no room for more short-lived records. */
function bounded(route: RealmRoute, { clock }: SignInParts): RealmRoute {
  const limit = new AddressLimit({
    clock,
    burst: ADDRESS_BURST,
    perSecond: ADDRESS_PER_SECOND,
    addresses_max: ADDRESSES_MAX,
  });
  return {
    ...route,
    async handle(request) {
      const retryAfterSeconds = limit.take(addressKey(request.incoming.socket.remoteAddress));
      if (retryAfterSeconds > 0) {
        const message = 'too many requests from this address; wait a while';
        throw new StatusError('TooManyRequests', message, { retryAfterSeconds });
      }
      await unlessFull(() => route.handle(request));
    },
  };
}

/** Challenges and counts are bounded in number; past that nobody new gets one until others expire. */
async function unlessFull<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof RecordsFullError ? unavailable(error.message, FULL_RETRY_S) : error;
  }
}
