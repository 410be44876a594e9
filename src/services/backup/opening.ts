/** From what a plan says to an open repository; and how many there may be at once. */
import { randomBytes } from 'node:crypto';
import type { ReconcileContext } from '#kernel/controller.ts';
import { isStatusError } from '#kernel/errors.ts';
import { Obstacle } from '#services/compute/obstacle.ts';
import { Bucket } from '#services/objects/bucket/bucket.ts';
import { Secret } from '#services/tenancy/secret.ts';
import type { Acting } from './acting.ts';
import type { FailureReason, RepositoryAccess } from './engine/protocol.ts';
import { isRepositoryError, type OpenRepository, type Repository } from './engine/repository.ts';
import { AT_ONCE_MAX, NO_ROOM_RETRY_MS } from './limits.ts';
import { placeOf, type RepositorySpec } from './repository-spec.ts';

const PASSWORD_BYTES = 32;
const OWN_REGION = 'us-east-1';
const PASSWORD_KEY = 'password';

export interface OpeningOptions {
  /** The region's own, `https://host:port`, and PEM of who signed its certificate. */
  readonly endpoint: string;
  readonly certificateAuthority: () => Promise<string>;
  readonly open: OpenRepository;
}

/** What runs at repositories now: one at each, and a bounded number in all. */
export class Places {
  readonly #taken = new Set<string>();
  readonly #endpoint: string;

  constructor(endpoint: string) {
    this.#endpoint = endpoint;
  }

  /** Runs `work` with the repository for itself. Throws Obstacle when there is no room. */
  async alone<T>(repository: RepositorySpec, work: () => Promise<T>): Promise<T> {
    const place = placeOf(this.#endpoint, repository);
    const why = this.#taken.has(place)
      ? 'another run, restore or test is at this repository'
      : this.#taken.size >= AT_ONCE_MAX
        ? `${AT_ONCE_MAX} others run in this region`
        : undefined;
    if (why !== undefined)
      throw new Obstacle('Waiting', `it waits: ${why}`, { retryAfter_ms: NO_ROOM_RETRY_MS });
    this.#taken.add(place);
    try {
      return await work();
    } finally {
      this.#taken.delete(place);
    }
  }
}

/** Makes the repository's password where the Secret is missing. */
export async function ensurePassword(
  { realm }: ReconcileContext,
  acting: Acting,
  { namespace, name }: { readonly namespace: string; readonly name: string },
): Promise<void> {
  if (realm.view.entry(Secret, { namespace, name }) !== undefined) return;
  await acting.require('create', Secret, { namespace, name });
  try {
    await realm.resources.create(
      Secret,
      namespace,
      {
        apiVersion: Secret.apiVersion,
        kind: Secret.kind,
        metadata: { name },
        stringData: { [PASSWORD_KEY]: randomBytes(PASSWORD_BYTES).toString('base64url') },
      },
      acting.change,
    );
  } catch (error) {
    if (!isStatusError(error, 'AlreadyExists')) throw error;
  }
}

/** Throws Obstacle with what a person can do about it. */
export async function openRepository(
  options: OpeningOptions,
  context: ReconcileContext,
  acting: Acting,
  repository: RepositorySpec,
  { make, signal }: { readonly make: boolean; readonly signal: AbortSignal },
): Promise<Repository> {
  const access = await accessTo(options, context, acting, repository);
  try {
    return await options.open(access, { make, signal });
  } catch (error) {
    throw asObstacle(error);
  }
}

async function accessTo(
  { endpoint, certificateAuthority }: OpeningOptions,
  { realm }: ReconcileContext,
  acting: Acting,
  { target: { bucket, s3, prefix = '' }, password }: RepositorySpec,
): Promise<RepositoryAccess> {
  const opens = await acting.secret(password, [PASSWORD_KEY]);
  if (s3 !== undefined) {
    const keys = await acting.secret(s3.secret, ['accessKeyId', 'secretAccessKey', 'ca.crt']);
    return {
      url: `s3:${s3.endpoint}/${s3.bucket}/${prefix}`,
      region: s3.region,
      accessKey: keys.accessKeyId.trim(),
      secret: keys.secretAccessKey.trim(),
      password: opens.password,
      certificateAuthority: keys['ca.crt'],
    };
  }
  if (!Array.from(realm.view.entries(Bucket)).some(({ name }) => name === bucket)) {
    throw new Obstacle('TargetNotFound', `there is no bucket "${bucket}" in this organization`);
  }
  return {
    url: `s3:${endpoint}/${bucket}/${prefix}`,
    region: OWN_REGION,
    ...(await acting.accessKey()),
    password: opens.password,
    certificateAuthority: await certificateAuthority(),
  };
}

/** What failed at a repository, for the condition of whatever it failed for. */
const WORDS: Readonly<Record<FailureReason, string>> = {
  WrongPassword:
    'the repository was made with another password than the Secret has: give it back the right one',
  NoRepository: 'there is no repository at the target: nothing was ever saved there, or it was removed',
  Unreachable: 'the target does not answer, or refuses; it is tried again',
  Damaged:
    'the repository is damaged where it lies: make a new one (another prefix), and keep this one for what can be read',
  NotFound: 'what was saved is not in the repository any more',
  Locked: 'somebody else is at the repository, and must end first; it is tried again',
  Ended: 'it was broken off; it is tried again',
  Failed: 'the repository cannot be worked with',
};

/** Anything else is given back as it is. */
export function asObstacle(error: unknown): unknown {
  if (!isRepositoryError(error)) return error;
  return new Obstacle(error.reason, `${WORDS[error.reason]} (${error.message})`);
}
