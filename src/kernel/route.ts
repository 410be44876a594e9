/**
 * A protocol that a service speaks below a realm's prefix beside the API: `<prefix>/<segment>/…`. The wire finds the realm and bounds the
 * connection; who is asking, and what they may do, is for the route to find out, and to put on record.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { RealmId, RealmType } from './realm-id.ts';

export interface RouteRequest {
  readonly realm: RealmId;
  /** What stands before the segment: '' for the region, `/orgs/<org>`. */
  readonly prefix: string;
  /** The path after `<prefix>/<segment>`, undecoded: '' or `/…`. */
  readonly path: string;
  /** Also the `Audit-Id` of the answer. */
  readonly requestId: string;
  readonly incoming: IncomingMessage;
  readonly response: ServerResponse;
  /** Aborts when the client has gone or the server closes. */
  readonly signal: AbortSignal;
}

export interface RealmRoute {
  /** One lower-case word, not one of the API's own (`api`, `apis`, `orgs`, `ledger`, …). */
  readonly segment: string;
  readonly realms: readonly RealmType[];
  /**
   * Answers; resolves when the response has ended. A StatusError that is thrown before the head was sent becomes a Status. Only asked
   * for realms that exist.
   */
  handle(request: RouteRequest): Promise<void>;
}

/** A route whose code is loaded by the first who asks for it: a region that nobody speaks that protocol with has none of it in memory. */
export function loadedWhenAsked(
  place: Pick<RealmRoute, 'segment' | 'realms'>,
  load: () => Promise<RealmRoute>,
): RealmRoute {
  let route: Promise<RealmRoute> | undefined;
  return {
    ...place,
    async handle(request) {
      route ??= load();
      await (await route).handle(request);
    },
  };
}
