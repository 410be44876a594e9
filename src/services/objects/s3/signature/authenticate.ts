/**
 * Whether whoever sent a request holds the secret of the access key that it names. Says who, and how the bytes that follow are vouched for; what the holder may do
 * is for others to say.
 */
import { type KeyObject, timingSafeEqual } from 'node:crypto';
import { S3Error } from '../errors.ts';
import { isoDate } from '../headers/dates.ts';
import type { WireRequest } from '../request.ts';
import { scopeOf, stringsToSign } from './canonical.ts';
import { type Claim, readClaim } from './claim.ts';
import { type PayloadForm, payloadOf } from './payload.ts';
import { hmac, type SigningKeys } from './signing-keys.ts';

/** S3's, each way. */
export const CLOCK_SKEW_MS_MAX = 15 * 60 * 1000;

export interface Secret {
  readonly secret: string;
  /** Milliseconds since the Unix epoch. */
  readonly expires_ms?: number;
}

export interface Authenticating<H extends Secret> {
  /** `null`: no such access key. */
  readonly lookup: (accessKey: string) => Promise<H | null>;
  readonly keys: SigningKeys;
  readonly now_ms: number;
}

export type Authenticated<H extends Secret> =
  | { readonly signed: false; readonly payload: PayloadForm }
  | {
      readonly signed: true;
      readonly accessKey: string;
      readonly holder: H;
      readonly presigned: boolean;
      readonly payload: PayloadForm;
      /** What the signatures of chunks go on from. */
      readonly chain: SignatureChain;
    };

export interface SignatureChain {
  readonly signingKey: KeyObject;
  /** In hexadecimal. */
  readonly seed: string;
  /** `20130524T000000Z`. */
  readonly time: string;
  readonly scope: string;
}

/** Throws S3Error: whatever is wrong with the signature, or InvalidAccessKeyId. */
export async function authenticate<H extends Secret>(
  request: WireRequest,
  { lookup, keys, now_ms }: Authenticating<H>,
): Promise<Authenticated<H>> {
  const claim = readClaim(request);
  const { payload, canonical } = payloadOf(request, claim);
  if (!claim) return { signed: false, payload };
  checkTime(claim, now_ms);
  checkHeadersSigned(request, claim);
  const holder = await lookup(claim.accessKey);
  if (!holder || (holder.expires_ms !== undefined && holder.expires_ms <= now_ms))
    throw new S3Error('InvalidAccessKeyId', undefined, { details: { AWSAccessKeyId: claim.accessKey } });
  const signingKey = keys.get(claim, holder.secret);
  const texts = stringsToSign(request, claim, canonical);
  if (!texts.some((text) => timingSafeEqual(hmac(signingKey, text), claim.signature)))
    throw new S3Error('SignatureDoesNotMatch', undefined, {
      details: { AWSAccessKeyId: claim.accessKey, StringToSign: texts[0] ?? '' },
    });
  return {
    signed: true,
    accessKey: claim.accessKey,
    holder,
    presigned: claim.kind === 'presigned',
    payload,
    chain: {
      signingKey,
      seed: claim.signature.toString('hex'),
      time: claim.time,
      scope: scopeOf(claim),
    },
  };
}

function checkTime(claim: Claim, now_ms: number): void {
  const ahead_ms = claim.time_ms - now_ms;
  const expired_ms = claim.expires_s === undefined ? undefined : claim.time_ms + claim.expires_s * 1000;
  const inTime =
    expired_ms === undefined
      ? Math.abs(ahead_ms) <= CLOCK_SKEW_MS_MAX
      : ahead_ms <= CLOCK_SKEW_MS_MAX && now_ms < expired_ms;
  if (inTime) return;
  const times = { RequestTime: isoDate(claim.time_ms), ServerTime: isoDate(now_ms) };
  if (expired_ms === undefined) {
    const which = ahead_ms > 0 ? 'ahead of' : 'behind';
    const minutes = Math.round(Math.abs(ahead_ms) / 60_000);
    throw new S3Error(
      'RequestTimeTooSkewed',
      `your clock is ${minutes} minutes ${which} the region’s, which is more than 15; set it`,
      { details: { ...times, MaxAllowedSkewMilliseconds: String(CLOCK_SKEW_MS_MAX) } },
    );
  }
  if (ahead_ms > CLOCK_SKEW_MS_MAX)
    throw new S3Error('AccessDenied', 'the presigned URL is not valid yet; set the clock where it was made', {
      details: { 'X-Amz-Date': times.RequestTime, ServerTime: times.ServerTime },
    });
  throw new S3Error('AccessDenied', 'the presigned URL has expired; ask for another', {
    details: {
      'X-Amz-Expires': String(claim.expires_s),
      Expires: isoDate(expired_ms),
      ServerTime: times.ServerTime,
    },
  });
}

/** A header of S3's that is not signed may have been put there by anybody. */
function checkHeadersSigned({ headers }: WireRequest, { signedHeaders, kind }: Claim): void {
  const unsigned = [...headers.keys()].filter(
    (name) =>
      name.startsWith('x-amz-') &&
      !signedHeaders.includes(name) &&
      // It says how the bytes come, which a presigner need not know.
      !(kind === 'presigned' && name === 'x-amz-content-sha256'),
  );
  if (unsigned.length > 0)
    throw new S3Error(
      'AccessDenied',
      `headers came that were not signed: ${unsigned.join(', ')}; sign them`,
      {
        details: { HeadersNotSigned: unsigned.join(', ') },
      },
    );
}
