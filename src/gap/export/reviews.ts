/**
 * Whom a release is asked for by, and when. Nobody agrees to what was not checked; and who asks for approval is who asked for the export, so that nobody reviews what is
 * their own through a friend who asks in their stead. Pure; runs in the lane.
 */
import { forbidden } from '#kernel/errors.ts';
import type { Admission } from '#kernel/kind.ts';
import { ApprovalRequest } from '#trust/approvals/approval-request.ts';
import { ExportRequest } from './request-kind.ts';

export const askForOneself: Admission = ({ operation, kind, object, view, actor }) => {
  if (operation !== 'create' || kind.resource !== ApprovalRequest.resource) return;
  const { target, transition } = object.spec as {
    readonly target: { readonly resource: string; readonly name: string };
    readonly transition: string;
  };
  if (target.resource !== ExportRequest.resource || transition !== 'release') return;
  const status = view.get(ExportRequest, { name: target.name })?.status;
  const subject = { group: kind.group, kind: kind.plural, name: object.metadata.name };
  if (status?.phase !== 'AwaitingApproval') {
    throw forbidden(
      subject,
      `export "${target.name}" is ${status?.phase ?? 'not there'}: ask once it is AwaitingApproval, so that others see what they agree to`,
    );
  }
  if (status.requestedBy !== actor.name) {
    throw forbidden(
      subject,
      `${status.requestedBy} asked for this export, and alone asks others to agree to it`,
    );
  }
};
