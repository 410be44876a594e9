/** The API group of everything about access. */
export const ACCESS_GROUP = 'access.casemate.internal';
