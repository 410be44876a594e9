/** Parameters of calls about one object. */
import { type Calls, OBJECT_ATTRIBUTES } from '../calls.ts';
import { invalidArgument, S3Error } from '../errors.ts';
import { refuseAcls } from '../headers/access.ts';
import { bodyExpectations, checkStoredSize, checksumAlgorithm } from '../headers/body.ts';
import { readConditions, stripQuotes, writeCondition } from '../headers/conditions.ts';
import { copySource } from '../headers/copy-source.ts';
import { customerKey, requestedEncryption } from '../headers/encryption.ts';
import { type Fields, integer, oneOf, present } from '../headers/fields.ts';
import { bypassesGovernance, requestedLock } from '../headers/lock.ts';
import { objectMetadata } from '../headers/metadata.ts';
import { parseRange } from '../headers/range.ts';
import { headerTags } from '../headers/tags.ts';
import type { ResponseOverrides } from '../parameters.ts';
import { type Building, ofObject, ofVersion, PART_NUMBER_MAX, partNumber } from './building.ts';
import { PAGE_MAX } from './listing.ts';

type OfObject =
  | 'GetObject'
  | 'HeadObject'
  | 'PutObject'
  | 'CopyObject'
  | 'DeleteObject'
  | 'GetObjectAttributes'
  | `${'Get' | 'Put' | 'Delete'}ObjectTagging`
  | `${'Get' | 'Put'}Object${'Retention' | 'LegalHold' | 'Acl'}`;

const withBody = (from: Building) => ({ ...ofVersion(from), body: bodyExpectations(from.request.fields) });

export const buildObjectCall: { readonly [N in OfObject]: (from: Building) => Calls[N] } = {
  GetObject: reading,
  HeadObject: reading,
  GetObjectAttributes(from) {
    const { fields } = from.request;
    const text = fields.get('x-amz-object-attributes') ?? '';
    const attributes = text.split(',').map((one) => {
      const found = OBJECT_ATTRIBUTES.find((attribute) => attribute === one.trim());
      if (!found) throw invalidArgument('x-amz-object-attributes', text, OBJECT_ATTRIBUTES.join(', '));
      return found;
    });
    return {
      ...ofVersion(from),
      attributes,
      maxParts: integer(fields, 'x-amz-max-parts', { min: 0, max: 2 ** 31 - 1 }) ?? PAGE_MAX,
      partNumberMarker: integer(fields, 'x-amz-part-number-marker', { min: 0, max: PART_NUMBER_MAX }) ?? 0,
      ...present('customerKey', customerKey(fields)),
    };
  },
  PutObject(from) {
    const { fields, query } = from.request;
    for (const name of ['partNumber', 'versionId'])
      if (query.has(name))
        throw invalidArgument(
          name,
          query.get(name) ?? '',
          'a PUT of an object has none; a part has an uploadId too',
        );
    if (fields.has('x-amz-write-offset-bytes'))
      throw new S3Error('NotImplemented', 'this region does not append to objects; write them anew');
    return {
      ...ofObject(from),
      ...written(fields),
      condition: writeCondition(fields),
      body: checkStoredSize(bodyExpectations(fields)),
    };
  },
  CopyObject(from) {
    const { fields } = from.request;
    const replaces = (name: string) => oneOf(fields, name, ['COPY', 'REPLACE']) === 'REPLACE';
    return {
      ...ofObject(from),
      ...written(fields),
      condition: writeCondition(fields),
      source: copySource(fields),
      replaceMetadata: replaces('x-amz-metadata-directive'),
      replaceTags: replaces('x-amz-tagging-directive'),
      ...present('algorithm', checksumAlgorithm(fields, 'x-amz-checksum-algorithm')),
    };
  },
  DeleteObject(from) {
    const { fields } = from.request;
    for (const name of ['x-amz-if-match-last-modified-time', 'x-amz-if-match-size'])
      if (fields.has(name))
        throw new S3Error('NotImplemented', `this region does not have ${name}; send If-Match`);
    const etag = fields.get('if-match');
    return {
      ...ofVersion(from),
      bypassGovernance: bypassesGovernance(fields),
      ...present('ifMatch', etag === undefined ? undefined : stripQuotes(etag)),
    };
  },
  GetObjectTagging: ofVersion,
  PutObjectTagging: withBody,
  DeleteObjectTagging: ofVersion,
  GetObjectRetention: ofVersion,
  PutObjectRetention: (from) => ({
    ...withBody(from),
    bypassGovernance: bypassesGovernance(from.request.fields),
  }),
  GetObjectLegalHold: ofVersion,
  PutObjectLegalHold: withBody,
  GetObjectAcl: ofVersion,
  PutObjectAcl(from) {
    refuseAcls(from.request.fields);
    return withBody(from);
  },
};

function reading(from: Building): Calls['GetObject'] {
  const { fields, query } = from.request;
  const range = parseRange(fields.get('range'));
  const part = partNumber(query);
  if (range && part !== undefined)
    throw new S3Error('InvalidRequest', 'Range and partNumber exclude each other; send one');
  return {
    ...ofVersion(from),
    ...present('range', range),
    ...present('partNumber', part),
    conditions: readConditions(fields),
    ...present('customerKey', customerKey(fields)),
    wantsChecksums: oneOf(fields, 'x-amz-checksum-mode', ['ENABLED']) !== undefined,
    overrides: responseOverrides(query),
  };
}

const OVERRIDES = [
  'content-type',
  'content-language',
  'expires',
  'cache-control',
  'content-disposition',
  'content-encoding',
] as const;

function responseOverrides(query: Fields): ResponseOverrides {
  const overrides: Record<string, string> = {};
  if (query.size === 0) return overrides;
  for (const name of OVERRIDES) {
    const value = query.get(`response-${name}`);
    if (value === undefined) continue;
    // What node:http refuses in a header, and what would begin another one.
    if (/[^\t\x20-\x7e\x80-\xff]/.test(value))
      throw invalidArgument(`response-${name}`, value, 'characters that a header may have');
    overrides[name] = value;
  }
  return overrides;
}

/** What goes with an object that is written, however it is. */
export function written(fields: Fields) {
  refuseAcls(fields);
  return {
    metadata: objectMetadata(fields),
    tags: headerTags(fields.get('x-amz-tagging')),
    lock: requestedLock(fields),
    ...present('encryption', requestedEncryption(fields)),
  };
}
