/** Small readers of one header or query parameter; each throws an S3Error that names it. */
import { invalidArgument } from '../errors.ts';

export type Fields = ReadonlyMap<string, string>;

/** A whole number in decimal; absent where the field is, or is empty. */
export function integer(
  fields: Fields,
  name: string,
  bounds: { readonly min: number; readonly max: number },
): number | undefined {
  const text = fields.get(name);
  if (text === undefined || text === '') return undefined;
  const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= bounds.min && value <= bounds.max))
    throw invalidArgument(name, text, `a whole number from ${bounds.min} to ${bounds.max}`);
  return value;
}

export function oneOf<T extends string>(fields: Fields, name: string, values: readonly T[]): T | undefined {
  const text = fields.get(name);
  if (text === undefined) return undefined;
  const found = values.find((value) => value === text);
  if (found === undefined) throw invalidArgument(name, text, `one of ${values.join(', ')}`);
  return found;
}

/** `true` or `false`, in any case as SDKs send it. */
export function flag(fields: Fields, name: string): boolean {
  const text = fields.get(name)?.toLowerCase();
  if (text === undefined || text === 'false') return false;
  if (text !== 'true') throw invalidArgument(name, text, 'true or false');
  return true;
}

/** An object with the field where there is a value, and without it where there is none. */
export function present<K extends string, V>(name: K, value: V | undefined): { readonly [P in K]?: V } {
  return (value === undefined ? {} : { [name]: value }) as { readonly [P in K]?: V };
}
