/**
 * The package mirror: a large package and a small index fetched over loopback from the mirror's own process, beside a bare Node server that pipes the same file; and making the
 * indexes of 1,000 packages that were published, beside packing the same text alone.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { hash } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { Agent, get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { artifactTypeOf } from '#gap/bundle/content/content-type.ts';
import { describe, MEDIA, TITLE } from '#gap/bundle/descriptor.ts';
import { jsonBytes } from '#gap/bundle/json.ts';
import { EMPTY_DESCRIPTOR, manifestBytes } from '#gap/bundle/manifest.ts';
import { ContentStore } from '#gap/import/content-store.ts';
import { buildTree } from '#gap/mirror/build.ts';
import { MirrorChild } from '#gap/mirror/child.ts';
import { mirrorKey } from '#gap/mirror/mirror-key.ts';
import { mirrorFolders } from '#gap/mirror/tree.ts';
import { systemClock } from '#kernel/clock.ts';
import { silentLogger } from '#kernel/logger.ts';
import type { Measure } from './context.ts';

const MIB = 1024 * 1024;
const LARGE_BYTES = 256 * MIB;
const PACKAGES = 1_000;
const SMALL_REQUESTS = 5_000;
const CLIENTS = 8;
const PORT = 28_741;
const MIRROR = '127.87.0.1';
const BARE = `
const { createServer } = require('node:http');
const { createReadStream } = require('node:fs');
createServer((request, response) => createReadStream(process.argv[request.url === '/large' ? 2 : 3]).pipe(response))
  .listen(${PORT + 1}, '127.0.0.1', () => process.send('ready'));
`;

/** Bytes that came. */
function fetchAll(url: string, agent: Agent): Promise<number> {
  return new Promise((resolve, reject) => {
    get(url, { agent }, (response) => {
      let size = 0;
      response.on('data', (chunk: Buffer) => {
        size += chunk.length;
      });
      response.on('end', () => resolve(size));
      response.on('error', reject);
    }).on('error', reject);
  });
}

async function throughput(url: string): Promise<number> {
  const agent = new Agent({ keepAlive: true });
  const begin = performance.now();
  const size = await fetchAll(url, agent);
  agent.destroy();
  return size / MIB / ((performance.now() - begin) / 1_000);
}

async function requests(url: string, count: number): Promise<number> {
  const agent = new Agent({ keepAlive: true, maxSockets: CLIENTS });
  let left = count;
  const begin = performance.now();
  await Promise.all(
    Array.from({ length: CLIENTS }, async () => {
      for (; left > 0; left--) await fetchAll(url, agent);
    }),
  );
  agent.destroy();
  return (1_000 * count) / (performance.now() - begin);
}

/** A published repository of packages that are not there but for the first: indexes are all that is read. */
function publishMadeUp(folder: string): string {
  const blobs = join(folder, 'blobs/sha256');
  mkdirSync(blobs, { recursive: true });
  const put = (bytes: Buffer) => {
    writeFileSync(join(blobs, hash('sha256', bytes)), bytes);
    return bytes;
  };
  const large = put(Buffer.alloc(LARGE_BYTES, 'casemate'));
  const first = hash('sha256', large);
  const shaOf = (number: number) => (number === 0 ? first : hash('sha256', `package ${number}`));
  const sizeOf = (number: number) => (number === 0 ? large.length : 10_000 + number);
  const text = Array.from({ length: PACKAGES }, (_, number) =>
    [
      `Package: made-up-${number}`,
      'Version: 1.0-1',
      'Architecture: amd64',
      `Depends: libc6 (>= 2.34), made-up-${(number + 1) % PACKAGES}`,
      'Description: a package that nobody needs, with as many words as they have',
      `Filename: pool/main/m/made-up/made-up-${number}_1.0-1_amd64.deb`,
      `Size: ${sizeOf(number)}`,
      `SHA256: ${shaOf(number)}`,
    ].join('\n'),
  ).join('\n\n');
  const index = describe('text/plain', put(Buffer.from(`${text}\n`)), {
    [TITLE]: 'dists/tools/main/binary-amd64/Packages',
  });
  const artifactType = artifactTypeOf('debian-repository');
  const config = describe('application/json', put(jsonBytes({ release: 'debian-12' })));
  const debs = Array.from({ length: PACKAGES }, (_, number) => ({
    mediaType: 'application/vnd.debian.binary-package',
    digest: `sha256:${shaOf(number)}`,
    size: sizeOf(number),
    annotations: { [TITLE]: `pool/${number}.deb` },
  }));
  const blob = (bytes: Buffer) => ({ digest: `sha256:${hash('sha256', put(bytes))}`, size: bytes.length });
  const bundle = {
    name: 'made-up',
    version: 1,
    created: '2026-11-22T00:00:00Z',
    digest: `sha256:${hash('sha256', text)}`,
    metadata: '',
    publishedAt: '2026-11-22T00:00:00Z',
    import: 'made-up',
    items: [
      {
        path: 'debian-repository/tools/1.0',
        artifactType,
        manifest: blob(manifestBytes({ artifactType, config, layers: [index, ...debs] })),
        companion: blob(
          manifestBytes({ artifactType: MEDIA.companion, config: EMPTY_DESCRIPTOR, layers: [] }),
        ),
      },
    ],
  };
  writeFileSync(join(folder, 'published.json'), JSON.stringify({ format: 1, bundles: [bundle] }));
  return text;
}

const keys = new Map<string, Buffer>();
const material = {
  add: async (_realm: string, name: string, bytes: Uint8Array) => Boolean(keys.set(name, Buffer.from(bytes))),
  get: async (_realm: string, name: string) => {
    const kept = keys.get(name);
    return kept === undefined ? undefined : Buffer.from(kept);
  },
};

async function startBare(folder: string, large: string, small: string): Promise<ChildProcess> {
  const script = join(folder, 'bare.cjs');
  writeFileSync(script, BARE);
  const child = fork(script, [large, small]);
  await once(child, 'message');
  return child;
}

export const mirror: Measure = {
  summary: 'the package mirror: MiB/s and requests/s beside a bare Node server; indexes of 1,000 packages',
  async run({ quick, say }) {
    const folder = await mkdtemp(join(tmpdir(), 'bench-mirror-'));
    const text = publishMadeUp(folder);
    const folders = mirrorFolders(folder);
    const key = mirrorKey({ material, region: 'bench', clock: systemClock });
    await key.publicKey();
    const begin = performance.now();
    const tree = await buildTree({
      content: new ContentStore(folder),
      folders,
      key,
      url: `http://${MIRROR}:${PORT}`,
    });
    const build_ms = performance.now() - begin;
    const packing = performance.now();
    gzipSync(text, { level: 9 });
    const gzip_ms = performance.now() - packing;
    const child = new MirrorChild({ content: folder, port: PORT, clock: systemClock, logger: silentLogger });
    child.want('bench', MIRROR);
    child.renewed(true);
    await child.until((serving) => serving.length === 1);
    const large = tree.packages[0]?.path ?? '';
    const release = '/apt/dists/debian-12/InRelease';
    const file = (path: string, root: string) => join(root, tree.files[path]?.sha256 ?? '');
    const bare = await startBare(folder, file(large, folders.blobs), file(release, folders.made));
    try {
      const [own, peer] = [`http://${MIRROR}:${PORT}`, `http://127.0.0.1:${PORT + 1}`];
      const count = quick ? SMALL_REQUESTS / 10 : SMALL_REQUESTS;
      for (const url of [`${own}${release}`, `${peer}/small`]) await requests(url, count / 10);
      const rows = {
        mirrored: await throughput(`${own}${large}`),
        piped: await throughput(`${peer}/large`),
        answered: await requests(`${own}${release}`, count),
        bareAnswered: await requests(`${peer}/small`, count),
      };
      say(`${Math.round(rows.mirrored)} MiB/s, ${Math.round(rows.answered)} requests/s`);
      const what = 'a bare Node server that pipes the same file';
      return {
        name: 'mirror',
        rows: [
          {
            what: 'one package of 256 MiB from the mirror, one client on loopback',
            value: rows.mirrored,
            unit: 'MiB/s',
            peer: { what, value: rows.piped },
          },
          {
            what: `the signed index from the mirror, ${CLIENTS} clients`,
            value: rows.answered,
            unit: '/s',
            peer: { what, value: rows.bareAnswered },
          },
          {
            what: `indexes of ${PACKAGES} published packages made, signed and on the disk`,
            value: build_ms,
            unit: 'ms',
            peer: { what: 'gzip -9 of one of them alone', value: gzip_ms },
            note: 'two are packed: the suite of the item and the one of the release',
          },
        ],
      };
    } finally {
      child.close();
      bare.kill();
      rmSync(folder, { recursive: true, force: true });
    }
  },
};
