/** Names that the tenancy kinds share. */

export const TENANCY_GROUP = 'tenancy.casemate.internal';

/** The project every organization starts with; events about realm-scoped objects are kept in it. */
export const DEFAULT_PROJECT = 'default';
