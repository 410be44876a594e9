/** Parameters of calls about uploads in parts. */
import type { Calls } from '../calls.ts';
import { invalidArgument, S3Error } from '../errors.ts';
import { bodyExpectations, checkStoredSize, checksumAlgorithm, headerChecksum } from '../headers/body.ts';
import { writeCondition } from '../headers/conditions.ts';
import { copySource } from '../headers/copy-source.ts';
import { customerKey } from '../headers/encryption.ts';
import { type Fields, integer, oneOf, present } from '../headers/fields.ts';
import { parseCopyRange } from '../headers/range.ts';
import type { ChecksumAlgorithm, ChecksumType } from '../parameters.ts';
import { type Building, identifier, ofObject, PART_NUMBER_MAX, partNumber } from './building.ts';
import { PAGE_MAX } from './listing.ts';
import { written } from './object.ts';

type OfUpload =
  | 'CreateMultipartUpload'
  | 'UploadPart'
  | 'UploadPartCopy'
  | 'CompleteMultipartUpload'
  | 'AbortMultipartUpload'
  | 'ListParts';

export const buildUploadCall: { readonly [N in OfUpload]: (from: Building) => Calls[N] } = {
  CreateMultipartUpload(from) {
    const { fields } = from.request;
    const algorithm = checksumAlgorithm(fields, 'x-amz-checksum-algorithm');
    const type = checksumType(fields);
    if (type !== undefined && algorithm === undefined)
      throw new S3Error('InvalidRequest', 'x-amz-checksum-type needs x-amz-checksum-algorithm');
    if (type !== undefined && algorithm !== undefined) checkType(algorithm, type);
    return {
      ...ofObject(from),
      ...written(fields),
      ...present('algorithm', algorithm),
      ...present('checksumType', type),
    };
  },
  UploadPart: (from) => ({
    ...ofPart(from),
    body: checkStoredSize(bodyExpectations(from.request.fields)),
  }),
  UploadPartCopy(from) {
    const { fields } = from.request;
    return {
      ...ofPart(from),
      source: copySource(fields),
      ...present('range', parseCopyRange(fields.get('x-amz-copy-source-range'))),
    };
  },
  CompleteMultipartUpload(from) {
    const { fields } = from.request;
    const { checksum: _, ...body } = bodyExpectations(fields);
    return {
      ...ofUpload(from),
      condition: writeCondition(fields),
      // Here it is the digest of the object, not of the body that names its parts.
      ...present('checksum', headerChecksum(fields)),
      ...present('checksumType', checksumType(fields)),
      ...present(
        'objectSize',
        integer(fields, 'x-amz-mp-object-size', { min: 0, max: Number.MAX_SAFE_INTEGER }),
      ),
      ...present('customerKey', customerKey(fields)),
      body,
    };
  },
  AbortMultipartUpload: ofUpload,
  ListParts(from) {
    const { query } = from.request;
    const asked = integer(query, 'max-parts', { min: 0, max: 2 ** 31 - 1 });
    return {
      ...ofUpload(from),
      partNumberMarker: integer(query, 'part-number-marker', { min: 0, max: 2 ** 31 - 1 }) ?? 0,
      maxParts: Math.min(PAGE_MAX, asked ?? PAGE_MAX),
    };
  },
};

function ofUpload(from: Building) {
  return { ...ofObject(from), uploadId: identifier(from.request.query, 'uploadId') ?? '' };
}

function ofPart(from: Building) {
  const number = partNumber(from.request.query);
  if (number === undefined)
    throw invalidArgument('partNumber', '', `a whole number from 1 to ${PART_NUMBER_MAX}`);
  return {
    ...ofUpload(from),
    partNumber: number,
    ...present('customerKey', customerKey(from.request.fields)),
  };
}

function checksumType(fields: Fields): ChecksumType | undefined {
  return oneOf(fields, 'x-amz-checksum-type', ['COMPOSITE', 'FULL_OBJECT']);
}

/** Which of them can be had (S3 user guide, "Checking object integrity", table of algorithms). */
function checkType(algorithm: ChecksumAlgorithm, type: ChecksumType): void {
  const impossible = type === 'COMPOSITE' ? ['CRC64NVME'] : ['SHA1', 'SHA256'];
  if (impossible.includes(algorithm))
    throw new S3Error(
      'InvalidRequest',
      `${algorithm} cannot be ${type} of an upload in parts; send the other type`,
    );
}
