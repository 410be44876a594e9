/**
 * What a verified assertion must say to count here and now (SAML 2.0 core, 2.4 and 2.5; profiles, 4.1.4.3), by our own clock: from whom,
 * for whom, where to, in answer to what, from when until when. Pure.
 */
import { SKEW_MS } from './limits.ts';

const BEARER = 'urn:oasis:names:tc:SAML:2.0:cm:bearer';
export const TRANSIENT = 'urn:oasis:names:tc:SAML:2.0:nameid-format:transient';

export interface Expected {
  readonly issuer: string;
  readonly audience: string;
  readonly recipient: string;
  readonly inResponseTo: string;
  readonly now_ms: number;
}

/** An element as `xml2js` gives it: attributes under `$`, text under `_`, children by name. */
export interface Element {
  readonly $?: Readonly<Record<string, string>>;
  readonly _?: string;
  readonly [child: string]: unknown;
}

const refuse = (why: string) => new Error(`the SAML assertion is refused: ${why}`);

function children(element: Element, name: string): readonly Element[] {
  const found = Object.hasOwn(element, name) ? element[name] : undefined;
  return (Array.isArray(found) ? found : []).map((one) =>
    typeof one === 'string' ? { _: one } : (one as Element),
  );
}

function only(element: Element, name: string): Element {
  const [one, another] = children(element, name);
  if (!one || another) throw refuse(`it must have one ${name}`);
  return one;
}

const attribute = (element: Element, name: string): string | undefined => element.$?.[name];

function timeOf(element: Element, name: string): number | undefined {
  const text = attribute(element, name);
  if (text === undefined) return undefined;
  const time_ms = Date.parse(text);
  if (Number.isNaN(time_ms)) throw refuse(`${name} is no time`);
  return time_ms;
}

function requireTimes(element: Element, now_ms: number, what: string, needsEnd: boolean): void {
  const from_ms = timeOf(element, 'NotBefore');
  const end_ms = timeOf(element, 'NotOnOrAfter');
  if (needsEnd && end_ms === undefined) throw refuse(`${what} has no NotOnOrAfter`);
  if (end_ms !== undefined && now_ms - SKEW_MS >= end_ms) throw refuse(`${what} has expired`);
  if (from_ms !== undefined && now_ms + SKEW_MS < from_ms)
    throw refuse(`${what} is of a later time than ours`);
}

function requireSubject(assertion: Element, { recipient, inResponseTo, now_ms }: Expected): Element {
  const subject = only(assertion, 'Subject');
  const confirmation = only(subject, 'SubjectConfirmation');
  if (attribute(confirmation, 'Method') !== BEARER) throw refuse('its subject is not confirmed as a bearer');
  const data = only(confirmation, 'SubjectConfirmationData');
  if (attribute(data, 'Recipient') !== recipient) throw refuse('it is for another recipient');
  if (attribute(data, 'InResponseTo') !== inResponseTo) throw refuse('it answers another request');
  requireTimes(data, now_ms, 'its confirmation', true);
  return subject;
}

/** `assertion` with the signature checked. Gives the subject's NameID. Throws what is wrong. */
export function requireConditions(
  assertion: Element,
  expected: Expected,
): { readonly value?: string; readonly format?: string } {
  const { issuer, audience, now_ms } = expected;
  if (attribute(assertion, 'Version') !== '2.0') throw refuse('it is not of SAML 2.0');
  if (only(assertion, 'Issuer')._ !== issuer) throw refuse(`its issuer is not ${issuer}`);
  const issued_ms = timeOf(assertion, 'IssueInstant');
  if (issued_ms === undefined || issued_ms - SKEW_MS > now_ms)
    throw refuse('it is of a later time than ours');
  const conditions = only(assertion, 'Conditions');
  requireTimes(conditions, now_ms, 'it', true);
  const restrictions = children(conditions, 'AudienceRestriction');
  const isForUs = restrictions.every((one) =>
    children(one, 'Audience').some(({ _ }) => _?.trim() === audience),
  );
  if (restrictions.length === 0 || !isForUs) throw refuse('it is for another audience');
  const subject = requireSubject(assertion, expected);
  for (const statement of children(assertion, 'AuthnStatement')) {
    const end_ms = timeOf(statement, 'SessionNotOnOrAfter');
    if (end_ms !== undefined && now_ms - SKEW_MS >= end_ms) throw refuse('the session there has ended');
  }
  if (children(assertion, 'AuthnStatement').length === 0)
    throw refuse('it does not say that anybody signed in');
  const [nameId, another] = children(subject, 'NameID');
  if (another) throw refuse('it names two subjects');
  const format = nameId && attribute(nameId, 'Format');
  return {
    ...(nameId?._ === undefined ? {} : { value: nameId._ }),
    ...(format === undefined ? {} : { format }),
  };
}
