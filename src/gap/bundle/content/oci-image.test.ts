/** Images out of a registry, which is Debian's docker-registry, fetched by Debian's skopeo. */
import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';
import { type TestContext, test } from 'node:test';
import { BundleError } from '../problem.ts';
import { parseRecipe } from '../recipe.ts';
import { type BundleWorld, RECIPE, startBundleWorld } from '../testing/bundle-world.ts';

interface Registry {
  readonly address: string;
  /** Pushes an image of one file, made on the spot; gives its digest. */
  push(name: string, says: string): Promise<string>;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

async function startRegistry(t: TestContext, world: BundleWorld): Promise<Registry> {
  const address = `127.0.0.1:${await freePort()}`;
  const config = `version: 0.1
log: {level: info, accesslog: {disabled: true}}
storage: {filesystem: {rootdirectory: ${world.path('registry')}}}
http: {addr: "${address}"}
`;
  await writeFile(world.path('registry.yaml'), config);
  const server: ChildProcess = spawn('docker-registry', ['serve', world.path('registry.yaml')], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  t.after(async () => {
    server.kill();
    if (server.exitCode === null) await once(server, 'exit');
  });
  assert.ok(server.stderr);
  for await (const line of createInterface({ input: server.stderr }))
    if (line.includes('listening on')) break;
  server.stderr.resume();
  // As an administrator of the connected machine would: this one registry is reached without TLS.
  await mkdir(world.path('home/.config/containers'), { recursive: true });
  const settings = world.path('home/.config/containers/registries.conf');
  await writeFile(settings, `[[registry]]\nlocation = "${address}"\ninsecure = true\n`);
  const home = process.env.HOME;
  process.env.HOME = world.path('home');
  t.after(() => {
    if (home === undefined) delete process.env.HOME;
    else process.env.HOME = home;
  });
  const run = (command: string, ...args: string[]) =>
    execFileSync(command, args, { cwd: world.folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  return {
    address,
    async push(name, says) {
      const layout = `made-${says}`;
      await writeFile(world.path('file'), says);
      run('umoci', 'init', '--layout', layout);
      run('umoci', 'new', '--image', `${layout}:one`);
      run('umoci', 'insert', '--rootless', '--image', `${layout}:one`, 'file', '/srv/file');
      run(
        'skopeo',
        '--insecure-policy',
        'copy',
        '--quiet',
        `oci:${layout}:one`,
        `docker://${address}/${name}`,
      );
      return JSON.parse(run('skopeo', 'inspect', `docker://${address}/${name}`)).Digest;
    },
  };
}

const recipeOf = (image: string) => `${RECIPE.slice(0, RECIPE.indexOf('items:'))}items:
  - {type: oci-image, name: web, version: "1.0", licence: EUPL-1.2, image: "${image}"}
`;

test('an image comes out of a registry by its digest, the same each time, whatever its tag has become', async (t) => {
  const world = await startBundleWorld(t);
  const registry = await startRegistry(t, world);
  const digest = await registry.push('town/web:1.0', 'first');
  const recipe = recipeOf(`docker://${registry.address}/town/web@${digest}`);
  const before = await world.build('a', 'tar', { recipe });
  assert.notEqual(await registry.push('town/web:1.0', 'second'), digest);
  const after = await world.build('b', 'tar', { recipe });
  assert.equal(after.digest, before.digest);
  await world.signed('c', 'tar', { recipe });
  const [item] = (await world.verify('c')).items;
  assert.equal(item?.manifest.digest, digest);
});

test('an image that the registry does not have is named, and a tag is no digest', async (t) => {
  const world = await startBundleWorld(t);
  const registry = await startRegistry(t, world);
  await registry.push('town/web:1.0', 'first');
  const absent = `docker://${registry.address}/town/web@sha256:${'0'.repeat(64)}`;
  await assert.rejects(
    world.build('a', 'tar', { recipe: recipeOf(absent) }),
    (error) =>
      error instanceof BundleError && error.part === absent && /manifest unknown/.test(error.message),
  );
  assert.throws(
    () => parseRecipe(recipeOf(`docker://${registry.address}/town/web:1.0`), 'recipe.yaml'),
    /image: .*a tag may be another image tomorrow/,
  );
});
