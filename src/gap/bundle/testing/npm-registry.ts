/** A registry with packages made on the spot, on loopback, and what tells the machine's npm of it and of nothing else. For tests only. */
import { execFileSync } from 'node:child_process';
import { hash } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import type { TestContext } from 'node:test';

const { createServer } = process.getBuiltinModule('node:http');

export interface MadePackage {
  readonly name: string;
  readonly version: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  /** Besides package.json; by path. */
  readonly files?: Readonly<Record<string, string>>;
  readonly fields?: Readonly<Record<string, unknown>>;
}

export interface NpmRegistry {
  readonly url: string;
  /** Where the tarball of a package lies; what is written there is what the registry gives. */
  tarball(name: string, version: string): string;
  /** Publishes one more, or another in place of one. */
  put(made: MadePackage): Promise<void>;
  /** For `process.env`, while npm is run. */
  readonly env: Readonly<Record<string, string>>;
}

const fileOf = (name: string, version: string) => `${name.slice(name.lastIndexOf('/') + 1)}-${version}.tgz`;

export async function startNpmRegistry(
  t: Pick<TestContext, 'after'>,
  folder: string,
  packages: readonly MadePackage[],
): Promise<NpmRegistry> {
  const tarball = (name: string, version: string) =>
    join(folder, 'tarballs', name.replace('/', '+'), fileOf(name, version));
  const documents = new Map<string, { versions: Record<string, object>; latest: string }>();
  const server = createServer(async (request, response) => {
    const path = decodeURIComponent(request.url ?? '/').slice(1);
    const [name = '', file] = path.split('/-/');
    const document = documents.get(name);
    if (document === undefined) response.writeHead(404).end('{}');
    else if (file === undefined) {
      const { versions, latest } = document;
      response
        .writeHead(200, { 'content-type': 'application/json' })
        .end(JSON.stringify({ name, 'dist-tags': { latest }, versions }));
    } else {
      const version = Object.keys(document.versions).find((one) => fileOf(name, one) === file) ?? '';
      response.writeHead(200).end(await readFile(tarball(name, version)));
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const put = async ({ name, version, dependencies = {}, files = {}, fields = {} }: MadePackage) => {
    const manifest = { name, version, dependencies, ...fields };
    const tree = join(folder, 'trees', `${name.replace('/', '+')}-${version}`);
    const all = { ...files, 'package.json': JSON.stringify(manifest) };
    for (const [path, text] of Object.entries(all)) {
      await mkdir(dirname(join(tree, 'package', path)), { recursive: true });
      await writeFile(join(tree, 'package', path), text);
    }
    await mkdir(dirname(tarball(name, version)), { recursive: true });
    const owner = ['--sort=name', '--mtime=@0', '--owner=0', '--group=0', '--numeric-owner'];
    execFileSync('tar', [...owner, '-czf', tarball(name, version), '-C', tree, 'package']);
    const integrity = `sha512-${hash('sha512', await readFile(tarball(name, version)), 'base64')}`;
    const dist = { tarball: `${url}${name}/-/${fileOf(name, version)}`, integrity };
    const before = documents.get(name)?.versions ?? {};
    documents.set(name, { versions: { ...before, [version]: { ...manifest, dist } }, latest: version });
  };
  for (const one of packages) await put(one);
  const env = {
    npm_config_registry: url,
    npm_config_userconfig: join(folder, 'none'),
    npm_config_globalconfig: join(folder, 'none-either'),
    npm_config_cache: join(folder, 'cache'),
    npm_config_fetch_retries: '0',
  };
  return { url, tarball, put, env };
}
