/**
 * Objects of a whole region through its S3 endpoint: large ones read beside nginx with the same files over TLS, and written beside `dd conv=fsync` on the same disk; what a hundred
 * uploads at once take of memory. Needs Debian's nginx-light and curl.
 */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:https';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import { freePort } from '#kernel/wire/test-port.ts';
import {
  BUCKET,
  KEYED_BUCKET,
  keyedBucket,
  link,
  type ObjectsWorld,
  serverPid,
  withObjects,
} from '../lib/objects.ts';
import type { Row } from '../lib/result.ts';
import type { Measure } from './context.ts';

const MIB = 2 ** 20;
const LARGE_BYTES = 1_024 * MIB;
const UPLOADS = 100;
const UPLOAD_BYTES = 256 * MIB;
const RUNS = 3;

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

/** CPU time of a process and of those that it started, in ms. Linux counts in hundredths of a second. */
function cpu_ms(pid: number): number {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean);
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  const [user = 0, system = 0] = stat.slice(stat.lastIndexOf(')')).split(' ').slice(12, 14).map(Number);
  return (user + system) * 10 + children.reduce((sum, child) => sum + cpu_ms(Number(child)), 0);
}

/** What curl measures, in MiB/s, and adds what that process took, in ms of CPU a MiB. */
function withCpu(pid: number, taken: number[], size: number, ...args: readonly string[]): number {
  const before_ms = cpu_ms(pid);
  const rate = curl(...args);
  taken.push((cpu_ms(pid) - before_ms) / (size / MIB));
  return rate;
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
    pid: () => Number(readFileSync(join(folder, 'nginx.pid'), 'utf8')),
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

async function large(world: ObjectsWorld): Promise<readonly Row[]> {
  const { region, quick, say } = world;
  const folder = region.scratch;
  const source = join(folder, 'large');
  const size = quick ? LARGE_BYTES / 8 : LARGE_BYTES;
  await makeFile(source, size);
  execFileSync('sync');
  await keyedBucket(world);
  const pid = serverPid(world);
  const writes: number[] = [];
  const keyed: number[] = [];
  const copies: number[] = [];
  const cpu = {
    writes: [] as number[],
    keyed: [] as number[],
    reads: [] as number[],
    served: [] as number[],
  };
  for (let run = 0; run < RUNS; run++) {
    const began = performance.now();
    execFileSync('dd', [`if=${source}`, `of=${folder}/copy`, 'bs=1M', 'conv=fsync'], { stdio: 'ignore' });
    copies.push(size / MIB / ((performance.now() - began) / 1_000));
    rmSync(join(folder, 'copy'));
    const upload = ['--upload-file', source];
    writes.push(withCpu(pid, cpu.writes, size, ...upload, link(world, 'PUT', 'large', BUCKET)));
    keyed.push(withCpu(pid, cpu.keyed, size, ...upload, link(world, 'PUT', 'large', KEYED_BUCKET)));
  }
  const nginx = await startNginx(folder);
  const reads: number[] = [];
  const served: number[] = [];
  const plain: number[] = [];
  for (let run = 0; run < RUNS; run++) {
    served.push(withCpu(nginx.pid(), cpu.served, size, `${nginx.urls.tls}/large`));
    plain.push(curl(`${nginx.urls.plain}/large`));
    reads.push(withCpu(pid, cpu.reads, size, link(world, 'GET', 'large')));
  }
  await nginx.stop();
  say(
    `GET ${median(reads)} of ${median(served)}, PUT ${median(writes)} and ${median(keyed)} of ${median(copies)} MiB/s`,
  );
  return [
    {
      what: `GET of an object of ${size / MIB} MiB, encrypted, over TLS`,
      value: median(reads),
      unit: 'MiB/s',
      target: { atLeast: median(served) * 0.6 },
      peer: { what: 'nginx, the same plain file over TLS', value: median(served) },
      note: `CPU of the process ${median(cpu.reads).toFixed(2)} ms/MiB, of nginx ${median(cpu.served).toFixed(2)}; nginx without TLS: ${Math.round(median(plain))} MiB/s; median of ${RUNS}`,
    },
    {
      what: `PUT of the same, encrypted, durable, over TLS; its ETag is its MD5`,
      value: median(writes),
      unit: 'MiB/s',
      target: { atLeast: median(copies) * 0.6 },
      peer: { what: 'dd bs=1M conv=fsync on the same disk', value: median(copies) },
      note: `CPU of the process ${median(cpu.writes).toFixed(2)} ms/MiB; median of ${RUNS}`,
    },
    {
      what: `the same into a bucket with a Key, where an ETag is no MD5`,
      value: median(keyed),
      unit: 'MiB/s',
      target: { atLeast: median(copies) * 0.6 },
      peer: { what: 'dd bs=1M conv=fsync on the same disk', value: median(copies) },
      note: `CPU of the process ${median(cpu.keyed).toFixed(2)} ms/MiB; median of ${RUNS}`,
    },
  ];
}

const statusMib = (pid: number, field: string): number =>
  Number(new RegExp(`${field}:\\s+(\\d+) kB`).exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1_024;

async function memory(world: ObjectsWorld): Promise<readonly Row[]> {
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
  summary: 'large objects through S3, beside nginx and dd; what a hundred uploads at once take of memory',
  run: (options) =>
    withObjects(options, async (world) => ({
      name: 'objects',
      rows: [...(await large(world)), ...(await memory(world))],
    })),
};
