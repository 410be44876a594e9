/** Where SCIM is; apart from all else of it, which is loaded when somebody asks. */
import type { RealmRoute } from '#kernel/route.ts';

export const SCIM_PLACE: Pick<RealmRoute, 'segment' | 'realms'> = {
  segment: 'scim',
  realms: ['organization'],
};
