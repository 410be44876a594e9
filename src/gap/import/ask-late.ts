/**
 * Nobody agrees to what nobody has verified: a request to publish a bundle, or to trust a root, is only taken while that waits for approval, when what it is stands in
 * its status; one to retire a bundle, while it is published. Pure; runs in the lane.
 */
import { forbidden } from '#kernel/errors.ts';
import type { Admission } from '#kernel/kind.ts';
import { ApprovalRequest } from '#trust/approvals/approval-request.ts';
import { BundleImport } from './import-kind.ts';
import { BundleTrust } from './trust-kind.ts';

export const askLate: Admission = ({ operation, kind, object, view }) => {
  if (operation !== 'create' || kind.resource !== ApprovalRequest.resource) return;
  const { target, transition } = object.spec as {
    readonly target: { readonly resource: string; readonly name: string };
    readonly transition: string;
  };
  if (transition === 'delete') return;
  const asked = [BundleImport, BundleTrust].find(({ resource }) => resource === target.resource);
  if (asked === undefined) return;
  const status = view.get(asked, { name: target.name })?.status as { readonly phase?: string } | undefined;
  const wanted = transition === 'retire' ? 'Published' : 'AwaitingApproval';
  if (status?.phase === wanted) return;
  throw forbidden(
    { group: kind.group, kind: kind.plural, name: object.metadata.name },
    `${asked.singular} "${target.name}" is ${status?.phase ?? 'not there'}: ask once it is ${wanted}, so that others see what they agree to`,
  );
};
