/** Debian's docker-registry, for tests. */
import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import type { TestContext } from 'node:test';
import { freePort } from '#kernel/wire/test-port.ts';
import type { BundleWorld } from './bundle-world.ts';

export interface Registry {
  readonly address: string;
  /** Pushes an image of one file, made on the spot; gives its digest. */
  push(name: string, says: string): Promise<string>;
}

export async function startRegistry(t: TestContext, world: BundleWorld): Promise<Registry> {
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
