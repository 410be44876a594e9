/** Puts the sign-in room together: what the OpenID Provider asks, the account page, and the action that makes invitation links. */
import type { Connector } from '#kernel/connect.ts';
import type { RealmRoute } from '#kernel/route.ts';
import { Invitation } from '../people/invitation.ts';
import type { SignIn } from '../sign-in.ts';
import { AccountPages } from './account.ts';
import { invitationLink } from './invitations.ts';
import type { SignInParts } from './parts.ts';
import type { Passwords } from './passwords.ts';
import { Proofs } from './proofs.ts';
import { SignInFlow } from './sign-in-flow.ts';

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
        flow.handle(request, {
          base: `${request.prefix}/oidc/interaction/${id}`,
          path,
          client,
          formsStay: false,
          ...(loginHint === undefined ? {} : { loginHint }),
        }),
    },
    routes: [new AccountPages(parts, proofs, flow).route],
    connectors: { [`${Invitation.resource}/link`]: invitationLink(parts) },
  };
}
