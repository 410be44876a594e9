/** A region with a bucket, and requests to its S3 endpoint, for measurements. */
import { execFileSync } from 'node:child_process';
import { presign, type Signing, signRequest } from '#services/objects/s3/testing/client.ts';
import { type ObjectsTenant, objectsTenant } from '#test/support/objects.ts';
import { startRegion, type TestRegion } from '#test/support/region.ts';
import type { Measurement } from './result.ts';
import type { Target } from './target.ts';

export const BUCKET = 'bench-first';
/** One with a Key of the tenant’s. */
export const KEYED_BUCKET = 'bench-keyed';
const SETTINGS = 'incus:\n  mode: none\nrequestsPerSecond: 1000000';

export interface ObjectsWorld {
  readonly region: TestRegion;
  readonly tenant: ObjectsTenant;
  readonly target: Target;
  readonly host: string;
  readonly quick: boolean;
  readonly say: (line: string) => void;
}

function signing({ keys }: ObjectsTenant): Signing {
  const time = new Date().toISOString().replace(/[-:]|\.\d{3}/g, '');
  return { accessKey: keys.accessKeyId, secret: keys.secretAccessKey, region: 'us-east-1', time };
}

/** A whole request as it goes over the wire, its body unsigned. */
export function requestText(
  { tenant, host }: ObjectsWorld,
  method: string,
  target: string,
  body = '',
): string {
  const headers = { host, 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' };
  const { headers: sent } = signRequest({ method, target, headers }, signing(tenant));
  const lines = Object.entries(sent).map(([name, value]) => `${name}: ${value}`);
  if (body !== '') lines.push(`content-length: ${body.length}`);
  return [`${method} ${target} HTTP/1.1`, ...lines, '', body].join('\r\n');
}

/** Makes it, and its Key. */
export async function keyedBucket({ tenant: { admin } }: ObjectsWorld): Promise<void> {
  const spec = { purpose: 'encrypt', algorithm: 'AES-256-GCM' };
  await admin.apply(
    JSON.stringify({
      apiVersion: 'keys.casemate.internal/v1',
      kind: 'Key',
      metadata: { name: 'own', namespace: 'default' },
      spec,
    }),
  );
  await admin.casemate('bucket', 'create', KEYED_BUCKET, '--key', 'own');
}

/** A presigned URL. */
export function link({ tenant, host }: ObjectsWorld, method: string, key: string, bucket = BUCKET): string {
  const { target } = presign(
    { method, target: `/${bucket}/${key}`, headers: { host } },
    3_600,
    signing(tenant),
  );
  return `${tenant.endpoint}${target}`;
}

/** Of the process that serves objects. */
export function serverPid({ host }: ObjectsWorld): number {
  const listening = execFileSync('ss', ['-Hltnp', `sport = :${host.split(':')[1]}`], { encoding: 'utf8' });
  return Number(/pid=(\d+)/.exec(listening)?.[1]);
}

/** With a region that is gone afterwards. */
export async function withObjects(
  { quick, say }: Pick<ObjectsWorld, 'quick' | 'say'>,
  measure: (world: ObjectsWorld) => Promise<Measurement>,
): Promise<Measurement> {
  const region = await startRegion({ settings: SETTINGS });
  try {
    const tenant = await objectsTenant(region, 'bench');
    const host = tenant.endpoint.replace('https://', '');
    const target = {
      host: 'localhost',
      port: Number(host.split(':')[1]),
      prefix: '',
      tls: { ca: tenant.ca, cert: '', key: '' },
    };
    return await measure({ region, tenant, host, target, quick, say });
  } finally {
    await region.destroy();
  }
}
