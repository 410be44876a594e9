/** Requests for the consent of others: which there are, and what one can say to them. */
import type { ApprovalSpec, ApprovalStatus } from '../../../src/kernel/approvals/request.ts';
import type { ReasonCode } from '../../../src/trust/approvals/reasons.ts';
import { askJson } from '../api/client.ts';
import { pathOf, type Resource, resourceName } from '../api/discovery.ts';
import { type ApiObject, type LiveState, useLiveList } from '../api/live-list.ts';
import { APPROVAL_REQUESTS, useKind } from '../parts/kind.ts';

export type Request = ApiObject & { readonly spec: ApprovalSpec; readonly status: ApprovalStatus };

/** In the order in which they are offered. */
export const REASON_CODES: readonly ReasonCode[] = [
  'other',
  'tenant-request',
  'support',
  'repair',
  'security-incident',
  'legal-order',
  'end-of-use',
];

const DAY_MS = 24 * 60 * 60_000;
/** Of names that the region completes. */
const NAME_MAX = 50;

export interface Requests {
  readonly state: LiveState;
  readonly all: readonly Request[];
  readonly resource: Resource | undefined;
}

/** All of them, the newest first. */
export function useRequests(): Requests {
  const resource = useKind(APPROVAL_REQUESTS);
  const state = useLiveList(resource);
  const all = state.rows
    .map(({ object }) => object as Request)
    .toSorted((a, b) => b.metadata.creationTimestamp.localeCompare(a.metadata.creationTimestamp));
  return { state, all, resource };
}

/** Whether something can still come of it. */
export const isOpen = ({ spec, status }: Request): boolean =>
  (status.phase === 'Pending' || status.phase === 'Approved') && Date.parse(spec.expiresAt) > Date.now();

export interface Asking {
  readonly resource: Resource;
  readonly object: ApiObject;
  readonly transition: string;
  readonly reasonCode: ReasonCode;
  readonly reason: string;
}

/** Asks others to agree to one change of one object, within a day. */
export async function askOthers(requests: Resource, asking: Asking): Promise<void> {
  const { resource, object, transition, reasonCode, reason } = asking;
  const { name, namespace, uid } = object.metadata;
  await askJson(pathOf(requests), {
    method: 'POST',
    body: {
      apiVersion: `${requests.group}/${requests.version}`,
      kind: requests.kind,
      metadata: { generateName: `${transition}-${name}`.slice(0, NAME_MAX).replace(/[^a-z0-9]*$/, '-') },
      spec: {
        target: {
          resource: resourceName(resource),
          ...(namespace === undefined ? {} : { namespace }),
          name,
          uid,
        },
        transition,
        reasonCode,
        reason,
        expiresAt: new Date(Date.now() + DAY_MS).toISOString(),
      },
    },
  });
}

/** Says yes or no to an object that waits for people: a request, or a declared flow. */
export async function decide(
  resource: Resource,
  name: string,
  decision: 'approve' | 'reject',
  note: string,
): Promise<void> {
  await askJson(`${pathOf(resource, undefined, name)}/${decision}`, {
    method: 'POST',
    body: note === '' ? {} : { note },
  });
}

/** Changes some fields of an object, as it is now. */
export async function change(resource: Resource, object: ApiObject, fields: object): Promise<void> {
  await askJson(pathOf(resource, object.metadata.namespace, object.metadata.name), {
    method: 'PATCH',
    contentType: 'application/merge-patch+json',
    body: { metadata: { uid: object.metadata.uid }, ...fields },
  });
}
