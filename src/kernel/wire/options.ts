/**
 * What the composition root gives the API server, and what every handler is given of it.
 */
import type { FastifyInstance } from 'fastify';
import type { AccessLog, Authenticator, Authorizer } from '../access.ts';
import type { Clock } from '../clock.ts';
import type { Connector } from '../connect.ts';
import type { Logger } from '../logger.ts';
import type { Random } from '../random.ts';
import type { Realms } from '../realm.ts';
import type { KindRegistry } from '../registry.ts';
import type { Reviewer } from '../review.ts';
import type { RealmRoute } from '../route.ts';
import type { Catalogue } from './catalogue.ts';
import type { FairShare } from './fair-share.ts';
import type { Fanout } from './fanout.ts';
import type { LedgerSource } from './ledger-source.ts';
import type { ListCache } from './list-cache.ts';
import type { OpenApi } from './openapi.ts';
import type { Quota } from './quota.ts';
import type { RateLimits, Rates } from './rates.ts';
import type { StrangerRecords } from './stranger-records.ts';

export interface VersionInfo {
  /** The version of Casemate, such as `0.1.0`. */
  readonly casemate: string;
  /** Commit it was built from, if known. */
  readonly commit?: string;
  /** What holds the region's keys, for whoever is authenticated. */
  readonly keys?: Readonly<Record<string, unknown>>;
}

export interface ApiServerOptions {
  readonly registry: KindRegistry;
  readonly realms: Realms;
  readonly authenticator: Authenticator;
  readonly authorizer: Authorizer;
  readonly accessLog: AccessLog;
  /** Streams, keyed `<resource>/<subresource>`: `instances.compute.casemate.internal/exec`. */
  readonly connectors?: Readonly<Record<string, Connector>>;
  /** Answers of kinds that are questions, by resource. */
  readonly reviews?: Readonly<Record<string, Reviewer>>;
  /** PEM. `cert` may carry the chain. Client certificates are requested, and verified by the authenticator. */
  readonly tls: { readonly key: string | Buffer; readonly cert: string | Buffer };
  readonly ledger?: LedgerSource;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly version: VersionInfo;
  /** How fast one user may ask. Default: `RATE_DEFAULT`. */
  readonly rate?: RateLimits;
  /**
   * The share of time that this process was at work since it was last asked, 0 to 1: when it is high, organizations that ask most leave room
   * for others. Default: always 0, so that nobody is held back.
   */
  readonly load?: () => number;
  /** Whether the region can serve; an unready region answers 503 at /readyz with the reason. Default: always ready. */
  readonly ready?: () => Promise<{ readonly ready: boolean; readonly reason?: string }>;
  /** Protocols beside the API; no two of a realm type share a segment. */
  readonly routes?: readonly RealmRoute[];
  /** How soon the end of a client that vanished without a word is noticed, in whole seconds. Default: `PEER_PROBING`. */
  readonly peerProbing?: { readonly idle_ms: number; readonly interval_ms: number; readonly probes: number };
  /** Adds routes outside any realm. They are not authenticated or authorized by the wire. */
  readonly extraRoutes?: (app: FastifyInstance) => void;
}

/** What handlers work with. */
export interface Wire extends ApiServerOptions {
  readonly connectors: Readonly<Record<string, Connector>>;
  readonly routes: readonly RealmRoute[];
  readonly catalogue: Catalogue;
  readonly openapi: OpenApi;
  readonly lists: ListCache;
  readonly fanout: Fanout;
  readonly watches: Quota;
  readonly streams: Quota;
  readonly requests: Quota;
  readonly rates: Rates;
  readonly shares: FairShare;
  readonly strangers: StrangerRecords;
  /** Aborts when the server closes. */
  readonly closing: AbortSignal;
}
