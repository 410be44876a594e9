/**
 * Who is asking and whether they may: the contracts that `trust/` implements and the wire calls on every request.
 */
import type { RealmId } from './realm-id.ts';

/** Somebody who was authenticated in one realm. An actor of one realm is nobody in another. */
export interface Actor {
  readonly realm: RealmId;
  /** `alice`, or `system:controller:<name>` for our own controllers. */
  readonly name: string;
  readonly groups: readonly string[];
  /** What proved it, for the record: `certificate:<serial in hex>`, `internal`. Never a secret. */
  readonly credential: string;
  /** How they proved who they are; absent where nobody said. */
  readonly strength?: AuthenticationStrength;
  /** When they last did, in milliseconds since the Unix epoch. */
  readonly authenticatedAt?: number;
  /** The client's address as the connection showed it, without a port: `192.0.2.7`. */
  readonly address?: string;
  /** Every request of theirs goes on record before it is served, reads too: whoever is a guest in the realm. */
  readonly onRecord?: boolean;
}

export type AuthenticationStrength = 'certificate' | 'password+totp' | 'passkey' | 'federated' | 'token';

/** The actor that a controller or the bootstrap acts as. */
export function systemActor(realm: RealmId, name: string): Actor {
  return {
    realm,
    name: `system:${name}`,
    groups: ['system:authenticated', 'system:internal'],
    credential: 'internal',
  };
}

/** Our own controllers and the bootstrap; the wire can never produce such an actor. */
export const isInternal = ({ credential, groups }: Actor): boolean =>
  credential === 'internal' && groups.includes('system:internal');

/** What a request carries that may prove who sent it. */
export interface Credentials {
  /** DER of the client certificate whose key the TLS handshake proved; not yet verified against any CA. */
  readonly clientCertificate?: Uint8Array;
  readonly bearerToken?: string;
  /** Asked again of a stream that these credentials opened: a token's own end does not end it, what the token stands on does. */
  readonly isOpen?: boolean;
}

export interface Authenticator {
  /** Returns the actor, or throws `unauthorized` with a message that says what would work. */
  authenticate(realm: RealmId, credentials: Credentials): Promise<Actor>;
}

export type Verb = 'get' | 'list' | 'watch' | 'create' | 'update' | 'patch' | 'delete' | 'deletecollection';

/** One question of access, in the terms Kubernetes uses. */
export interface AccessAttributes {
  readonly realm: RealmId;
  readonly actor: Actor;
  readonly verb: Verb;
  readonly group: string;
  readonly version: string;
  /** The plural. */
  readonly resource: string;
  readonly subresource?: string;
  readonly namespace?: string;
  readonly name?: string;
}

export interface AccessDecision {
  readonly allowed: boolean;
  /** What decided, in words a person can act on: the binding that allows, or what is missing. */
  readonly reason: string;
}

/** A rule of `kubectl auth can-i --list`. */
export interface ResourceRule {
  readonly verbs: readonly string[];
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly resourceNames?: readonly string[];
}

export interface Authorizer {
  decide(attributes: AccessAttributes): Promise<AccessDecision>;
  /** What the actor may do in a project (or, without one, in the realm). */
  rules(actor: Actor, namespace?: string): Promise<readonly ResourceRule[]>;
}

/**
 * A record of the realm's `access` log: what was refused or failed, secrets read, keys used, terminals opened.
 * Successful changes are in the `changes` log instead.
 */
export interface AccessRecord {
  readonly actor: string;
  readonly credential: string;
  /** The network address that the request came from. */
  readonly address?: string;
  readonly verb: string;
  /** `<plural>[.<group>][/<subresource>]`. */
  readonly resource: string;
  readonly namespace?: string;
  readonly name?: string;
  readonly decision: 'allowed' | 'denied' | 'unauthenticated' | 'failed';
  readonly reason?: string;
  /** What an action declares to be on record of its request, by property. */
  readonly details?: Readonly<Record<string, string>>;
  readonly code: number;
  readonly requestId: string;
}

/** What is to be erased of an `access` log, and who answers for it. */
export interface Erasure {
  /** Leaves from the first to the last, both included. */
  readonly from: number;
  readonly to: number;
  /** Only records made before this, in milliseconds since the Unix epoch. Absent: whenever they were made. */
  readonly before_ms?: number;
  readonly actor: string;
  readonly reason: string;
}

/** Erases what an `access` log says of persons. The log says so itself, before it is done; leaves, hashes and checkpoints stay. */
export interface AccessEraser {
  /** How many records were erased. Safe to repeat: where there is nothing to erase nothing is written. */
  erase(realm: RealmId, erasure: Erasure): Promise<number>;
  /** The first and the last leaf with a record made before then; undefined when there is none. */
  recordsBefore(realm: RealmId, before_ms: number): Promise<{ from: number; to: number } | undefined>;
}

export interface AccessLog {
  /** Queues a record; it is durable within a bounded delay. `durable` resolves when it is. Never throws. */
  record(realm: RealmId, record: AccessRecord): { readonly durable: Promise<void> };
}
