/**
 * What a bucket policy says of a request: it refuses, it opens, or it says nothing (IAM user guide, "Policy evaluation logic"). Pure.
 */
import { BlockList, isIP } from 'node:net';
import type {
  BucketPolicy,
  ConditionKey,
  PolicyCondition,
  PolicyPrincipal,
  PolicyStatement,
} from '../bucket/policy.ts';

export interface PolicyQuestion {
  /** `s3:GetObject`. */
  readonly action: string;
  /** `bucket` or `bucket/key`. */
  readonly resource: string;
  /** Name of the actor; absent for who is nobody here. */
  readonly actor?: string;
  readonly values: Readonly<Partial<Record<ConditionKey, string>>>;
}

export type PolicyVerdict = 'deny' | 'allow' | 'allow-public' | 'silent';

/** `allow-public`: what opens it would open it to who is nobody here as well. */
export function policyVerdict(policy: BucketPolicy, question: PolicyQuestion): PolicyVerdict {
  const fitting = policy.statements.filter((statement) => fits(statement, question));
  if (fitting.some(({ effect }) => effect === 'Deny')) return 'deny';
  const opening = fitting.filter(({ effect }) => effect === 'Allow');
  if (opening.length === 0) return 'silent';
  const isForMembers = opening.some(({ principals }) =>
    principals.list.some(({ type }) => type !== 'everybody'),
  );
  return isForMembers ? 'allow' : 'allow-public';
}

function fits(
  { principals, actions, resources, conditions }: PolicyStatement,
  question: PolicyQuestion,
): boolean {
  const action = question.action.toLowerCase();
  return (
    principals.list.some((one) => isMeant(one, question.actor)) !== principals.not &&
    actions.list.some((one) => isLike(action, one.toLowerCase())) !== actions.not &&
    resources.list.some((one) => isLike(question.resource, one)) !== resources.not &&
    conditions.every((condition) => holds(condition, question.values[condition.key]))
  );
}

function isMeant(principal: PolicyPrincipal, actor: string | undefined): boolean {
  if (principal.type === 'everybody') return true;
  if (actor === undefined) return false;
  return principal.type === 'organization' || principal.name === actor;
}

/** `*` is any text, `?` any character. Without regular expressions, whose time a pattern could stretch. */
export function isLike(text: string, pattern: string): boolean {
  let [at, star, retry] = [0, -1, 0];
  let in_ = 0;
  while (at < text.length) {
    const wanted = pattern[in_];
    if (wanted === '*') {
      star = in_++;
      retry = at;
    } else if (wanted !== undefined && (wanted === '?' || wanted === text[at])) {
      at++;
      in_++;
    } else if (star >= 0) {
      in_ = star + 1;
      at = ++retry;
    } else return false;
  }
  while (pattern[in_] === '*') in_++;
  return in_ === pattern.length;
}

type Test = (value: string, wanted: string) => boolean;

const numeric =
  (test: (a: number, b: number) => boolean): Test =>
  (value, wanted) => {
    const [a, b] = [Number(value), Number(wanted)];
    return !Number.isNaN(a) && !Number.isNaN(b) && test(a, b);
  };
const dated =
  (test: (a: number, b: number) => boolean): Test =>
  (value, wanted) => {
    const [a, b] = [Date.parse(value), Date.parse(wanted)];
    return !Number.isNaN(a) && !Number.isNaN(b) && test(a, b);
  };
const equals: Test = (value, wanted) => value === wanted;

const TESTS: Readonly<
  Record<Exclude<PolicyCondition['operator'], 'Null'>, { readonly test: Test; readonly not?: true }>
> = {
  StringEquals: { test: equals },
  StringNotEquals: { test: equals, not: true },
  StringEqualsIgnoreCase: { test: (value, wanted) => value.toLowerCase() === wanted.toLowerCase() },
  StringLike: { test: isLike },
  StringNotLike: { test: isLike, not: true },
  NumericEquals: { test: numeric((a, b) => a === b) },
  NumericLessThan: { test: numeric((a, b) => a < b) },
  NumericLessThanEquals: { test: numeric((a, b) => a <= b) },
  NumericGreaterThan: { test: numeric((a, b) => a > b) },
  NumericGreaterThanEquals: { test: numeric((a, b) => a >= b) },
  DateLessThan: { test: dated((a, b) => a < b) },
  DateGreaterThan: { test: dated((a, b) => a > b) },
  Bool: { test: (value, wanted) => value.toLowerCase() === wanted.toLowerCase() },
  IpAddress: { test: isWithin },
  NotIpAddress: { test: isWithin, not: true },
};

function holds({ operator, ifExists, values }: PolicyCondition, value: string | undefined): boolean {
  if (operator === 'Null') return values.some((one) => (one === 'true') === (value === undefined));
  const { test, not = false } = TESTS[operator];
  // As IAM: what is not there fits no positive condition, and every negative one.
  if (value === undefined) return ifExists || not;
  return values.some((wanted) => test(value, wanted)) !== not;
}

function isWithin(value: string, range: string): boolean {
  const [base = '', bits] = range.split('/');
  const version = isIP(base);
  if (version === 0 || isIP(value) !== version) return false;
  const family = version === 4 ? 'ipv4' : 'ipv6';
  const list = new BlockList();
  if (bits === undefined) list.addAddress(base, family);
  else list.addSubnet(base, Number(bits), family);
  return list.check(value, family);
}
