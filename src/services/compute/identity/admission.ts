/**
 * Nobody gets more by an instance than they hold: who makes one run as a service account must be allowed to have that account's tokens,
 * and the account must be there, so that none is waited for that somebody else gives more to. Taking the account from an instance is
 * open to whoever may change it. Runs in the lane.
 */
import { invalid } from '#kernel/errors.ts';
import type { Admission } from '#kernel/kind.ts';
import type { TokenRights } from '#trust/identity/service-accounts/token-rights.ts';
import { Instance, type InstanceSpec } from '../instance.ts';
import { liveAccount } from './workloads.ts';

export function workloadAdmission(rights: TokenRights): Admission {
  return ({ kind, operation, object, previous, view, actor }) => {
    if (kind.resource !== Instance.resource || operation === 'delete') return;
    const { serviceAccount, restoreFrom } = object.spec as InstanceSpec;
    if (serviceAccount === undefined) return;
    const before = previous?.spec as InstanceSpec | undefined;
    // What is on the disk runs as the account: who puts another one there enters it.
    const isSame = before?.serviceAccount === serviceAccount && before.restoreFrom === restoreFrom;
    if (isSame) return;
    const { name, namespace = '' } = object.metadata;
    const account = liveAccount(view, namespace, serviceAccount);
    if (!account) {
      throw invalid({ group: kind.group, kind: kind.kind, name }, [
        {
          reason: 'FieldValueInvalid',
          field: 'spec.serviceAccount',
          message: `there is no service account "${serviceAccount}" in project "${namespace}"; make it first: kubectl create serviceaccount ${serviceAccount}`,
        },
      ]);
    }
    rights(view, actor, account);
  };
}
