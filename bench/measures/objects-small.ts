/** Small objects of a whole region through its S3 endpoint, from 64 clients; and a list of a million names, which are seeded in the database. */
import { join } from 'node:path';
import pg from 'pg';
import { Connection } from '../lib/connection.ts';
import { BUCKET, type ObjectsWorld, requestText, withObjects } from '../lib/objects.ts';
import { cpuNote, regionCpu } from '../lib/region-cpu.ts';
import type { Row } from '../lib/result.ts';
import type { Measure } from './context.ts';

const SMALL_BYTES = 4_096;
const CLIENTS = 64;
const SMALL_COUNT = 20_000;
const LISTED = 1_000_000;
const PAGE = 1_000;

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;

/** Of requests over 64 connections, each one at a time: how many a second, and what each took of CPU. */
async function rate(world: ObjectsWorld, requests: readonly string[]) {
  const { target } = world;
  const connections = await Promise.all(Array.from({ length: CLIENTS }, () => Connection.open(target)));
  let next = 0;
  const before = regionCpu(world);
  const began = performance.now();
  await Promise.all(
    connections.map(async (connection) => {
      for (let one = requests[next++]; one !== undefined; one = requests[next++]) {
        const { code, body } = await connection.send(one);
        if (code !== 200) throw new Error(`answered ${code}: ${body}`);
      }
    }),
  );
  const elapsed_s = (performance.now() - began) / 1_000;
  const note = cpuNote(before, regionCpu(world), requests.length);
  for (const connection of connections) connection.close();
  return { each_s: requests.length / elapsed_s, note };
}

async function small(world: ObjectsWorld): Promise<readonly Row[]> {
  const count = world.quick ? SMALL_COUNT / 4 : SMALL_COUNT;
  const body = 'x'.repeat(SMALL_BYTES);
  const requests = (method: string, prefix: string, content = '') =>
    Array.from({ length: count }, (_, index) =>
      requestText(world, method, `/${BUCKET}/${prefix}/${index}`, content),
    );
  // Code is compiled while it runs, and takes some thousands of requests for it.
  await rate(world, requests('PUT', 'warm', body));
  await rate(world, requests('GET', 'warm'));
  const creates = await rate(world, requests('PUT', 'small', body));
  const gets = await rate(world, requests('GET', 'small'));
  world.say(`${Math.round(creates.each_s)} creates/s, ${Math.round(gets.each_s)} gets/s`);
  return [
    {
      what: `objects of 4 KiB created, durable, ${CLIENTS} clients`,
      value: creates.each_s,
      unit: '/s',
      target: { atLeast: 3_000 },
      note: creates.note,
    },
    {
      what: `objects of 4 KiB read, ${CLIENTS} clients`,
      value: gets.each_s,
      unit: '/s',
      target: { atLeast: 6_000 },
      note: gets.note,
    },
  ];
}

const SEED = `
INSERT INTO objects.versions (bucket, key, rank, is_null, is_marker, is_live, modified_ms, size, etag, checksums, checksum_type, sealed, tag_count, legal_hold, pieces)
SELECT bucket, 'listed/' || lpad(n::text, 9, '0'), nextval('objects.version_rank'), true, false, true, modified_ms, size, etag, checksums, checksum_type, sealed, 0, false, pieces
FROM objects.versions, generate_series(1, $1::int) AS n WHERE key = 'small/0'`;

async function lists(world: ObjectsWorld): Promise<readonly Row[]> {
  const { region, target, quick, say } = world;
  const count = quick ? LISTED / 10 : LISTED;
  const client = new pg.Client({
    host: join(region.data, 'postgres/run'),
    database: 'casemate',
    user: 'casemate-db',
  });
  await client.connect();
  await client.query(SEED, [count]);
  await client.query('ANALYZE objects.versions');
  await client.end();
  const connection = await Connection.open(target);
  const before = regionCpu(world);
  const pages_ms: number[] = [];
  let seen = 0;
  for (let token = ''; ; ) {
    const more = token === '' ? '' : `continuation-token=${encodeURIComponent(token)}&`;
    const one = requestText(world, 'GET', `/${BUCKET}?${more}list-type=2&max-keys=${PAGE}&prefix=listed%2F`);
    const began = performance.now();
    const { code, body } = await connection.send(one);
    if (code !== 200) throw new Error(`answered ${code}: ${body}`);
    pages_ms.push(performance.now() - began);
    const answer = body.toString('latin1');
    seen += Number(/<KeyCount>(\d+)</.exec(answer)?.[1] ?? 0);
    token = /<NextContinuationToken>([^<]+)</.exec(answer)?.[1] ?? '';
    if (token === '') break;
  }
  const note = cpuNote(before, regionCpu(world), pages_ms.length);
  connection.close();
  if (seen !== count) throw new Error(`${seen} of ${count} were listed`);
  const total_ms = pages_ms.reduce((sum, one) => sum + one, 0);
  const tenth = Math.ceil(pages_ms.length / 10);
  const [first, last] = [median(pages_ms.slice(0, tenth)), median(pages_ms.slice(-tenth))];
  say(`${Math.round((count * 1_000) / total_ms)} names/s`);
  return [
    {
      what: `names listed of ${count.toLocaleString('en')}, pages of ${PAGE}, one client`,
      value: (count * 1_000) / total_ms,
      unit: '/s',
      target: { atLeast: 50_000 },
      note: `a page: ${note}`,
    },
    {
      what: 'a page in the last tenth',
      value: last,
      unit: 'ms',
      peer: { what: 'a page in the first tenth', value: first },
    },
  ];
}

export const objectsSmall: Measure = {
  summary: 'objects of 4 KiB through S3 from 64 clients; a list of a million names',
  run: (options) =>
    withObjects(options, async (world) => ({
      name: 'objects-small',
      rows: [...(await small(world)), ...(await lists(world))],
    })),
};
