/**
 * The policy of a form: what who signed it allows whoever has it to upload (S3 API reference, "POST Policy"). Every field of the form has to be allowed by a condition, so
 * that nobody adds any.
 */
import { S3Error } from '../errors.ts';
import { parseIsoDate } from '../headers/dates.ts';

const CONDITIONS_MAX = 100;

export interface FormPolicy {
  readonly expires_ms: number;
  readonly conditions: readonly Condition[];
  /** Of the file, in bytes. */
  readonly size?: { readonly min: number; readonly max: number };
}

interface Condition {
  readonly match: 'eq' | 'starts-with';
  /** In lower case. */
  readonly field: string;
  readonly value: string;
}

export function parsePolicy(base64: string): FormPolicy {
  let json: unknown;
  try {
    json = JSON.parse(Buffer.from(base64, 'base64').toString('utf8'));
  } catch {
    throw invalid('it is JSON in base64');
  }
  const { expiration, conditions } = (typeof json === 'object' && json !== null ? json : {}) as Record<
    string,
    unknown
  >;
  const expires_ms = typeof expiration === 'string' ? parseIsoDate(expiration) : undefined;
  if (expires_ms === undefined) throw invalid('expiration is a time such as 2036-01-31T00:00:00Z');
  if (!Array.isArray(conditions) || conditions.length > CONDITIONS_MAX)
    throw invalid(`conditions is a list of at most ${CONDITIONS_MAX}`);
  const matches: Condition[] = [];
  let size: FormPolicy['size'];
  for (const condition of conditions as readonly unknown[]) {
    if (Array.isArray(condition) && condition[0] === 'content-length-range') size = sizeOf(condition);
    else matches.push(...conditionsOf(condition));
  }
  return { expires_ms, conditions: matches, ...(size && { size }) };
}

/** `["content-length-range", 1, 10485760]`; some SDKs send the numbers as text. */
function sizeOf([, ...bounds]: readonly unknown[]): { min: number; max: number } {
  const [min, max] = bounds.map((bound) =>
    typeof bound === 'string' && /^\d{1,15}$/.test(bound) ? Number(bound) : bound,
  );
  if (bounds.length !== 2 || !Number.isSafeInteger(min) || !Number.isSafeInteger(max))
    throw invalid('content-length-range has the least and the most bytes');
  return { min: min as number, max: max as number };
}

/** `["eq", "$acl", "private"]`, `["starts-with", "$key", "user/"]`, or `{"acl": "private"}`. */
function conditionsOf(condition: unknown): readonly Condition[] {
  if (Array.isArray(condition)) {
    const [match, field, value] = condition as readonly unknown[];
    const known = typeof match === 'string' ? match.toLowerCase() : '';
    if ((known !== 'eq' && known !== 'starts-with') || condition.length !== 3)
      throw invalid(
        'a condition is ["eq", "$field", "value"], ["starts-with", …], ["content-length-range", …] or {"field": "value"}',
      );
    if (typeof field !== 'string' || !field.startsWith('$') || typeof value !== 'string')
      throw invalid('a condition names a field with $, and a text');
    return [{ match: known, field: field.slice(1).toLowerCase(), value }];
  }
  if (typeof condition !== 'object' || condition === null)
    throw invalid('a condition is a list or an object');
  return Object.entries(condition).map(([field, value]) => {
    if (typeof value !== 'string') throw invalid(`the condition on ${field} is a text`);
    return { match: 'eq' as const, field: field.toLowerCase(), value };
  });
}

/** Fields that the policy cannot speak of, as they are or hold it. */
const UNCONDITIONED = new Set(['policy', 'x-amz-signature', 'file']);

/** `values`: what the form has, in UTF-8, with `bucket` and the `key` as it will be. Throws AccessDenied. */
export function checkPolicy(policy: FormPolicy, values: ReadonlyMap<string, string>, now_ms: number): void {
  if (now_ms >= policy.expires_ms) throw denied('it has expired; ask for another form');
  for (const { match, field, value } of policy.conditions) {
    const given = values.get(field) ?? '';
    if (match === 'eq' ? given !== value : !given.startsWith(value))
      throw denied(`["${match}", "$${field}", "${value}"] does not hold`);
  }
  const allowed = new Set(policy.conditions.map(({ field }) => field));
  for (const field of values.keys())
    if (!allowed.has(field) && !UNCONDITIONED.has(field) && !field.startsWith('x-ignore-'))
      throw denied(`the field ${field} is in no condition of it`);
}

function invalid(message: string): S3Error {
  return new S3Error('InvalidPolicyDocument', `the policy of the form: ${message}`);
}

function denied(message: string): S3Error {
  return new S3Error('AccessDenied', `the policy of the form: ${message}`);
}
