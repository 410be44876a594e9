/**
 * Objects of a whole region through its S3 endpoint: large ones read beside nginx with the same files over TLS, and written beside `dd conv=fsync` on the same disk; small ones from 64 clients;
 * a list of a million names; what a hundred uploads at once take of memory. Needs Debian's nginx-light and curl.
 */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:https';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import pg from 'pg';
import { presign, type Signing, signRequest } from '#services/objects/s3/testing/client.ts';
import { type ObjectsTenant, objectsTenant } from '#test/support/objects.ts';
import { freePort, startRegion, type TestRegion } from '#test/support/region.ts';
import { Connection } from '../lib/connection.ts';
import type { Row } from '../lib/result.ts';
import type { Target } from '../lib/target.ts';
import type { Measure } from './context.ts';

const MIB = 2 ** 20;
const LARGE_BYTES = 1_024 * MIB;
const SMALL_BYTES = 4_096;
const CLIENTS = 64;
const SMALL_COUNT = 20_000;
const LISTED = 1_000_000;
const PAGE = 1_000;
const UPLOADS = 100;
const UPLOAD_BYTES = 256 * MIB;
const RUNS = 3;
const BUCKET = 'bench-first';
const SETTINGS = 'incus:\n  mode: none\nrequestsPerSecond: 1000000';

interface World {
  readonly region: TestRegion;
  readonly tenant: ObjectsTenant;
  readonly target: Target;
  readonly host: string;
  readonly quick: boolean;
  readonly say: (line: string) => void;
}

function signing({ keys }: ObjectsTenant): Signing {
  const time = new Date().toISOString().replace(/[-:]|\.\d{3}/g, '');
  return { accessKey: keys.accessKeyId, secret: keys.secretAccessKey, region: 'us-east-1', time };
}

/** A whole request as it goes over the wire, its body unsigned. */
function text({ tenant, host }: World, method: string, target: string, body = ''): string {
  const headers = { host, 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' };
  const { headers: sent } = signRequest({ method, target, headers }, signing(tenant));
  const lines = Object.entries(sent).map(([name, value]) => `${name}: ${value}`);
  if (body !== '') lines.push(`content-length: ${body.length}`);
  return [`${method} ${target} HTTP/1.1`, ...lines, '', body].join('\r\n');
}

function link({ tenant, host }: World, method: string, key: string): string {
  const { target } = presign(
    { method, target: `/${BUCKET}/${key}`, headers: { host } },
    3_600,
    signing(tenant),
  );
  return `${tenant.endpoint}${target}`;
}

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;

/** MiB/s that curl measures; the same client for both sides, written in C. */
function curl(...args: readonly string[]): number {
  const said = execFileSync(
    'curl',
    [
      '--silent',
      '--fail',
      '--insecure',
      '--output',
      '/dev/null',
      '--write-out',
      '%{time_starttransfer} %{time_total} %{size_download} %{size_upload}',
      ...args,
    ],
    { encoding: 'utf8' },
  );
  const [, total_s = 0, down = 0, up = 0] = said.split(' ').map(Number);
  return Math.max(down, up) / MIB / total_s;
}

async function startNginx(folder: string) {
  const port = await freePort();
  const plain = await freePort();
  const certificate = [
    'req',
    '-x509',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:P-256',
    '-nodes',
    '-subj',
    '/CN=localhost',
    '-days',
    '1',
  ];
  execFileSync(
    'openssl',
    [...certificate, '-keyout', join(folder, 'key.pem'), '-out', join(folder, 'cert.pem')],
    { stdio: 'ignore' },
  );
  writeFileSync(
    join(folder, 'nginx.conf'),
    `user root; daemon off; worker_processes auto; pid ${folder}/nginx.pid; error_log ${folder}/error.log; events {}
http { access_log off; sendfile on; root ${folder};
  server { listen 127.0.0.1:${port} ssl; ssl_certificate ${folder}/cert.pem; ssl_certificate_key ${folder}/key.pem; }
  server { listen 127.0.0.1:${plain}; } }
`,
  );
  const child = spawn('/usr/sbin/nginx', ['-c', join(folder, 'nginx.conf')], { stdio: 'ignore' });
  const urls = { tls: `https://127.0.0.1:${port}`, plain: `http://127.0.0.1:${plain}` };
  for (let looks = 0; looks < 100; looks++) {
    try {
      execFileSync('curl', ['--silent', '--insecure', '--output', '/dev/null', urls.tls]);
      break;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
  return {
    urls,
    async stop() {
      const gone = once(child, 'exit');
      child.kill();
      await gone;
    },
  };
}

/** A file of bytes that no disk makes smaller. */
async function makeFile(path: string, size: number): Promise<void> {
  const file = createWriteStream(path);
  const block = crypto.getRandomValues(new Uint8Array(65_536));
  const mebibyte = Buffer.concat(Array.from({ length: 16 }, () => block));
  for (let done = 0; done < size; done += mebibyte.length) {
    if (!file.write(mebibyte)) await once(file, 'drain');
  }
  file.end();
  await finished(file);
}

async function large(world: World): Promise<readonly Row[]> {
  const { region, quick, say } = world;
  const folder = region.scratch;
  const source = join(folder, 'large');
  const size = quick ? LARGE_BYTES / 8 : LARGE_BYTES;
  await makeFile(source, size);
  execFileSync('sync');
  const writes: number[] = [];
  const copies: number[] = [];
  for (let run = 0; run < RUNS; run++) {
    const began = performance.now();
    execFileSync('dd', [`if=${source}`, `of=${folder}/copy`, 'bs=1M', 'conv=fsync'], { stdio: 'ignore' });
    copies.push(size / MIB / ((performance.now() - began) / 1_000));
    rmSync(join(folder, 'copy'));
    writes.push(curl('--upload-file', source, link(world, 'PUT', 'large')));
  }
  const nginx = await startNginx(folder);
  const reads: number[] = [];
  const served: number[] = [];
  const plain: number[] = [];
  for (let run = 0; run < RUNS; run++) {
    served.push(curl(`${nginx.urls.tls}/large`));
    plain.push(curl(`${nginx.urls.plain}/large`));
    reads.push(curl(link(world, 'GET', 'large')));
  }
  await nginx.stop();
  say(`GET ${median(reads)} of ${median(served)}, PUT ${median(writes)} of ${median(copies)} MiB/s`);
  return [
    {
      what: `GET of an object of ${size / MIB} MiB, encrypted, over TLS`,
      value: median(reads),
      unit: 'MiB/s',
      target: { atLeast: median(served) * 0.6 },
      peer: { what: 'nginx, the same plain file over TLS', value: median(served) },
      note: `nginx without TLS: ${Math.round(median(plain))} MiB/s; median of ${RUNS}`,
    },
    {
      what: `PUT of the same, encrypted, durable, over TLS`,
      value: median(writes),
      unit: 'MiB/s',
      target: { atLeast: median(copies) * 0.6 },
      peer: { what: 'dd bs=1M conv=fsync on the same disk', value: median(copies) },
      note: `median of ${RUNS}`,
    },
  ];
}

/** Requests per second that 64 connections get answered, each one at a time. */
async function rate({ target }: World, requests: readonly string[]): Promise<number> {
  const connections = await Promise.all(Array.from({ length: CLIENTS }, () => Connection.open(target)));
  let next = 0;
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
  for (const connection of connections) connection.close();
  return requests.length / elapsed_s;
}

async function small(world: World): Promise<readonly Row[]> {
  const count = world.quick ? SMALL_COUNT / 10 : SMALL_COUNT;
  const body = 'x'.repeat(SMALL_BYTES);
  const requests = (method: string, prefix: string, content = '') =>
    Array.from({ length: count }, (_, index) =>
      text(world, method, `/${BUCKET}/${prefix}/${index}`, content),
    );
  await rate(world, requests('PUT', 'warm', body).slice(0, count / 10));
  const creates = await rate(world, requests('PUT', 'small', body));
  const gets = await rate(world, requests('GET', 'small'));
  world.say(`${Math.round(creates)} creates/s, ${Math.round(gets)} gets/s`);
  return [
    {
      what: `objects of 4 KiB created, durable, ${CLIENTS} clients`,
      value: creates,
      unit: '/s',
      target: { atLeast: 3_000 },
    },
    {
      what: `objects of 4 KiB read, ${CLIENTS} clients`,
      value: gets,
      unit: '/s',
      target: { atLeast: 6_000 },
    },
  ];
}

const SEED = `
INSERT INTO objects.versions (bucket, key, rank, is_null, is_marker, is_live, modified_ms, size, etag, checksums, checksum_type, sealed, tag_count, legal_hold, pieces)
SELECT bucket, 'listed/' || lpad(n::text, 9, '0'), nextval('objects.version_rank'), true, false, true, modified_ms, size, etag, checksums, checksum_type, sealed, 0, false, pieces
FROM objects.versions, generate_series(1, $1::int) AS n WHERE key = 'small/0'`;

async function lists(world: World): Promise<readonly Row[]> {
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
  const pages_ms: number[] = [];
  let seen = 0;
  for (let token = ''; ; ) {
    const more = token === '' ? '' : `continuation-token=${encodeURIComponent(token)}&`;
    const one = text(world, 'GET', `/${BUCKET}?${more}list-type=2&max-keys=${PAGE}&prefix=listed%2F`);
    const began = performance.now();
    const { code, body } = await connection.send(one);
    if (code !== 200) throw new Error(`answered ${code}: ${body}`);
    pages_ms.push(performance.now() - began);
    const answer = body.toString('latin1');
    seen += Number(/<KeyCount>(\d+)</.exec(answer)?.[1] ?? 0);
    token = /<NextContinuationToken>([^<]+)</.exec(answer)?.[1] ?? '';
    if (token === '') break;
  }
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
    },
    {
      what: 'a page in the last tenth',
      value: last,
      unit: 'ms',
      peer: { what: 'a page in the first tenth', value: first },
    },
  ];
}

function serverPid({ host }: World): number {
  const listening = execFileSync('ss', ['-Hltnp', `sport = :${host.split(':')[1]}`], { encoding: 'utf8' });
  return Number(/pid=(\d+)/.exec(listening)?.[1]);
}

const statusMib = (pid: number, field: string): number =>
  Number(new RegExp(`${field}:\\s+(\\d+) kB`).exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1_024;

async function memory(world: World): Promise<readonly Row[]> {
  const { tenant, quick, say } = world;
  const size = quick ? UPLOAD_BYTES / 16 : UPLOAD_BYTES;
  const pid = serverPid(world);
  const before = statusMib(pid, 'VmRSS');
  // The highest since now.
  writeFileSync(`/proc/${pid}/clear_refs`, '5');
  const agent = new Agent({ ca: tenant.ca, keepAlive: false });
  const block = Buffer.alloc(65_536, 'casemate');
  const upload = async (index: number) => {
    const outgoing = request(link(world, 'PUT', `parallel/${index}`), {
      method: 'PUT',
      agent,
      headers: { 'content-length': size },
    });
    const answered = once(outgoing, 'response');
    answered.catch(() => {});
    for (let sent = 0; sent < size; sent += block.length) {
      if (!outgoing.write(block)) await once(outgoing, 'drain');
    }
    outgoing.end();
    const [response] = await answered;
    response.resume();
    if (response.statusCode !== 200) throw new Error(`answered ${response.statusCode}`);
  };
  await Promise.all(Array.from({ length: UPLOADS }, (_, index) => upload(index)));
  agent.destroy();
  const highest = statusMib(pid, 'VmHWM');
  say(`${Math.round(highest)} MiB, ${Math.round(before)} before`);
  return [
    {
      what: `the most memory of the process that serves objects, ${UPLOADS} uploads of ${size / MIB} MiB at once`,
      value: highest,
      unit: 'MiB',
      target: { atMost: 300 },
      note: `${Math.round(before)} MiB before; each is streamed, so its size does not matter`,
    },
  ];
}

export const objects: Measure = {
  summary:
    'objects through S3: large beside nginx and dd, small from 64 clients, a list of a million, memory',
  async run({ quick, say }) {
    const region = await startRegion({ settings: SETTINGS });
    try {
      const tenant = await objectsTenant(region, 'bench');
      const host = tenant.endpoint.replace('https://', '');
      const target = {
        host: 'localhost',
        port: Number(host.split(':')[1]),
        prefix: '',
        tls: { ca: tenant.ca, cert: '', key: '' },
      };
      const world: World = { region, tenant, host, target, quick, say };
      const rows = [
        ...(await large(world)),
        ...(await small(world)),
        ...(await lists(world)),
        ...(await memory(world)),
      ];
      return { name: 'objects', rows };
    } finally {
      await region.destroy();
    }
  },
};
