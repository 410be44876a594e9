/** From a request to a typed call: `parseCall`. Never throws anything but S3Error. */
import { type Address, addressOf } from './address.ts';
import { buildBucketCall } from './build/bucket.ts';
import type { Building } from './build/building.ts';
import { buildListing } from './build/listing.ts';
import { buildObjectCall } from './build/object.ts';
import { buildUploadCall } from './build/upload.ts';
import type { CallName, Calls, ParsedCall, S3Call } from './calls.ts';
import { notImplemented, S3Error } from './errors.ts';
import { present } from './headers/fields.ts';
import type { WireRequest } from './request.ts';
import { routeOf } from './routes.ts';

const BUILDERS: { readonly [N in CallName]: (from: Building) => Calls[N] } = {
  ...buildBucketCall,
  ...buildListing,
  ...buildObjectCall,
  ...buildUploadCall,
};

/** Has a path of its own, which names no bucket. */
const OBJECT_LAMBDA = '/WriteGetObjectResponse';

/** `endpoint`: the host that clients are given, such as `s3.lux.casemate.internal`. */
export function parseCall(request: WireRequest, endpoint: string): ParsedCall {
  if (request.path === OBJECT_LAMBDA && request.method === 'POST')
    throw notImplemented(OBJECT_LAMBDA.slice(1));
  const address = addressOf(request.headers.get('host'), request.path, endpoint);
  const { bucket = '', key = '', organization, addressing } = address;
  const call = nameOf(request, address);
  const parameters = BUILDERS[call]({ request, bucket, key });
  return { call: { call, ...parameters } as S3Call, ...present('organization', organization), addressing };
}

function nameOf(request: WireRequest, { bucket, key }: Address): CallName {
  if (request.method === 'OPTIONS') {
    if (bucket === undefined) throw new S3Error('MethodNotAllowed', 'OPTIONS asks about a bucket');
    return 'Preflight';
  }
  return routeOf({
    method: request.method,
    level: bucket === undefined ? 'service' : key === undefined ? 'bucket' : 'object',
    query: request.query,
    copies: request.fields.has('x-amz-copy-source'),
  });
}
