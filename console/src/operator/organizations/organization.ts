/** Organizations as this console reads them. Pure. */
import type { OrganizationSpec, OrganizationStatus } from '../../../../src/services/tenancy/organization.ts';
import type { ApiObject } from '../../api/live-list.ts';

export type Organization = ApiObject & {
  readonly spec: OrganizationSpec;
  readonly status?: OrganizationStatus;
};

export const readyOf = ({ status }: Organization) => status?.conditions?.find(({ type }) => type === 'Ready');

/** Whether its signing request will never be answered. */
export const isRefused = (one: Organization): boolean => {
  const ready = readyOf(one);
  return ready?.status === 'False' && ready.reason.endsWith('Request');
};
