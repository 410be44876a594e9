/**
 * `GET /about`: what the region says of itself and its machine. In the region's own realm only, for whoever may list its organizations: tenants learn
 * nothing of the machine, nor of one another, from it. A refusal is on record.
 */
import type { AccessLog, Authenticator, Authorizer } from '#kernel/access.ts';
import { fromAddress } from '#kernel/client-address.ts';
import { notFound, StatusError } from '#kernel/errors.ts';
import type { Realms } from '#kernel/realm.ts';
import { REGION } from '#kernel/realm-id.ts';
import type { RealmRoute } from '#kernel/route.ts';
import { type RequestRecord, recordFailure } from '#kernel/wire/access-recorder.ts';
import { addressed, authenticate, credentialsOf, presented } from '#kernel/wire/authenticate.ts';
import { authorize } from '#kernel/wire/authorize.ts';
import { Organization } from '#services/tenancy/organization.ts';
import type { RegionAbout } from './about.ts';

const SEGMENT = 'about';

export interface AboutRouteOptions {
  readonly about: () => Promise<RegionAbout>;
  readonly realms: Pick<Realms, 'fresh'>;
  readonly authenticator: Authenticator;
  readonly authorizer: Authorizer;
  readonly accessLog: AccessLog;
}

export function aboutRoute(options: AboutRouteOptions): RealmRoute {
  const { about, realms, authenticator, authorizer, accessLog } = options;
  return {
    segment: SEGMENT,
    realms: ['region'],
    async handle({ incoming, response, path, requestId }) {
      const credentials = credentialsOf(incoming.socket, incoming.headers);
      const record: RequestRecord = {
        requestId,
        realm: REGION,
        actor: 'anonymous',
        credential: presented(credentials),
        verb: 'get',
        resource: SEGMENT,
        ...fromAddress(incoming.socket),
      };
      try {
        await realms.fresh(REGION);
        const actor = addressed(await authenticate(authenticator, REGION, credentials), incoming.socket);
        Object.assign(record, { actor: actor.name, credential: actor.credential });
        await authorize(authorizer, REGION, actor, 'list', Organization, {});
        if (path !== '') throw notFound({ kind: 'page', name: `${SEGMENT}${path}` });
        if (incoming.method !== 'GET') throw new StatusError('MethodNotAllowed', 'it is only read');
      } catch (error) {
        if (error instanceof StatusError) {
          const { code, reason } = error.toStatus();
          recordFailure(accessLog, record, code ?? 500, reason ?? 'InternalError');
        }
        throw error;
      }
      const body = Buffer.from(JSON.stringify(await about()));
      response.writeHead(200, {
        'Content-Type': 'application/json',
        'Content-Length': body.length,
        'Cache-Control': 'no-store',
      });
      response.end(body);
    },
  };
}
