/**
 * Who is root in an instance is what it runs as. So entering one that runs as a service account takes what having that account's tokens
 * takes, beside the role that opens `instances/exec`.
 */
import type { ConnectRequest } from '#kernel/connect.ts';
import type { Realms } from '#kernel/realm.ts';
import type { TokenRights } from '#trust/identity/service-accounts/token-rights.ts';
import type { InstanceObject } from '../instance.ts';
import { liveAccount } from './workloads.ts';

export function enteringGuard(
  realms: () => Pick<Realms, 'use'>,
  rights: TokenRights,
): (request: ConnectRequest) => Promise<void> {
  return async ({ realm, actor, object }) => {
    const { metadata, spec } = object as InstanceObject;
    const { serviceAccount } = spec;
    if (serviceAccount === undefined) return;
    await realms().use(realm, ({ view }) => {
      const account = liveAccount(view, metadata.namespace ?? '', serviceAccount);
      // One that is gone gives nobody anything.
      if (account) rights(view, actor, account);
    });
  };
}
