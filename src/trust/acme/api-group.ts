/** The API group of certificates. */
export const CERTIFICATES_GROUP = 'certificates.casemate.internal';
