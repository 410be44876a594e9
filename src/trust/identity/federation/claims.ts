/** What a provider said of somebody, as its mapping reads it. Pure: nothing here is believed beyond what `admit-person.ts` allows. */
import { nameProblem } from '../../access/names.ts';
import type { Duty } from '../../access/separation.ts';
import { userNameFrom } from '../people/names.ts';
import type { IdentityProviderSpec } from './identity-provider.ts';
import { CLAIM_LENGTH_MAX, GROUPS_MAX } from './limits.ts';

/** Claims or attributes by name: texts and lists of texts count. */
export type Claims = Readonly<Record<string, unknown>>;

export interface Told {
  /** What the provider calls them, for ever. */
  readonly subject: string;
  /** The name of a User to make; undefined where the provider gave none that could be one. */
  readonly name: string | undefined;
  readonly displayName: string | undefined;
  readonly email: string | undefined;
  /** With the provider's prefix. */
  readonly groups: readonly string[];
}

/** Why somebody does not get in, as the sign-in page then says. */
export type Problem =
  | 'failed'
  | 'unreachable'
  | 'incomplete'
  | 'domain'
  | 'unknown'
  | 'name'
  | 'taken'
  | 'disabled';

/** What the page says: one of the above, or which two duties its groups would bring together. */
export type PageProblem =
  | { readonly problem: Problem }
  | { readonly problem: 'duties'; readonly duties: readonly [Duty, Duty] };

export type Refusal = PageProblem & {
  /** For the record, not for the page. */
  readonly detail: string;
  /** The user who is refused, where it is known which. */
  readonly user?: string;
};

export type Mapping = IdentityProviderSpec['mapping'];

const EMAIL_LENGTH_MAX = 254;
const DISPLAY_LENGTH_MAX = 200;
const EMAIL = /^[^\s@<>"]+@[^\s@<>"]+$/;

/** Own properties only: a claim may be called `constructor`. */
const claimOf = (claims: Claims, name: string): unknown =>
  Object.hasOwn(claims, name) ? claims[name] : undefined;

export function textOf(claims: Claims, name: string | undefined): string | undefined {
  const value = name === undefined ? undefined : claimOf(claims, name);
  const [first] = [value].flat();
  if (typeof first !== 'string') return undefined;
  const text = first.normalize('NFC').trim();
  return text === '' || text.length > CLAIM_LENGTH_MAX ? undefined : text;
}

/** Names as role bindings may name them; what could not be one is left out. */
function groupsOf(claims: Claims, { groups, groupPrefix }: Mapping): readonly string[] {
  if (groups === undefined || groupPrefix === undefined) return [];
  const listed = [claimOf(claims, groups)].flat().filter((one) => typeof one === 'string');
  const names = listed
    .map((one) => `${groupPrefix}${one.normalize('NFKC').trim().toLowerCase()}`)
    .filter((name) => name !== groupPrefix && nameProblem(name) === undefined);
  return [...new Set(names)].slice(0, GROUPS_MAX);
}

/** Whether an email is one of those who may sign in, and not said to be unverified. */
function isOfDomain(email: string | undefined, claims: Claims, { allowedDomains }: Mapping): boolean {
  if (allowedDomains === undefined || allowedDomains.length === 0) return true;
  if (email === undefined || claimOf(claims, 'email_verified') === false) return false;
  return allowedDomains.includes(email.slice(email.lastIndexOf('@') + 1).toLowerCase());
}

/** `subject`: who the protocol itself says it is, where the mapping names no claim. */
export function told(claims: Claims, subject: string | undefined, mapping: Mapping): Told | Refusal {
  const named = mapping.subject === undefined ? subject : textOf(claims, mapping.subject);
  if (named === undefined || named === '' || named.length > CLAIM_LENGTH_MAX) {
    return { problem: 'incomplete', detail: 'it did not say who it is: the subject is missing' };
  }
  const given = textOf(claims, mapping.email);
  const email =
    given !== undefined && EMAIL.test(given) && given.length <= EMAIL_LENGTH_MAX ? given : undefined;
  if (!isOfDomain(email, claims, mapping)) {
    return {
      problem: 'domain',
      detail: `subject ${named}: their email is in none of spec.mapping.allowedDomains`,
    };
  }
  const name = userNameFrom(textOf(claims, mapping.user) ?? '');
  return {
    subject: named,
    name,
    displayName: textOf(claims, mapping.displayName)?.slice(0, DISPLAY_LENGTH_MAX),
    email,
    groups: groupsOf(claims, mapping),
  };
}
