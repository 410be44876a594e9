/** Cedar's names of what is the same in every realm; kinds are in namespaces of their own (`entityTypeOf`). */
export const TYPES = {
  User: 'Casemate::User',
  Group: 'Casemate::Group',
  ServiceAccount: 'Casemate::ServiceAccount',
  /** Who holds a role, everywhere or in a project: bindings put people into it. */
  Holders: 'Casemate::Holders',
  /** Casemate's own components. */
  Controller: 'Casemate::Controller',
  Realm: 'Casemate::Realm',
  Project: 'Casemate::Project',
  Ledger: 'Casemate::Ledger',
  /** The time it is, by time zone. */
  Moment: 'Casemate::Moment',
} as const;
