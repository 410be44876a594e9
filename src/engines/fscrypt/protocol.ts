/** What goes to and from the agent: one line of JSON each, one request a process. */
import { type Static, Type } from 'typebox';
import { checker } from '#kernel/schema/kind-schema.ts';

/** The longest master key that fscrypt takes. */
export const KEY_BYTES = 64;
export const LINE_BYTES_MAX = 1024 * 1024;
/** Of one host. */
export const VAULTS_MAX = 8_192;
const SIZE_BYTES_MIN = 256 * 1024 ** 2;
const SIZE_BYTES_MAX = 2 ** 50;
/** 64 bytes in base64. */
const KEY_PATTERN = '^[A-Za-z0-9+/]{86}==$';

const closed = { additionalProperties: false };
/** What the kernel makes of a key (fscrypt's key identifier). */
const ID = Type.String({ pattern: '^[0-9a-f]{32}$' });
const REALM = Type.String({ pattern: '^/orgs/[a-z0-9-]{1,63}$' });

const KEY = Type.String({ pattern: KEY_PATTERN });
const REQUESTS = {
  /** The vault under that key, open; made where it is not there. */
  open: Type.Object(
    {
      realm: REALM,
      key: KEY,
      /** How large its pool may grow. */
      size_bytes: Type.Integer({ minimum: SIZE_BYTES_MIN, maximum: SIZE_BYTES_MAX }),
    },
    closed,
  ),
  /** Those that are there under these keys, open: all that can be, now that the host or the region started. */
  'open-all': Type.Object({ keys: Type.Array(KEY, { maxItems: VAULTS_MAX }) }, closed),
  /** With all that is in it. */
  remove: Type.Object({ id: ID }, closed),
  /** Closes all that nobody uses. */
  lock: Type.Object({}, closed),
} as const;
type Operation = keyof typeof REQUESTS;
export type Request = {
  [O in Operation]: { readonly operation: O } & Static<(typeof REQUESTS)[O]>;
}[Operation];

/** Throws VaultError for what is no request, with the field. What came may be a key: it is not said. */
export function parseRequest(line: string): Request {
  const { operation, ...fields } = asObject(line);
  if (typeof operation !== 'string' || !Object.hasOwn(REQUESTS, operation)) {
    throw new VaultError('Failed', `operation: is one of ${Object.keys(REQUESTS).join(', ')}`);
  }
  const [problem] = checker(REQUESTS[operation as Operation], '', { showValues: false })(fields);
  if (problem !== undefined) throw new VaultError('Failed', `${problem.field}: ${problem.message}`);
  return { operation, ...fields } as Request;
}

function asObject(line: string): Record<string, unknown> {
  try {
    return Object(JSON.parse(line)) as Record<string, unknown>;
  } catch {
    throw new VaultError('Failed', 'the request is no JSON');
  }
}

/** Where one organization's volumes lie, under its key. */
export interface Vault {
  readonly id: string;
  readonly realm: string;
  /** Whether its pool is mounted. */
  readonly isOpen: boolean;
}

export type Answer =
  | { readonly type: 'done'; readonly pool?: OpenPool; readonly problems?: readonly string[] }
  | {
      readonly type: 'failed' /** Absent: the supervisor, which could start none. */;
      readonly reason?: VaultReason;
      readonly message: string;
    }
  /** The supervisor's last line. */
  | { readonly type: 'ended'; readonly how: string };

export interface OpenPool {
  readonly id: string;
  /** Where its file system, btrfs, is mounted. */
  readonly path: string;
}

/** NotFound: there is no vault under that key. InUse: something is mounted from it, or has a file of it open. Failed: all else. */
export type VaultReason = 'NotFound' | 'InUse' | 'Failed';

export class VaultError extends Error {
  override readonly name = 'VaultError';
  readonly reason: VaultReason | 'Absent' | 'Unreachable';

  constructor(reason: VaultError['reason'], message: string) {
    super(message);
    this.reason = reason;
  }
}
