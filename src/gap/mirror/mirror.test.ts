// The mirror, with the clients that it is for: Debian's apt verifies the region's signature and installs, npm installs with integrity. And what it does not give.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { hash } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { type AddressInfo, connect } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { promisify } from 'node:util';
import { aptConfig } from '../bundle/testing/apt-mirror.ts';
import { buildTree } from './build.ts';
import { CONNECTIONS_OF_ONE_MAX } from './limits.ts';
import { mirrorKey } from './mirror-key.ts';
import type { PackageOrigin } from './origins.ts';
import { mirrorServer } from './serve.ts';
import { startPublishedWorld, TOOLS, TOWN } from './testing/published-world.ts';
import { fileOf, type Tree } from './tree.ts';

const run = promisify(execFile);

async function startMirror(t: TestContext) {
  const world = await startPublishedWorld(t);
  const faults: string[] = [];
  let tree: Tree | undefined;
  const server = mirrorServer({
    folders: world.folders,
    tree: () => tree ?? { format: 1, inputs: '', files: {}, origins: [], packages: [], notes: [] },
    onFault: (fault) => faults.push(fault),
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}`;
  const build = async () => {
    tree = await buildTree({ content: world.content, folders: world.folders, key: world.key, url });
    return tree;
  };
  const get = (path: string, headers: Readonly<Record<string, string>> = {}) =>
    fetch(`${url}${path}`, { headers });
  return { ...world, url, port, build, get, faults };
}

/** An apt that knows the mirror alone, and verifies with that key. */
async function aptOf(folder: string, url: string, key: string, name = 'instance') {
  await mkdir(join(folder, name), { recursive: true });
  await writeFile(join(folder, `${name}.asc`), key);
  const source = `deb [signed-by=${join(folder, `${name}.asc`)}] ${url}/apt debian-12 main`;
  const config = await aptConfig(folder, name, source);
  return (...args: readonly string[]) =>
    run('apt-get', ['-q', ...args], {
      env: { ...process.env, APT_CONFIG: config, LC_ALL: 'C' },
      cwd: folder,
    });
}

test('apt verifies the region’s signature, and fetches a package with what it depends on', async (t) => {
  const { publish, build, bundles, url, key } = await startMirror(t);
  await publish(1, TOOLS);
  await build();
  const apt = await aptOf(bundles.folder, url, await key.publicKey());
  const updated = await apt('update');
  assert.doesNotMatch(updated.stderr + updated.stdout, /^[WE]:/m);
  const { stdout } = await apt('-y', '--download-only', 'install', 'casemate-test-tool');
  assert.match(stdout, /casemate-test-library[\s\S]*casemate-test-tool/);
  const fetched = (await readdir(join(bundles.folder, 'instance/cache/archives'))).filter((one) =>
    one.endsWith('.deb'),
  );
  assert.deepEqual(fetched.sort(), [
    'casemate-test-library_1.0-1_all.deb',
    'casemate-test-tool_1.0-1_all.deb',
  ]);
});

/** A key of another region. */
async function otherKey(): Promise<string> {
  const kept = new Map<string, Buffer>();
  const material = {
    add: async (_realm: string, name: string, bytes: Uint8Array) =>
      kept.set(name, Buffer.from(bytes)) === kept,
    get: async (_realm: string, name: string) => {
      const bytes = kept.get(name);
      return bytes === undefined ? undefined : Buffer.from(bytes);
    },
  };
  const clock = { now: () => Date.parse('2026-11-21T00:00:00Z') };
  return mirrorKey({ region: 'elsewhere', clock, material }).publicKey();
}

test('apt refuses an index that another key signed, and one that was changed', async (t) => {
  const { publish, build, bundles, url, key, folders } = await startMirror(t);
  await publish(1, TOOLS);
  const tree = await build();
  const deceived = await aptOf(bundles.folder, url, await otherKey(), 'deceived');
  await assert.rejects(deceived('update', '--error-on=any'), /NO_PUBKEY|not signed/);
  const file = tree.files['/apt/dists/debian-12/InRelease'];
  assert.ok(file);
  const changed = (await readFile(fileOf(folders, file), 'utf8')).replace(
    'Label: debian-12',
    'Label: debian-13',
  );
  await writeFile(fileOf(folders, file), changed);
  const apt = await aptOf(bundles.folder, url, await key.publicKey());
  await assert.rejects(apt('update', '--error-on=any'), /BADSIG/);
});

test('npm installs what was imported, by integrity, with scoped names and what they depend on', async (t) => {
  const { publish, build, bundles, url } = await startMirror(t);
  await publish(1, TOWN);
  await build();
  const project = bundles.path('project');
  await mkdir(project);
  await writeFile(join(project, 'package.json'), '{"name":"app","version":"1.0.0"}');
  const env = {
    ...process.env,
    npm_config_registry: `${url}/npm/`,
    npm_config_cache: bundles.path('instance-cache'),
    npm_config_userconfig: bundles.path('none'),
    npm_config_fetch_retries: '0',
  };
  const npm = (...args: readonly string[]) =>
    run('npm', [...args, '--no-audit', '--no-fund', '--no-update-notifier'], { cwd: project, env });
  await npm('install', '@town/hall');
  const lock = JSON.parse(await readFile(join(project, 'package-lock.json'), 'utf8'));
  const { integrity, resolved, version } = lock.packages['node_modules/bell'];
  assert.equal(version, '2.1.0');
  assert.equal(resolved, `${url}/npm/bell/-/bell-2.1.0.tgz`);
  assert.match(integrity, /^sha512-/);
  assert.match(await readFile(join(project, 'node_modules/bell/index.js'), 'utf8'), /ding/);
  const view = JSON.parse((await npm('view', '@town/hall', '--json')).stdout);
  assert.deepEqual([view['dist-tags'], view.versions], [{ latest: '1.2.0' }, ['1.2.0']]);
  await assert.rejects(npm('install', 'never-imported'), /E404/);
});

test('each package says which bundle, whose signatures and which import it came with, and its statement is the one that was signed', async (t) => {
  const { publish, build, get, content } = await startMirror(t);
  await publish(1, TOOLS + TOWN);
  await build();
  for (const [path, item] of [
    ['/provenance/apt/casemate-test-tool', 'debian-repository/tools/1.0'],
    ['/provenance/npm/@town%2fhall', 'npm/town/1.0'],
  ] as const) {
    const [one] = (await (await get(path)).json()) as PackageOrigin[];
    assert.equal(one?.item, item);
    const [bundle] = await content.bundles();
    assert.deepEqual(one?.origin, {
      bundle: 'town',
      version: 1,
      created: '2026-11-20T00:00:00Z',
      digest: bundle?.digest,
      publishedAt: '2026-11-22T00:00:00Z',
      import: 'town-1',
      signers: ['alice', 'bob'],
      threshold: 2,
    });
    const statement = (await (await get(one?.statement ?? '')).json()) as { predicateType: string };
    assert.match(statement.predicateType, /slsa\.dev\/provenance/);
  }
  assert.equal((await get('/provenance/apt/nothing')).status, 404);
});

test('an interrupted fetch goes on at its byte, and a file that is known is not sent again', async (t) => {
  const { publish, build, get } = await startMirror(t);
  await publish(1, TOOLS);
  const tree = await build();
  const [path, file] = Object.entries(tree.files).find(([one]) => one.endsWith('tool_1.0-1_all.deb')) ?? [];
  assert.ok(path && file);
  const whole = Buffer.from(await (await get(path)).arrayBuffer());
  assert.equal(hash('sha256', whole), file.sha256);
  const tag = { 'if-range': `"${file.sha256}"` };
  for (const [range, from, to] of [
    ['bytes=100-', 100, file.size],
    ['bytes=100-199', 100, 200],
    ['bytes=-50', file.size - 50, file.size],
  ] as const) {
    const answer = await get(path, { range, ...tag });
    assert.equal(answer.status, 206, range);
    assert.equal(answer.headers.get('content-range'), `bytes ${from}-${to - 1}/${file.size}`);
    assert.deepEqual(Buffer.from(await answer.arrayBuffer()), whole.subarray(from, to));
  }
  assert.equal((await get(path, { range: `bytes=${file.size}-` })).status, 416);
  assert.equal((await get(path, { range: 'bytes=5-', 'if-range': '"of another"' })).status, 200);
  assert.equal((await get(path, { range: 'bytes=0-1,4-5' })).status, 200);
  assert.equal((await get(path, { 'if-none-match': `"${file.sha256}"` })).status, 304);
  assert.equal((await get(path, { 'if-modified-since': 'Sun, 22 Nov 2026 00:00:00 GMT' })).status, 304);
});

test('nothing else is given: no folder, no other file, by whatever spelling, and nothing is taken', async (t) => {
  const { publish, build, get, url, port, faults, folder } = await startMirror(t);
  await publish(1, TOOLS);
  await build();
  await writeFile(join(folder, 'secret'), 'not published');
  for (const path of [
    '/',
    '/apt',
    '/apt/',
    '/apt/dists/debian-12/',
    '/apt/pool/',
    '/apt/../content/secret',
    '/apt/%2e%2e/%2e%2e/secret',
    '/secret',
    '/tree.json',
    '/blobs/sha256/',
    '/npm/constructor',
    '/__proto__',
    '/provenance/apt/',
    `/${'a'.repeat(4_000)}`,
    '/%00',
    '/%zz',
  ]) {
    const answer = await get(path);
    assert.ok([400, 404].includes(answer.status), `${path}: ${answer.status}`);
    assert.doesNotMatch(await answer.text(), /published bundle|not published/);
  }
  for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH']) {
    assert.equal((await fetch(`${url}/npm/bell`, { method })).status, 405, method);
  }
  const raw = async (text: string) => {
    const socket = connect(port, '127.0.0.1');
    socket.end(text);
    return Buffer.concat(await Array.fromAsync(socket as AsyncIterable<Buffer>)).toString('latin1');
  };
  for (const target of [
    '../../etc/passwd',
    'http://elsewhere/apt/key.asc',
    '//etc/passwd',
    '/apt/..\\..\\secret',
  ]) {
    const answer = await raw(`GET ${target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
    assert.match(answer, /^(HTTP\/1\.1 40[04]|$)/, target);
  }
  assert.doesNotMatch(
    await raw(`GET /apt/key.asc HTTP/1.1\r\nHost: x\r\nX: ${'y'.repeat(20_000)}\r\n\r\n`),
    / 200 /,
  );
  assert.deepEqual(faults, []);
});

test('one instance holds no more than its share of connections, and others are served', async (t) => {
  const { publish, build, port, get } = await startMirror(t);
  await publish(1, TOOLS);
  await build();
  const sockets = Array.from({ length: CONNECTIONS_OF_ONE_MAX + 8 }, () => {
    const socket = connect({ port, host: '127.0.0.1', localAddress: '127.0.0.2' });
    socket.on('error', () => {});
    return socket;
  });
  t.after(() => sockets.forEach((socket) => void socket.destroy()));
  const closed = new Promise<void>((resolve) => {
    let count = 0;
    for (const socket of sockets) socket.once('close', () => ++count === 8 && resolve());
  });
  for (const socket of sockets) socket.resume();
  await closed;
  assert.equal((await get('/apt/key.asc')).status, 200);
});

test('what is published later comes to what there is; the same again changes nothing; other bytes under a known name do not count', async (t) => {
  const { publish, build, registry, get, folders, content, key, url } = await startMirror(t);
  await publish(1, TOOLS);
  const first = await build();
  const before = await readFile(folders.tree);
  await build();
  assert.deepEqual(await readFile(folders.tree), before);
  await publish(2, TOWN, '2026-11-23T00:00:00Z');
  const second = await build();
  assert.deepEqual(second.packages.map(({ name }) => name).sort(), [
    '@town/hall',
    'bell',
    'casemate-test-library',
    'casemate-test-tool',
  ]);
  const old = Object.keys(first.files).find((path) => path.includes('/by-hash/')) ?? '';
  assert.equal((await get(old)).status, 200);
  // Another bell 2.1.0, in a bundle that somebody signed.
  await registry.put({ name: 'bell', version: '2.1.0', files: { 'index.js': 'module.exports = "dong";' } });
  await publish(
    3,
    TOWN.replace('"@town/hall@^1"', '"bell@2.1.0"').replace('"1.0"', '"2.0"'),
    '2026-11-24T00:00:00Z',
  );
  const third = await build();
  assert.deepEqual(third.notes, [
    'npm/town/2.0: npm bell 2.1.0 has other bytes than what was published under that name before, and is not served',
  ]);
  assert.equal(
    third.files['/npm/bell/-/bell-2.1.0.tgz']?.sha256,
    second.files['/npm/bell/-/bell-2.1.0.tgz']?.sha256,
  );
  // Whatever was lost is made anew.
  await writeFile(folders.tree, '{"format":1');
  const again = await buildTree({ content, folders, key, url });
  assert.deepEqual(
    Object.keys(again.files).sort(),
    Object.keys(third.files)
      .filter((path) => !third.files[path]?.isOld)
      .sort(),
  );
});
