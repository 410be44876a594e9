/**
 * Who manages which fields of an object: `metadata.managedFields` in memory and on the wire. Pure.
 */
import type { StatusCause } from '../errors.ts';
import { isRecord } from '../schema/field-path.ts';
import { type FieldSet, isEmpty, union } from './field-set.ts';
import { decodeFields, encodeFields, type FieldsV1 } from './fields-v1.ts';

/** As in Kubernetes. */
export const MANAGER_LENGTH_MAX = 128;
export const UPDATE_MANAGERS_MAX = 10;
const SUBRESOURCE_LENGTH_MAX = 256;
/** Entries of one object in all. */
export const MANAGERS_MAX = 256;

/** The manager of what was there before anybody applied. */
export const BEFORE_FIRST_APPLY = 'before-first-apply';
/** The manager that takes over from the oldest when there are too many. */
export const ANCIENT_CHANGES = 'ancient-changes';

/** `Apply` owns what it applied last; `Update` (create, update, other patches) owns what it changed. */
export type ManagerOperation = 'Apply' | 'Update';

export interface Manager {
  readonly manager: string;
  readonly operation: ManagerOperation;
  readonly apiVersion: string;
  /** `status`, or absent for the object itself. */
  readonly subresource: string | undefined;
  /** RFC 3339; when it last changed what it owns. */
  readonly time: string | undefined;
  readonly fields: FieldSet;
}

/** One entry of `metadata.managedFields`. */
export interface ManagedFieldsEntry {
  readonly manager: string;
  readonly operation: ManagerOperation;
  readonly apiVersion: string;
  readonly time?: string;
  readonly fieldsType: 'FieldsV1';
  readonly fieldsV1: FieldsV1;
  readonly subresource?: string;
}

/** Whether two entries are of one manager: an applier keeps its entry when the version changes. */
export function sameManager(a: Manager, b: Manager): boolean {
  return (
    a.manager === b.manager &&
    a.operation === b.operation &&
    a.subresource === b.subresource &&
    (a.operation === 'Apply' || a.apiVersion === b.apiVersion)
  );
}

/** Clients that know nothing of managers may not lose them: only this, said on purpose, makes an object forget them. */
export const isReset = (given: unknown): boolean =>
  Array.isArray(given) && given.length === 1 && isRecord(given[0]) && Object.keys(given[0]).length === 0;

export function encodeManagers(managers: readonly Manager[]): ManagedFieldsEntry[] {
  return managers
    .filter(({ fields }) => !isEmpty(fields))
    .sort(byOrder)
    .map(({ manager, operation, apiVersion, time, fields, subresource }) => ({
      manager,
      operation,
      apiVersion,
      ...(time === undefined ? {} : { time }),
      fieldsType: 'FieldsV1',
      fieldsV1: encodeFields(fields),
      ...(subresource === undefined ? {} : { subresource }),
    }));
}

const text = (value: string | undefined) => value ?? '';
const ascending = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);

/** Appliers first, then by time: the order in which Kubernetes shows them. */
function byOrder(a: Manager, b: Manager): number {
  return (
    ascending(a.operation, b.operation) ||
    ascending(text(a.time), text(b.time)) ||
    ascending(a.manager, b.manager) ||
    ascending(a.apiVersion, b.apiVersion) ||
    ascending(text(a.subresource), text(b.subresource))
  );
}

export interface DecodedManagers {
  readonly managers: readonly Manager[];
  /** What is wrong with the entries; those are left out. */
  readonly causes: readonly StatusCause[];
}

/** Reads entries, from the store or from a client. Absent means none. */
export function decodeManagers(entries: unknown): DecodedManagers {
  if (entries === undefined || entries === null) return { managers: [], causes: [] };
  if (!Array.isArray(entries)) return { managers: [], causes: [wrong('', 'must be a list')] };
  const managers: Manager[] = [];
  const causes: StatusCause[] = [];
  for (const [index, entry] of entries.entries()) {
    const read = decodeEntry(entry);
    if ('field' in read) causes.push(wrong(`[${index}]${read.field}`, read.message));
    else managers.push(read);
  }
  return { managers: managers.filter(({ fields }) => !isEmpty(fields)), causes };
}

const wrong = (where: string, message: string): StatusCause => ({
  reason: 'FieldValueInvalid',
  field: `metadata.managedFields${where}`,
  message: `Invalid value: ${message}`,
});

function decodeEntry(entry: unknown): Manager | { readonly field: string; readonly message: string } {
  if (!isRecord(entry)) return { field: '', message: 'must be an object' };
  const { manager, operation, apiVersion, time, fieldsType, fieldsV1, subresource } = entry;
  if (typeof manager !== 'string' || !isManagerName(manager)) {
    return { field: '.manager', message: `must be at most ${MANAGER_LENGTH_MAX} printable characters` };
  }
  if (operation !== 'Apply' && operation !== 'Update') {
    return { field: '.operation', message: 'must be Apply or Update' };
  }
  if (typeof apiVersion !== 'string') return { field: '.apiVersion', message: 'must be a string' };
  if (time !== undefined && time !== null && typeof time !== 'string') {
    return { field: '.time', message: 'must be a time in RFC 3339' };
  }
  if (fieldsType !== 'FieldsV1') return { field: '.fieldsType', message: 'must be FieldsV1' };
  if (subresource !== undefined && !isSubresource(subresource)) {
    return { field: '.subresource', message: 'must be the name of a subresource' };
  }
  const fields = decodeFields(fieldsV1 ?? {});
  if ('wrong' in fields) return { field: '.fieldsV1', message: fields.wrong };
  return {
    manager,
    operation,
    apiVersion,
    time: time ?? undefined,
    fields,
    subresource: subresource || undefined,
  };
}

const isSubresource = (value: unknown): value is string =>
  typeof value === 'string' && value.length <= SUBRESOURCE_LENGTH_MAX;

export const isManagerName = (name: string): boolean =>
  name.length <= MANAGER_LENGTH_MAX && /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]*$/u.test(name);

/** What is wrong with `metadata.managedFields` as a client sent it; empty when nothing is. */
export function managerCauses(given: unknown): readonly StatusCause[] {
  if (isReset(given)) return [];
  if (Array.isArray(given) && given.length > MANAGERS_MAX) {
    return [wrong('', `has ${given.length} entries; the most is ${MANAGERS_MAX}`)];
  }
  return decodeManagers(given).causes;
}

/** Joins the oldest Update managers of one version until there are few enough. */
export function cappedManagers(managers: readonly Manager[]): readonly Manager[] {
  const updaters = managers.filter(({ operation }) => operation === 'Update').sort(byOrder);
  const excess = updaters.length - UPDATE_MANAGERS_MAX;
  if (excess <= 0) return managers;
  // Joining n of them leaves one, and where there is a bucket already it is the one.
  const bucket = updaters.find(({ manager }) => manager === ANCIENT_CHANGES);
  const oldest = updaters.filter((each) => each !== bucket).slice(0, bucket ? excess : excess + 1);
  const newest = oldest.at(-1);
  if (newest === undefined) return managers;
  const joined = bucket ? [bucket, ...oldest] : oldest;
  return [
    ...managers.filter((each) => !joined.includes(each)),
    {
      manager: ANCIENT_CHANGES,
      operation: 'Update',
      apiVersion: newest.apiVersion,
      subresource: undefined,
      time: newest.time,
      fields: joined.map(({ fields }) => fields).reduce(union),
    },
  ];
}
