/** The API group of keys. */
export const KEYS_GROUP = 'keys.casemate.internal';
