/** What the operations of ACME have in common: what a verified request is, what an answer is, and how a refusal goes on record. */
import type { JWK } from 'jose';
import type { AccessLog } from '#kernel/access.ts';
import type { Clock } from '#kernel/clock.ts';
import type { Realm } from '#kernel/realm.ts';
import type { AcmeAccountObject } from './account.ts';
import type { BindingKeys } from './accounts.ts';
import type { HttpChallenge } from './challenge.ts';
import type { IssueOptions } from './issue.ts';
import { IssuedCertificate } from './issued-certificate.ts';
import type { InstanceNames } from './names.ts';
import type { Orders } from './orders.ts';
import { Problem } from './problem.ts';

export interface AcmeServerOptions extends IssueOptions {
  readonly orders: Orders;
  readonly bindings: BindingKeys;
  readonly names: InstanceNames;
  readonly challenge: HttpChallenge;
  readonly accessLog: AccessLog;
  readonly clock: Clock;
}

/** A request whose signature, address and nonce were found right. */
export interface Asked {
  readonly realm: Realm;
  /** Address of the realm's ACME server, without a slash at the end. */
  readonly base: string;
  readonly requestId: string;
  /** Where it came from. */
  readonly address?: string;
  readonly url: string;
  readonly payload: Buffer;
}

export interface AskedByAccount extends Asked {
  readonly account: AcmeAccountObject;
}

export interface AskedByKey extends Asked {
  readonly key: JWK & { readonly kty: string };
}

export interface AcmeAnswer {
  readonly status: number;
  readonly location?: string;
  /** JSON, a certificate chain in PEM, or nothing. */
  readonly body?: Readonly<Record<string, unknown>> | string;
  readonly up?: string;
}

export const accountUrl = (base: string, uid: string): string => `${base}/account/${uid}`;

/** Throws unauthorized unless the address that was asked is that of the account which asks. */
export function requireOwn(account: AcmeAccountObject, uid: string): void {
  if (account.metadata.uid !== uid) throw new Problem('unauthorized', 'that is another account');
}

/** Puts on record in the tenant's access log what an account was refused. */
export function refused(
  { accessLog }: Pick<AcmeServerOptions, 'accessLog'>,
  { realm, requestId, address }: Asked,
  { metadata, status }: AcmeAccountObject,
  problem: Problem,
): void {
  accessLog.record(realm.id, {
    actor: `system:acme:${metadata.name}`,
    credential: status?.thumbprint === undefined ? 'acme:unbound' : `acme:${status.thumbprint}`,
    ...(address === undefined ? {} : { address }),
    verb: 'create',
    resource: IssuedCertificate.resource,
    ...(metadata.namespace === undefined ? {} : { namespace: metadata.namespace }),
    decision: 'denied',
    reason: `${problem.type}: ${problem.message}`,
    code: problem.status,
    requestId,
  });
}
