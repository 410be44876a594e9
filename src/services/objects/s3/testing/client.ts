/** The other end of the wire, for tests and measurements: signs requests and codes bodies as clients do. Its own reading of the specification, sharing nothing with the server's. */
import { createHash, createHmac } from 'node:crypto';

export interface Signing {
  readonly accessKey: string;
  readonly secret: string;
  readonly region: string;
  /** `20130524T000000Z`. */
  readonly time: string;
}

/** AWS's own, in all of its examples. */
export const EXAMPLE: Signing = {
  accessKey: 'AKIAIOSFODNN7EXAMPLE',
  secret: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
  region: 'us-east-1',
  time: '20130524T000000Z',
};

export interface ClientRequest {
  readonly method: string;
  /** Encoded, with its query. */
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
}

const sha256 = (text: string) => createHash('sha256').update(text, 'latin1').digest('hex');
const hmac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest();
const scopeOf = ({ time, region }: Signing) => `${time.slice(0, 8)}/${region}/s3/aws4_request`;

function sign(signing: Signing, text: string): string {
  const day = hmac(`AWS4${signing.secret}`, signing.time.slice(0, 8));
  return hmac(hmac(hmac(hmac(day, signing.region), 's3'), 'aws4_request'), text).toString('hex');
}

function signatureOf(
  request: ClientRequest,
  signing: Signing,
  names: readonly string[],
  payload: string,
): string {
  const [path = '', query = ''] = request.target.split('?');
  const pairs = query.split('&').filter((pair) => pair !== '');
  const canonical = [
    request.method,
    path,
    pairs
      .map((pair) => (pair.includes('=') ? pair : `${pair}=`))
      .sort()
      .join('&'),
    ...names.map((name) => `${name}:${request.headers[name]}`),
    '',
    names.join(';'),
    payload,
  ];
  return sign(
    signing,
    ['AWS4-HMAC-SHA256', signing.time, scopeOf(signing), sha256(canonical.join('\n'))].join('\n'),
  );
}

/** With `Authorization`, and whatever of `x-amz-date` (or `date`) and `x-amz-content-sha256` is missing. Names of headers are in lower case. */
export function signRequest(request: ClientRequest, signing: Signing = EXAMPLE): ClientRequest {
  const headers: Record<string, string> = {
    'x-amz-content-sha256': sha256(''),
    ...(request.headers.date === undefined && { 'x-amz-date': signing.time }),
    ...request.headers,
  };
  const names = Object.keys(headers).sort();
  const payload = headers['x-amz-content-sha256'] ?? '';
  const signature = signatureOf({ ...request, headers }, signing, names, payload);
  const credential = `${signing.accessKey}/${scopeOf(signing)}`;
  headers.authorization = `AWS4-HMAC-SHA256 Credential=${credential},SignedHeaders=${names.join(';')},Signature=${signature}`;
  return { ...request, headers };
}

export function presign(
  request: ClientRequest,
  expires_s: number,
  signing: Signing = EXAMPLE,
): ClientRequest {
  const names = Object.keys(request.headers).sort();
  const own = [
    'X-Amz-Algorithm=AWS4-HMAC-SHA256',
    `X-Amz-Credential=${encodeURIComponent(`${signing.accessKey}/${scopeOf(signing)}`)}`,
    `X-Amz-Date=${signing.time}`,
    `X-Amz-Expires=${expires_s}`,
    `X-Amz-SignedHeaders=${names.join('%3B')}`,
  ].join('&');
  const target = `${request.target}${request.target.includes('?') ? '&' : '?'}${own}`;
  const signature = signatureOf({ ...request, target }, signing, names, 'UNSIGNED-PAYLOAD');
  return { ...request, target: `${target}&X-Amz-Signature=${signature}` };
}

/** As `node:http` has them. */
export function rawHeaders(headers: Readonly<Record<string, string>>): string[] {
  return Object.entries(headers).flat();
}

export interface ChunkedBody {
  readonly chunks: readonly Uint8Array[];
  readonly trailer?: { readonly name: string; readonly value: string };
  /** The request's signature; without it chunks are not signed. */
  readonly seed?: string;
}

export function seedOf(request: ClientRequest): string {
  return /Signature=([0-9a-f]{64})/.exec(request.headers.authorization ?? '')?.[1] ?? '';
}

export function chunkedBody({ chunks, trailer, seed }: ChunkedBody, signing: Signing = EXAMPLE): Buffer {
  const parts: Uint8Array[] = [];
  let previous = seed;
  for (const chunk of [...chunks, Buffer.alloc(0)]) {
    let header = chunk.length.toString(16);
    if (previous !== undefined) {
      const digest = createHash('sha256').update(chunk).digest('hex');
      previous = sign(
        signing,
        ['AWS4-HMAC-SHA256-PAYLOAD', signing.time, scopeOf(signing), previous, sha256(''), digest].join('\n'),
      );
      header += `;chunk-signature=${previous}`;
    }
    parts.push(Buffer.from(`${header}\r\n`), chunk);
    if (chunk.length > 0) parts.push(Buffer.from('\r\n'));
  }
  if (trailer) {
    parts.push(Buffer.from(`${trailer.name}:${trailer.value}\r\n`));
    if (previous !== undefined) {
      const digest = sha256(`${trailer.name}:${trailer.value}\n`);
      const text = ['AWS4-HMAC-SHA256-TRAILER', signing.time, scopeOf(signing), previous, digest].join('\n');
      parts.push(Buffer.from(`x-amz-trailer-signature:${sign(signing, text)}\r\n`));
    }
  }
  parts.push(Buffer.from('\r\n'));
  return Buffer.concat(parts);
}

/** Fields that let a form upload what the conditions allow, until then. */
export function signForm(
  conditions: readonly unknown[],
  expiration: string,
  signing: Signing = EXAMPLE,
): Readonly<Record<string, string>> {
  const own = {
    'X-Amz-Algorithm': 'AWS4-HMAC-SHA256',
    'X-Amz-Credential': `${signing.accessKey}/${scopeOf(signing)}`,
    'X-Amz-Date': signing.time,
  };
  const all = [...conditions, ...Object.entries(own).map(([name, value]) => ({ [name]: value }))];
  const policy = Buffer.from(JSON.stringify({ expiration, conditions: all })).toString('base64');
  return { ...own, Policy: policy, 'X-Amz-Signature': sign(signing, policy) };
}
