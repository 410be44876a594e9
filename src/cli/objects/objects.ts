/** `casemate bucket` and `casemate access-key`: resources of the API as any, but for the secret of a key, which is given out once and goes to standard output. */
import type { Condition, KubeObject } from '#kernel/object.ts';
import { collectionPath } from '../resources/discovery.ts';
import { CliError, EXIT } from '../resources/errors.ts';
import { get } from '../resources/get.ts';
import type { SessionOptions } from '../resources/options.ts';
import { inSession, type Session } from '../resources/session.ts';
import type { AccessKeyOptions, BucketOptions } from './register.ts';

const GROUP = 'objects.casemate.internal';
const WAIT_MS_MAX = 60_000;
const LOOK_AGAIN_MS = 200;

type Answer = Readonly<Record<string, unknown>>;

/** Where objects of a kind are made in the project. */
async function placeOf(session: Session, kind: 'Bucket' | 'AccessKey'): Promise<string> {
  session.requireOrganization(kind === 'Bucket' ? 'bucket' : 'access-key');
  return collectionPath(await session.typeOf(GROUP, kind), session.project);
}

const make = (session: Session, path: string, kind: string, name: string, spec: object) =>
  session.client.json<KubeObject>({
    method: 'POST',
    path,
    query: { fieldManager: 'casemate' },
    body: { apiVersion: `${GROUP}/v1`, kind, metadata: { name }, spec },
  });

export const createBucket = inSession(
  async (session, options: SessionOptions & BucketOptions, name: string) => {
    const { retention, days, key, quota } = options;
    if (
      (retention === undefined) !== (days === undefined) ||
      (retention !== undefined && !options.objectLock)
    ) {
      throw new CliError('--retention and --days go together, and with --object-lock', {
        exitCode: EXIT.usage,
      });
    }
    const path = await placeOf(session, 'Bucket');
    const isVersioned = options.versioning === true || options.objectLock === true;
    await make(session, path, 'Bucket', name, {
      ...(isVersioned ? { versioning: 'enabled' } : {}),
      ...(options.objectLock === true
        ? {
            objectLock: {
              enabled: true,
              ...(retention === undefined ? {} : { defaultRetention: { mode: retention, days } }),
            },
          }
        : {}),
      ...(key === undefined ? {} : { key }),
      ...(quota === undefined ? {} : { quota: { bytes: quota } }),
    });
    const endpoint = await untilServed(session, `${path}/${encodeURIComponent(name)}`, name);
    process.stdout.write(`bucket ${name} is at ${endpoint}\n`);
  },
);

async function untilServed(session: Session, path: string, name: string): Promise<string> {
  const deadline_ms = Date.now() + WAIT_MS_MAX;
  for (;;) {
    const { status } = await session.client.json<KubeObject>({ method: 'GET', path });
    const { endpoint, conditions } = (status ?? {}) as {
      readonly endpoint?: string;
      readonly conditions?: readonly Condition[];
    };
    const ready = conditions?.find(({ type }) => type === 'Ready');
    if (ready?.status === 'True') return endpoint ?? '';
    if (ready?.reason === 'KeyUnavailable' || Date.now() >= deadline_ms) {
      throw new CliError(
        `bucket ${name} was made, and is not served: ${ready?.message ?? 'nobody looked at it yet'}`,
      );
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
  }
}

export const createAccessKey = inSession(
  async (session, options: SessionOptions & AccessKeyOptions, name: string) => {
    const { serviceAccount, expires, readOnly, bucket, output } = options;
    const path = await placeOf(session, 'AccessKey');
    const scope = {
      ...(bucket === undefined ? {} : { buckets: bucket }),
      ...(readOnly === true ? { readOnly } : {}),
    };
    await make(session, path, 'AccessKey', name, {
      ...(serviceAccount === undefined ? { user: await ownName(session) } : { serviceAccount }),
      ...(expires === undefined ? {} : { expires }),
      ...(Object.keys(scope).length === 0 ? {} : { scope }),
    });
    await issue(session, path, name, output);
  },
);

export const issueAccessKey = inSession(
  async (session, { output }: SessionOptions & Pick<AccessKeyOptions, 'output'>, name: string) =>
    issue(session, await placeOf(session, 'AccessKey'), name, output),
);

async function issue(
  session: Session,
  path: string,
  name: string,
  output: AccessKeyOptions['output'],
): Promise<void> {
  const issued = await session.client.json<Answer>({
    method: 'POST',
    path: `${path}/${encodeURIComponent(name)}/issue`,
    body: {},
  });
  process.stdout.write(shown(String(issued.accessKeyId), String(issued.secretAccessKey), output));
}

/** Who the server takes the caller for. */
async function ownName(session: Session): Promise<string> {
  const { status } = await session.client.json<Answer>({
    method: 'POST',
    path: '/apis/authentication.k8s.io/v1/selfsubjectreviews',
    body: { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' },
  });
  return String((status as { readonly userInfo: { readonly username: string } }).userInfo.username);
}

function shown(id: string, secret: string, output: AccessKeyOptions['output']): string {
  if (output === 'json') return `${JSON.stringify({ accessKeyId: id, secretAccessKey: secret })}\n`;
  if (output === 'env') return `export AWS_ACCESS_KEY_ID=${id}\nexport AWS_SECRET_ACCESS_KEY=${secret}\n`;
  return `Access key id      ${id}\nSecret access key  ${secret}\n\nThe secret is not shown again.\n`;
}

const listed =
  (type: string) =>
  (...given: [SessionOptions, never]): Promise<void> =>
    (get as (...args: unknown[]) => Promise<void>)(type, [], ...given);

export const listBuckets = listed('buckets.objects.casemate.internal');
export const listAccessKeys = listed('accesskeys.objects.casemate.internal');
