/**
 * A request that was authenticated, as handlers see it, and what they answer with.
 */
import type { ServerResponse } from 'node:http';
import type { Actor } from '../access.ts';
import type { ChangeContext } from '../realm.ts';
import type { RealmId } from '../realm-id.ts';
import { FIELD_MANAGER_BYTES_MAX } from './limits.ts';

export interface WireRequest {
  /** Also the `Audit-Id` of the answer and the request id in the log. */
  readonly id: string;
  readonly realm: RealmId;
  readonly actor: Actor;
  readonly method: string;
  readonly query: URLSearchParams;
  readonly accept: string | undefined;
  readonly contentType: string | undefined;
  readonly userAgent: string | undefined;
  /** Reads the body: bounded, decompressed. Once. */
  body(): Promise<Buffer>;
  /** Asks again what was asked before the request was served, of whom the sender is now. Throws 401 or 403 when the answer is another. */
  recheck(): Promise<Actor>;
  /** Aborts when the client has gone or the server closes. */
  readonly signal: AbortSignal;
}

export type Answer =
  | {
      readonly type: 'bytes';
      readonly code: number;
      readonly contentType: string;
      readonly body: Buffer | readonly Buffer[];
      readonly headers?: Readonly<Record<string, string | readonly string[]>>;
    }
  | {
      /** Writes head and body itself; resolves when it has ended the response. */
      readonly type: 'stream';
      readonly run: (response: ServerResponse) => Promise<void>;
    };

/** A change as the log and the object's field managers will name it. */
export function changeContext(
  request: WireRequest,
  {
    dryRun,
    fieldManager = program(request.userAgent),
  }: { dryRun: boolean; fieldManager?: string | undefined },
): ChangeContext {
  return {
    actor: request.actor,
    via: 'api',
    requestId: request.id,
    ...(dryRun ? { dryRun } : {}),
    ...(fieldManager === undefined ? {} : { fieldManager }),
  };
}

/** `kubectl` of `kubectl/v1.31.0 (linux/amd64) …`, as Kubernetes names who says no `fieldManager`. */
function program(userAgent: string | undefined): string | undefined {
  const name = userAgent
    ?.split('/', 1)[0]
    ?.replace(/[^\x20-\x7e]/g, '')
    .slice(0, FIELD_MANAGER_BYTES_MAX);
  return name === '' ? undefined : name;
}
