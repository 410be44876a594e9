// A base image in a bundle: the image that its description names, and the packages that are in it.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { hexOf, sha256, TITLE } from '../descriptor.ts';
import { baseImageType } from './base-image.ts';

const STATUS = 'Package: hello\nStatus: install ok installed\nArchitecture: amd64\nVersion: 2.10-3\n';

async function startImage(t: TestContext) {
  const folder = await mkdtemp(join(tmpdir(), 'image-'));
  t.after(() => rm(folder, { recursive: true }));
  await mkdir(join(folder, 'rootfs/var/lib/dpkg'), { recursive: true });
  await writeFile(join(folder, 'rootfs/var/lib/dpkg/status'), STATUS);
  execFileSync('tar', ['--zstd', '-cf', 'debian-12.tar.zst', 'rootfs'], { cwd: folder });
  const digest = hexOf(sha256(await readFile(join(folder, 'debian-12.tar.zst'))));
  const description = {
    name: 'debian-12',
    architecture: 'amd64',
    file: 'debian-12.tar.zst',
    sha256: digest,
    packages: [],
  };
  await writeFile(join(folder, 'debian-12.json'), JSON.stringify(description));
  const item = {
    type: 'base-image',
    name: 'debian',
    version: '12',
    licence: 'LicenseRef-Debian',
    image: 'debian-12.json',
  };
  const collect = () =>
    baseImageType.collect(item, {
      folder,
      scratch: folder,
      report: () => {},
      created: '2026-11-22T00:00:00Z',
    });
  return { folder, collect, digest };
}

test('the image and its description come along, with its packages by its own dpkg', async (t) => {
  const { collect, digest } = await startImage(t);
  const { layers, parts } = await collect();
  assert.deepEqual(
    layers.map(({ annotations }) => annotations?.[TITLE]),
    ['debian-12.json', 'debian-12.tar.zst'],
  );
  assert.equal(layers[1]?.blob.digest, `sha256:${digest}`);
  assert.deepEqual(
    parts.map(({ name, purl }) => [name, purl]),
    [
      ['debian', undefined],
      ['hello', 'pkg:deb/debian/hello@2.10-3?arch=amd64&distro=debian-12&upstream=hello%402.10-3'],
    ],
  );
});

test('an image that is not the one of its description is refused', async (t) => {
  const { folder, collect } = await startImage(t);
  await writeFile(join(folder, 'debian-12.tar.zst'), 'another');
  await assert.rejects(collect(), { reason: 'WrongDigest' });
});

test('of an image for virtual machines, packages are what lies beside its disk, of the same release', async (t) => {
  const { folder, collect } = await startImage(t);
  await mkdir(join(folder, 'system/var/lib/dpkg'), { recursive: true });
  await writeFile(join(folder, 'system/var/lib/dpkg/status'), STATUS.replaceAll('hello', 'kernel'));
  execFileSync('tar', ['--zstd', '-cf', 'debian-12.tar.zst', 'system'], { cwd: folder });
  const description = {
    name: 'debian-12-machine',
    type: 'virtual-machine',
    architecture: 'amd64',
    file: 'debian-12.tar.zst',
    sha256: hexOf(sha256(await readFile(join(folder, 'debian-12.tar.zst')))),
  };
  await writeFile(join(folder, 'debian-12.json'), JSON.stringify(description));
  const { parts } = await collect();
  assert.equal(
    parts[1]?.purl,
    'pkg:deb/debian/kernel@2.10-3?arch=amd64&distro=debian-12&upstream=kernel%402.10-3',
  );
});
