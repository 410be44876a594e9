/**
 * Kubernetes quantities: `2`, `500m`, `2Gi`, `1.5G`, `1e3`. Exact: an amount is a whole number of nano units in a
 * bigint, never a float, so sums of quotas cannot drift.
 * Source of the rules: `k8s.io/apimachinery/pkg/api/resource`, as documented for `resource.Quantity`.
 */
import { type TSchema, type TUnsafe, Type } from 'typebox';
import { badRequest } from './errors.ts';

/** What a quantity looks like in JSON: a string, or a plain number where YAML was written without quotes. */
export type QuantityText = string | number;

/** How a quantity was written, and so how it is printed again. */
export type QuantityFormat = 'decimal' | 'binary' | 'exponent';

export interface Quantity {
  /** The amount in units of 10⁻⁹. */
  readonly nano: bigint;
  readonly format: QuantityFormat;
}

const NANO = 1_000_000_000n;
// Kubernetes cannot hold more than 2⁶³−1; neither do we take what its clients could not read back.
const AMOUNT_MAX = 2n ** 63n - 1n;
const TEXT_LENGTH_MAX = 64;
const EXPONENT_MAX = 18;

/** Suffix to decimal exponent, largest first. */
const DECIMAL: readonly (readonly [suffix: string, exponent: number])[] = [
  ['E', 18],
  ['P', 15],
  ['T', 12],
  ['G', 9],
  ['M', 6],
  ['k', 3],
  ['', 0],
  ['m', -3],
  ['u', -6],
  ['n', -9],
];

/** Suffix to power of 1024, largest first. */
const BINARY: readonly (readonly [suffix: string, power: number])[] = [
  ['Ei', 6],
  ['Pi', 5],
  ['Ti', 4],
  ['Gi', 3],
  ['Mi', 2],
  ['Ki', 1],
];

const UNSIGNED = String.raw`(?:\d+(?:\.\d*)?|\.\d+)(?:[KMGTPE]i|[numkMGTPE]|[eE][+-]?\d{1,2})?`;
const PARTS = /^([+-]?)(\d*)(?:\.(\d*))?([a-zA-Z]{0,2}|[eE][+-]?\d{1,2})$/;

const multiplier = new Map<string, { readonly numerator: bigint; readonly format: QuantityFormat }>([
  ...DECIMAL.map(
    ([suffix, exponent]) => [suffix, { numerator: 10n ** BigInt(exponent + 9), format: 'decimal' }] as const,
  ),
  ...BINARY.map(
    ([suffix, power]) => [suffix, { numerator: 1024n ** BigInt(power) * NANO, format: 'binary' }] as const,
  ),
]);

function scaleOf(
  suffix: string,
): { readonly numerator: bigint; readonly format: QuantityFormat } | undefined {
  const known = multiplier.get(suffix);
  if (known) return known;
  const exponent = /^[eE]([+-]?\d{1,2})$/.exec(suffix)?.[1];
  if (exponent === undefined) return undefined;
  const power = Number(exponent);
  if (power < -9 || power > EXPONENT_MAX) return undefined;
  return { numerator: 10n ** BigInt(power + 9), format: 'exponent' };
}

function refuse(text: QuantityText, why: string): never {
  const shown = String(text).slice(0, TEXT_LENGTH_MAX);
  throw badRequest(
    `quantity "${shown}" ${why}; write a number with an optional unit, such as 2, 500m, 2Gi or 1.5G`,
  );
}

// Few amounts are written over and over, and each is read several times on the way of one change.
const READ_MAX = 1_024;
const read = new Map<QuantityText, Quantity>();

/** Reads a quantity. Throws `badRequest` with what would be right. A part finer than 10⁻⁹ is rounded up, as Kubernetes does. */
export function parseQuantity(text: QuantityText): Quantity {
  let quantity = read.get(text);
  if (quantity === undefined) {
    quantity = readQuantity(text);
    if (read.size >= READ_MAX) read.clear();
    read.set(text, quantity);
  }
  return quantity;
}

function readQuantity(text: QuantityText): Quantity {
  const source = typeof text === 'number' ? numberText(text) : text;
  if (source.length > TEXT_LENGTH_MAX) refuse(text, `is longer than ${TEXT_LENGTH_MAX} characters`);
  const [, sign = '', whole = '', fraction = '', suffix = ''] =
    PARTS.exec(source) ?? refuse(text, 'is not a number');
  if (whole === '' && fraction === '') refuse(text, 'has no digits');
  const scale = scaleOf(suffix) ?? refuse(text, `has an unknown unit "${suffix}"`);
  const digits = BigInt(whole + fraction) * scale.numerator;
  const divisor = 10n ** BigInt(fraction.length);
  const amount = (digits + divisor - 1n) / divisor;
  if (amount > AMOUNT_MAX * NANO) refuse(text, 'is larger than 2^63-1');
  return { nano: sign === '-' ? -amount : amount, format: scale.format };
}

function numberText(value: number): string {
  if (!Number.isFinite(value)) refuse(value, 'is not a finite number');
  return String(value);
}

/** Whether `parseQuantity` would take it. */
export function isQuantity(text: QuantityText): boolean {
  try {
    parseQuantity(text);
    return true;
  } catch {
    return false;
  }
}

/** Prints the canonical form: the largest unit that leaves no fraction (`1.5Gi` → `1536Mi`, `0.5` → `500m`). */
export function formatQuantity(quantity: Quantity): string {
  const negative = quantity.nano < 0n;
  const amount = negative ? -quantity.nano : quantity.nano;
  const text =
    quantity.format === 'binary' && amount >= 1024n * NANO
      ? binaryText(amount)
      : decimalText(amount, quantity.format);
  return negative ? `-${text}` : text;
}

function binaryText(nano: bigint): string {
  const whole = (nano + NANO - 1n) / NANO;
  for (const [suffix, power] of BINARY) {
    const unit = 1024n ** BigInt(power);
    if (whole % unit === 0n) return `${whole / unit}${suffix}`;
  }
  return String(whole);
}

function decimalText(nano: bigint, format: QuantityFormat): string {
  if (nano === 0n) return '0';
  for (const [suffix, exponent] of DECIMAL) {
    const unit = 10n ** BigInt(exponent + 9);
    if (nano % unit !== 0n) continue;
    const mantissa = nano / unit;
    if (format !== 'exponent') return `${mantissa}${suffix}`;
    return exponent === 0 ? String(mantissa) : `${mantissa}e${exponent}`;
  }
  return '0';
}

/** Negative when `left` is smaller, 0 when equal in amount (`1Gi` and `1024Mi`), positive when larger. */
export function compareQuantities(left: QuantityText, right: QuantityText): number {
  const difference = parseQuantity(left).nano - parseQuantity(right).nano;
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

/** Adds, keeping the first one's format unless it is zero. */
export function addQuantities(left: Quantity, right: Quantity): Quantity {
  return { nano: left.nano + right.nano, format: left.nano === 0n ? right.format : left.format };
}

export const ZERO: Quantity = { nano: 0n, format: 'decimal' };

/** Canonical text of a quantity, so that equal amounts in one format read the same. */
export function canonicalQuantity(text: QuantityText): string {
  return formatQuantity(parseQuantity(text));
}

/** Whole bytes, rounded up. Throws `badRequest` for a negative amount or one past 2⁵³−1 (8 PiB). */
export function bytes(text: QuantityText): number {
  return wholeNumber(text, NANO, 'bytes');
}

/** Whole thousandths of a CPU, rounded up: `2` → 2000, `500m` → 500. Throws `badRequest` for a negative amount. */
export function millicores(text: QuantityText): number {
  return wholeNumber(text, NANO / 1000n, 'thousandths of a CPU');
}

function wholeNumber(text: QuantityText, unit_nano: bigint, unit: string): number {
  const { nano } = parseQuantity(text);
  if (nano < 0n) refuse(text, 'is negative');
  const whole = (nano + unit_nano - 1n) / unit_nano;
  if (whole > BigInt(Number.MAX_SAFE_INTEGER)) refuse(text, `is too many ${unit}`);
  return Number(whole);
}

/** A field that holds a quantity of zero or more: a string such as `2Gi`, or a plain number. */
export function quantitySchema(
  description: string,
  options: { readonly default?: string } = {},
): TUnsafe<QuantityText> {
  return Type.Unsafe<QuantityText>({
    ...options,
    description: `${description} A quantity such as 2, 500m, 2Gi or 1.5G.`,
    anyOf: [
      { type: 'string', maxLength: TEXT_LENGTH_MAX, pattern: `^${UNSIGNED}$` },
      { type: 'number', minimum: 0 },
    ],
    'x-kubernetes-int-or-string': true,
  } as TSchema);
}
