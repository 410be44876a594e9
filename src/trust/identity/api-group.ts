/** The API group of who people are and how they sign in. */
export const IDENTITY_GROUP = 'identity.casemate.internal';
