/**
 * Names of users and groups that a credential or a binding may carry. Lower case only, so no two names look alike;
 * never `system:…`, which is ours alone.
 */

export const PRINCIPAL_NAME_LENGTH_MAX = 64; // RFC 5280, ub-common-name and ub-organization-name.

const PRINCIPAL_NAME = /^[a-z0-9](?:[-a-z0-9._@]*[a-z0-9])?$/;

/** What is wrong with a user's or group's name and what would be right, or undefined. */
export function nameProblem(name: string): string | undefined {
  if (name.startsWith('system:')) {
    return 'names that begin with "system:" belong to Casemate itself; choose another';
  }
  if (name.length > PRINCIPAL_NAME_LENGTH_MAX) {
    return `must be at most ${PRINCIPAL_NAME_LENGTH_MAX} characters`;
  }
  if (!PRINCIPAL_NAME.test(name)) {
    return 'must be lower-case letters, digits, "-", ".", "_" or "@", beginning and ending with a letter or digit, such as "alice" or "alice@ministry.example"';
  }
  return undefined;
}
