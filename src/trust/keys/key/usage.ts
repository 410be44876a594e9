/**
 * `keys/<name>/usage`: what the access log has of one key, for whoever keeps it, and nothing else of the log. Which leaves these are, the key that was asked for decides,
 * never a parameter. What proves them goes along: signatures and hashes, which say nothing of what other leaves say.
 */
import type { ReportConnector } from '#kernel/connect.ts';
import { notFound } from '#kernel/errors.ts';
import { parseTilePath } from '#kernel/log/tile.ts';
import type { RealmId } from '#kernel/realm-id.ts';
import type { RealmLogs } from '#kernel/store/realm-logs.ts';
import { foundAnswer, parseQuery } from '#kernel/wire/ledger-search.ts';
import { Key } from './key.ts';

const LOG = 'access';

export type UsageLogs = Pick<RealmLogs, 'search' | 'latestCheckpoint' | 'vkeys' | 'tile'>;

/** `logs` is not called before the realms are open. */
export function usageConnector(logs: () => UsageLogs): ReportConnector {
  return {
    type: 'report',
    async read({ realm, object: { metadata }, query }) {
      const proof = query.get('proof') ?? '';
      if (proof !== '') return { bytes: (await proofPart(logs(), realm, proof)).toString('base64') };
      const { actor, since_ms = 0, until_ms, from, to, limit } = parseQuery(query);
      const found = await logs().search(realm, LOG, {
        limit,
        resource: Key.resource,
        // Never absent of a Key; and if it were, nothing would be found, and not everything.
        namespace: metadata.namespace ?? '',
        name: metadata.name,
        // The log knows keys by their names: what was done with an earlier key of this name is not this one's.
        since_ms: Math.max(since_ms, Date.parse(metadata.creationTimestamp)),
        ...(actor === undefined ? {} : { actor }),
        ...(until_ms === undefined ? {} : { until_ms }),
        ...(from === undefined ? {} : { from }),
        ...(to === undefined ? {} : { to }),
      });
      return foundAnswer(found);
    },
  };
}

/** Throws 404: for leaves too, of which whoever keeps a key reads none but those about it. */
async function proofPart(logs: UsageLogs, realm: RealmId, path: string): Promise<Buffer> {
  if (path === 'checkpoint') return Buffer.from(await logs.latestCheckpoint(realm, LOG));
  if (path === 'key') return Buffer.from((await logs.vkeys(realm, LOG)).join('\n'));
  const tile = parseTilePath(path);
  if (tile === undefined || tile.level === 'entries') throw notFound({ kind: 'proof', name: path });
  return logs.tile(realm, LOG, tile);
}
