/** `InventoryConfiguration`, to a Bucket's spec and back. */
import type { Static } from 'typebox';
import {
  INVENTORY_FIELDS,
  INVENTORY_ID_PATTERN,
  INVENTORY_SCHEDULES,
  INVENTORY_VERSIONS,
  type inventories,
} from '../../bucket/inventory.ts';
import { notImplemented, S3Error } from '../errors.ts';
import { present } from '../headers/fields.ts';
import { Reader } from '../xml/reader.ts';
import { document, element, type Xml } from '../xml/write.ts';

/** As a Bucket's spec has them. */
export type Inventories = Static<typeof inventories>;
export type Inventory = Inventories[string];

const ARN = 'arn:aws:s3:::';
const FIELDS_MAX = 32;
/** S3 has them, and this region has nothing to say there. */
const FIELDS_MISSING: readonly string[] = [
  'ObjectAccessControlList',
  'ObjectOwner',
  'LifecycleExpirationDate',
];

export interface NewInventory {
  readonly id: string;
  readonly inventory: Inventory;
}

/** `organization`: whose account the target is in. */
export function readInventory(bytes: Uint8Array, organization: string): NewInventory {
  return Reader.document(bytes, 'InventoryConfiguration', (root) => {
    const id = root.required('Id');
    if (!new RegExp(INVENTORY_ID_PATTERN).test(id))
      throw root.wrong('Id is 1 to 64 letters, digits, ".", "_" and "-"');
    const target = root.one('Destination', (from) =>
      from.one('S3BucketDestination', (inner) => readTarget(inner, organization)),
    );
    if (!target) throw root.wrong('Destination has an S3BucketDestination');
    const enabled = root.boolean('IsEnabled');
    if (enabled === undefined) throw root.wrong('IsEnabled is missing; it is true or false');
    const prefix = root.one('Filter', (from) => from.text('Prefix', { exact: true }) ?? '') ?? '';
    const includedObjectVersions = root.oneOf('IncludedObjectVersions', INVENTORY_VERSIONS);
    if (includedObjectVersions === undefined) throw root.wrong('IncludedObjectVersions is missing');
    const schedule = root.one('Schedule', (from) => from.oneOf('Frequency', INVENTORY_SCHEDULES));
    if (schedule === undefined) throw root.wrong('Schedule has a Frequency');
    const optionalFields = root.one('OptionalFields', readFields) ?? [];
    const filter = present('filter', prefix === '' ? undefined : { prefix });
    return {
      id,
      inventory: { enabled, ...target, ...filter, includedObjectVersions, schedule, optionalFields },
    };
  });
}

function readTarget(from: Reader, organization: string): Pick<Inventory, 'targetBucket' | 'prefix'> {
  const account = from.text('AccountId') ?? '';
  if (account !== '' && account !== organization)
    throw new S3Error('AccessDenied', 'AccountId: reports go into a bucket of the same organization');
  const format = from.required('Format');
  if (format !== 'CSV') throw notImplemented(`reports as ${format.slice(0, 32)}`, 'ask for CSV');
  const bucket = from.required('Bucket');
  if (!bucket.startsWith(ARN)) throw from.wrong(`Bucket is ${ARN}<bucket>`);
  from.one('Encryption', (encryption) => {
    if (encryption.has('SSE-KMS'))
      throw notImplemented(
        'a Key for reports alone',
        'set it as the encryption of the bucket that they go into',
      );
    if (!encryption.has('SSE-S3')) throw encryption.wrong('it is SSE-S3');
    return true;
  });
  return {
    targetBucket: bucket.slice(ARN.length),
    prefix: (from.text('Prefix', { exact: true }) ?? '').replace(/\/$/, ''),
  };
}

function readFields(from: Reader): Inventory['optionalFields'] {
  const found = from.texts('Field', FIELDS_MAX).map((text) => {
    if (FIELDS_MISSING.includes(text)) throw notImplemented(`the field ${text} in reports`);
    const field = INVENTORY_FIELDS.find((one) => one === text);
    if (!field) throw from.wrong(`Field is one of ${INVENTORY_FIELDS.join(', ')}`);
    return field;
  });
  return [...new Set(found)];
}

export const inventoryDocument = (id: string, inventory: Inventory): string =>
  document('InventoryConfiguration', elementsOf(id, inventory));

/** All of them: there are never more than a page. */
export function inventoriesDocument(all: Inventories): string {
  return document('ListInventoryConfigurationsResult', [
    ...Object.entries(all)
      .toSorted(([one], [other]) => (one < other ? -1 : 1))
      .map(([id, inventory]) => element('InventoryConfiguration', elementsOf(id, inventory))),
    element('IsTruncated', false),
  ]);
}

function elementsOf(id: string, inventory: Inventory): readonly (Xml | undefined)[] {
  const { enabled, targetBucket, prefix, filter, includedObjectVersions, schedule, optionalFields } =
    inventory;
  return [
    element('Destination', [
      element('S3BucketDestination', [
        element('Format', 'CSV'),
        element('Bucket', `${ARN}${targetBucket}`),
        element('Prefix', prefix === '' ? undefined : prefix),
      ]),
    ]),
    element('IsEnabled', enabled),
    element('Filter', filter && [element('Prefix', filter.prefix)]),
    element('Id', id),
    element('IncludedObjectVersions', includedObjectVersions),
    element(
      'OptionalFields',
      optionalFields.length === 0 ? undefined : optionalFields.map((field) => element('Field', field)),
    ),
    element('Schedule', [element('Frequency', schedule)]),
  ];
}
