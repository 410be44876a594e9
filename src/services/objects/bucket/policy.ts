/**
 * Bucket policies as S3 has them (IAM user guide, "Grammar of the IAM JSON policy language"): read into statements whose every part is known. What is not known here is refused
 * when it is set, because a condition that nobody looks at would open or close something else than was meant. Pure; `server/` evaluates.
 */

const STATEMENTS_MAX = 100;
const VALUES_MAX = 256;
const TEXT_LENGTH_MAX = 2_048;

/** What a policy can ask about a request. */
export const CONDITION_KEYS = [
  'aws:CurrentTime',
  'aws:SecureTransport',
  'aws:SourceIp',
  'aws:username',
  's3:delimiter',
  's3:max-keys',
  's3:object-lock-mode',
  's3:object-lock-remaining-retention-days',
  's3:prefix',
  's3:VersionId',
  's3:x-amz-server-side-encryption',
] as const;
export type ConditionKey = (typeof CONDITION_KEYS)[number];

export const CONDITION_OPERATORS = [
  'StringEquals',
  'StringNotEquals',
  'StringEqualsIgnoreCase',
  'StringLike',
  'StringNotLike',
  'NumericEquals',
  'NumericLessThan',
  'NumericLessThanEquals',
  'NumericGreaterThan',
  'NumericGreaterThanEquals',
  'DateLessThan',
  'DateGreaterThan',
  'Bool',
  'IpAddress',
  'NotIpAddress',
  'Null',
] as const;
export type ConditionOperator = (typeof CONDITION_OPERATORS)[number];

export interface PolicyCondition {
  readonly operator: ConditionOperator;
  /** `StringEqualsIfExists`: holds as well where the request has no such value. */
  readonly ifExists: boolean;
  readonly key: ConditionKey;
  /** One of them has to fit; of a negative operator none may. */
  readonly values: readonly string[];
}

/** `everybody`: also who is nobody here. `organization`: every member. Else the name that actors have. */
export type PolicyPrincipal =
  | { readonly type: 'everybody' }
  | { readonly type: 'organization' }
  | { readonly type: 'name'; readonly name: string };

export interface PolicyStatement {
  readonly sid?: string;
  readonly effect: 'Allow' | 'Deny';
  readonly principals: { readonly not: boolean; readonly list: readonly PolicyPrincipal[] };
  /** `s3:GetObject`, with `*` and `?`; compared without regard to case. */
  readonly actions: { readonly not: boolean; readonly list: readonly string[] };
  /** What follows `arn:aws:s3:::`: `bucket` itself, or `bucket/pattern` with `*` and `?`. */
  readonly resources: { readonly not: boolean; readonly list: readonly string[] };
  readonly conditions: readonly PolicyCondition[];
}

export interface BucketPolicy {
  readonly statements: readonly PolicyStatement[];
}

/** Says where it is wrong, and what would be right. */
export class PolicyError extends Error {
  override readonly name = 'PolicyError';
}

export interface PolicyPlace {
  readonly bucket: string;
  /** The organization's name: what stands where AWS has an account. */
  readonly organization: string;
}

/** Throws PolicyError. */
export function parsePolicy(text: string, place: PolicyPlace): BucketPolicy {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new PolicyError('is no JSON');
  }
  const document = fields(value, '', ['Version', 'Id', 'Statement']);
  const { Version: version = '2012-10-17', Statement: statement } = document;
  if (version !== '2012-10-17' && version !== '2008-10-17') throw wrong('Version', 'should be 2012-10-17');
  const statements = Array.isArray(statement) ? statement : [statement];
  if (statements.length === 0 || statements.length > STATEMENTS_MAX) {
    throw wrong('Statement', `should be 1 to ${STATEMENTS_MAX} statements`);
  }
  return { statements: statements.map((one, index) => readStatement(one, `Statement[${index}]`, place)) };
}

/** Whether it opens anything to who is nobody here. */
export const isPublic = ({ statements }: BucketPolicy): boolean =>
  statements.some(
    ({ effect, principals, conditions }) =>
      effect === 'Allow' &&
      (principals.not || principals.list.some(({ type }) => type === 'everybody')) &&
      !conditions.some(narrowsToSomebody),
  );

/** Holds for nobody who could be anybody: a member's name, or addresses that are not all of them. */
function narrowsToSomebody({ operator, ifExists, key, values }: PolicyCondition): boolean {
  if (ifExists) return false;
  if (key === 'aws:username') return operator === 'StringEquals';
  return (
    key === 'aws:SourceIp' && operator === 'IpAddress' && !values.some((range) => /\/[0-7]$/.test(range))
  );
}

const wrong = (at: string, message: string) => new PolicyError(at === '' ? message : `${at}: ${message}`);

type Fields = Readonly<Record<string, unknown>>;

function fields(value: unknown, at: string, known: readonly string[]): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw wrong(at, 'should be an object');
  for (const name of Object.keys(value)) {
    if (!known.includes(name)) throw wrong(at, `"${name.slice(0, 64)}" is not one of ${known.join(', ')}`);
  }
  return value as Fields;
}

/** A text, or a list of texts. */
function texts(value: unknown, at: string): readonly string[] {
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  if (list.length === 0 || list.length > VALUES_MAX) throw wrong(at, `should be 1 to ${VALUES_MAX} texts`);
  return list.map((one) => {
    if (typeof one === 'string' && one.length <= TEXT_LENGTH_MAX) return one;
    throw wrong(at, `should be a text of at most ${TEXT_LENGTH_MAX} characters, or a list of them`);
  });
}

/** One of a field and its `Not` form. */
function either<T>(
  statement: Fields,
  name: string,
  at: string,
  read: (value: unknown, at: string) => readonly T[],
): { readonly not: boolean; readonly list: readonly T[] } {
  const not = statement[name] === undefined;
  const field = not ? `Not${name}` : name;
  if (statement[field] === undefined) throw wrong(at, `takes ${name} or Not${name}`);
  if (!not && statement[`Not${name}`] !== undefined) throw wrong(at, `takes ${name} or Not${name}, not both`);
  return { not, list: read(statement[field], `${at}.${field}`) };
}

function readStatement(value: unknown, at: string, place: PolicyPlace): PolicyStatement {
  const parts = ['Principal', 'NotPrincipal', 'Action', 'NotAction', 'Resource', 'NotResource'];
  const statement = fields(value, at, ['Sid', 'Effect', ...parts, 'Condition']);
  const { Effect: effect, Sid: sid } = statement;
  if (effect !== 'Allow' && effect !== 'Deny') throw wrong(`${at}.Effect`, 'should be Allow or Deny');
  const principals = either(statement, 'Principal', at, (one, where) => readPrincipals(one, where, place));
  // As S3: it would open to everybody but somebody.
  if (principals.not && effect === 'Allow') throw wrong(`${at}.NotPrincipal`, 'goes with Deny only');
  return {
    ...(sid === undefined ? {} : { sid: texts(sid, `${at}.Sid`)[0] ?? '' }),
    effect,
    principals,
    actions: either(statement, 'Action', at, readActions),
    resources: either(statement, 'Resource', at, (one, where) => readResources(one, where, place)),
    conditions: readConditions(statement.Condition, `${at}.Condition`),
  };
}

function readPrincipals(
  value: unknown,
  at: string,
  { organization }: PolicyPlace,
): readonly PolicyPrincipal[] {
  if (value === '*') return [{ type: 'everybody' }];
  const { AWS: named } = fields(value, at, ['AWS']);
  return texts(named, `${at}.AWS`).map((text): PolicyPrincipal => {
    if (text === '*') return { type: 'everybody' };
    const own = `arn:aws:iam::${organization}:`;
    const rest = text.startsWith(own) ? text.slice(own.length) : text === organization ? 'root' : undefined;
    if (rest === 'root') return { type: 'organization' };
    const [, type, name = '', account] =
      /^(user|serviceaccount)\/([^/]+)(?:\/([^/]+))?$/.exec(rest ?? '') ?? [];
    if (type === 'user' && account === undefined) return { type: 'name', name };
    if (type === 'serviceaccount' && account !== undefined) {
      return { type: 'name', name: `system:serviceaccount:${name}:${account}` };
    }
    throw wrong(
      `${at}.AWS`,
      `"${text.slice(0, 128)}" should be *, ${own}root, ${own}user/<name> or ${own}serviceaccount/<project>/<name>`,
    );
  });
}

function readActions(value: unknown, at: string): readonly string[] {
  const list = texts(value, at);
  const odd = list.find((action) => action !== '*' && !/^s3:[A-Za-z*?]+$/.test(action));
  if (odd !== undefined)
    throw wrong(at, `"${odd.slice(0, 64)}" should be s3:<Action>, with * and ? for anything`);
  return list;
}

function readResources(value: unknown, at: string, { bucket }: PolicyPlace): readonly string[] {
  return texts(value, at).map((text) => {
    const path = text.startsWith('arn:aws:s3:::') ? text.slice('arn:aws:s3:::'.length) : undefined;
    if (path === bucket || path?.startsWith(`${bucket}/`)) return path;
    throw wrong(
      at,
      `"${text.slice(0, 128)}" should be arn:aws:s3:::${bucket} or arn:aws:s3:::${bucket}/<pattern>`,
    );
  });
}

function readConditions(value: unknown, at: string): readonly PolicyCondition[] {
  if (value === undefined) return [];
  const known = CONDITION_OPERATORS.flatMap((one) => (one === 'Null' ? [one] : [one, `${one}IfExists`]));
  return Object.entries(fields(value, at, known)).flatMap(([name, asked]) => {
    const ifExists = name.endsWith('IfExists');
    const operator = (ifExists ? name.slice(0, -'IfExists'.length) : name) as ConditionOperator;
    return Object.entries(fields(asked, `${at}.${name}`, keysIn(asked))).map(
      ([text, given]): PolicyCondition => {
        const key = CONDITION_KEYS.find((one) => one.toLowerCase() === text.toLowerCase());
        if (key === undefined) {
          throw wrong(`${at}.${name}`, `"${text.slice(0, 64)}" is not one of ${CONDITION_KEYS.join(', ')}`);
        }
        const list = Array.isArray(given) ? given : [given];
        const plain = list.map((one) =>
          typeof one === 'boolean' || typeof one === 'number' ? String(one) : one,
        );
        return { operator, ifExists, key, values: texts(plain, `${at}.${name}.${key}`) };
      },
    );
  });
}

const keysIn = (value: unknown): readonly string[] =>
  typeof value === 'object' && value !== null ? Object.keys(value) : [];
