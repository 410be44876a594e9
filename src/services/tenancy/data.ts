/**
 * Rules that Secret and ConfigMap share, as pure functions from data to what is wrong with it.
 * No message ever repeats a value: it may be a secret.
 */
import { isDeepStrictEqual } from 'node:util';
import { invalid, type StatusCause } from '#kernel/errors.ts';
import type { AdmissionRequest } from '#kernel/kind.ts';

/** As in Kubernetes: 1 MiB of decoded data. */
export const DATA_BYTES_MAX = 1024 * 1024;
export const DATA_KEYS_MAX = 1024;
const KEY_LENGTH_MAX = 253;
const KEY = /^[-._a-zA-Z0-9]+$/;
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

type Data = Readonly<Record<string, string>>;

export function isBase64(text: string): boolean {
  return BASE64.test(text);
}

/** What is wrong with keys, and (with `base64`) values, of the map in `field`. */
export function dataCauses(field: string, data: Data, base64: boolean): StatusCause[] {
  const causes: StatusCause[] = [];
  for (const [key, value] of Object.entries(data)) {
    const path = `${field}[${key.slice(0, KEY_LENGTH_MAX)}]`;
    if (key.length > KEY_LENGTH_MAX || !KEY.test(key) || key === '.' || key.startsWith('..')) {
      causes.push({
        reason: 'FieldValueInvalid',
        field: path,
        message: `a key must be 1 to ${KEY_LENGTH_MAX} letters, digits, "-", "_" or ".", not "." and not beginning with ".."`,
      });
    }
    if (base64 && !isBase64(value)) {
      causes.push({
        reason: 'FieldValueInvalid',
        field: path,
        message: 'must be base64 (RFC 4648 §4, with padding); put plain text into stringData or data instead',
      });
    }
  }
  return causes;
}

export function sizeCause(size_bytes: number): StatusCause[] {
  if (size_bytes <= DATA_BYTES_MAX) return [];
  return [
    {
      reason: 'FieldValueTooLong',
      field: 'data',
      message: `holds ${size_bytes} bytes; at most ${DATA_BYTES_MAX} (1 MiB) fit into one object`,
    },
  ];
}

/** `immutable: true` cannot be taken back, and then the named maps (before, after) cannot change. */
export function immutableCauses(
  before: boolean | undefined,
  after: boolean | undefined,
  maps: Readonly<Record<string, readonly [before: Data | undefined, after: Data | undefined]>>,
): StatusCause[] {
  if (before !== true) return [];
  const causes: StatusCause[] = [];
  const message = 'cannot change once immutable is true; delete the object and make it anew';
  if (after !== true) causes.push({ reason: 'FieldValueForbidden', field: 'immutable', message });
  for (const [field, [old, now]] of Object.entries(maps)) {
    if (!isDeepStrictEqual({ ...old }, { ...now })) {
      causes.push({ reason: 'FieldValueForbidden', field, message });
    }
  }
  return causes;
}

/** Throws `invalid` when there is a cause. */
export function refuse(request: AdmissionRequest, causes: readonly StatusCause[]): void {
  if (causes.length === 0) return;
  const { group, kind } = request.kind;
  throw invalid({ group, kind, name: request.object.metadata.name }, causes);
}
