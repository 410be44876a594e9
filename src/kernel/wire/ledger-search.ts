/**
 * `<prefix>/ledger/<log>/search?resource=…&namespace=…&name=…&uid=…&actor=…&since=…&until=…&from=…&to=…&limit=…`: leaves by what they are about, newest first. Each comes
 * as the text that the log's hash covers, with what stands beside it of persons, so that whoever asks verifies it as if it had come in a tile.
 */

import { notFound } from '../errors.ts';
import type { LogName } from '../keys.ts';
import { parsePersonalBytes } from '../log/personal.ts';
import type { FoundLeaves, LeafQuery } from '../store/leaf-search.ts';
import { jsonAnswer } from './answer.ts';
import type { LedgerSource } from './ledger-source.ts';
import { bad, parseCount } from './query.ts';
import type { Answer, WireRequest } from './request.ts';

const LIMIT_DEFAULT = 50;
const LIMIT_MAX = 500;
/** Of a name, or a part of one. */
const TEXT_MAX = 512;

export async function ledgerSearchAnswer(
  ledger: LedgerSource,
  { realm, query }: Pick<WireRequest, 'realm' | 'query'>,
  log: LogName,
): Promise<Answer> {
  if (ledger.search === undefined) throw notFound({ kind: 'ledger resource', name: `${log}/search` });
  return jsonAnswer(foundAnswer(await ledger.search(realm, log, parseQuery(query))));
}

/** What was found, as whoever asked is told. */
export function foundAnswer({ items, next, looked, erased }: FoundLeaves): Readonly<Record<string, unknown>> {
  return {
    items: items.map(({ index, leaf, personal }) => ({
      index,
      leaf: Buffer.from(leaf).toString('utf8'),
      ...(personal === undefined ? {} : { personal: parsePersonalBytes(personal) }),
    })),
    ...(next === undefined ? {} : { next }),
    looked,
    erased,
  };
}

/** Throws 400 for what is no such question. */
export function parseQuery(query: URLSearchParams): LeafQuery {
  const text = (name: string) => {
    const value = query.get(name) ?? '';
    if (value.length > TEXT_MAX) throw bad(name, `has more than ${TEXT_MAX} characters`);
    return value === '' ? undefined : value;
  };
  const time_ms = (name: string) => {
    const value = text(name);
    if (value === undefined) return undefined;
    const parsed = Date.parse(value);
    if (!Number.isFinite(parsed)) throw bad(name, `"${value}" is no time: write it as 2026-11-22T08:00:00Z`);
    return parsed;
  };
  const limit = parseCount(query, 'limit') ?? LIMIT_DEFAULT;
  if (limit < 1 || limit > LIMIT_MAX) throw bad('limit', `${limit} is not between 1 and ${LIMIT_MAX}`);
  return given({
    resource: text('resource'),
    namespace: text('namespace'),
    name: text('name'),
    uid: text('uid'),
    actor: text('actor'),
    since_ms: time_ms('since'),
    until_ms: time_ms('until'),
    from: parseCount(query, 'from'),
    to: parseCount(query, 'to'),
    limit,
  });
}

type Given<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

const given = <T extends { readonly limit: number }>(fields: T) =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Given<T> & {
    readonly limit: number;
  };
