import assert from 'node:assert/strict';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { checkInstalled, folderName, installRelease, removeOthers } from './install.ts';
import { publishedReleases, readRelease } from './published.ts';
import { writeFakeTree } from './testing/fake-tree.ts';
import { type PublishedTree, publishTree } from './testing/publish-tree.ts';

async function world(
  t: TestContext,
): Promise<PublishedTree & { readonly releases: string; readonly scratch: string }> {
  const scratch = await mkdtemp(join(tmpdir(), 'install-'));
  t.after(() => rm(scratch, { recursive: true }));
  await writeFakeTree(join(scratch, 'tree'), { version: '0.2.0' });
  const releases = join(scratch, 'releases');
  await mkdir(releases);
  return { ...(await publishTree(join(scratch, 'content'), join(scratch, 'tree'))), releases, scratch };
}

test('a published release is laid beside the others, as it was signed, and once', async (t) => {
  const { content, release, releases } = await world(t);
  assert.deepEqual(
    (await publishedReleases(content)).map(({ version }) => version),
    ['0.2.0'],
  );
  const { folder } = await installRelease(content, release, releases);
  assert.deepEqual(await readdir(releases), [folderName(release)]);
  assert.equal((await stat(join(folder, 'casemate'))).mode & 0o777, 0o755);
  assert.equal((await stat(join(folder, 'src/main.ts'))).mode & 0o777, 0o644);
  assert.equal(await readFile(join(folder, 'src/main.ts'), 'utf8'), "export const version = '0.2.0';\n");
  const { mtimeMs } = await stat(join(folder, 'src/main.ts'));
  await installRelease(content, release, releases);
  assert.equal((await stat(join(folder, 'src/main.ts'))).mtimeMs, mtimeMs);
  assert.equal((await checkInstalled(folder)).version, '0.2.0');
});

test('content that is damaged, or not what it was, is refused by its file, and nothing is left', async (t) => {
  const { content, release, releases, scratch } = await world(t);
  const { files } = await readRelease(content, release);
  const main = files.find(({ name }) => name === 'src/main.ts');
  const path = content.blobPath(`sha256:${main?.sha256}`);
  const bytes = await readFile(path);
  await chmod(path, 0o644);
  const attacks: readonly (readonly [() => Promise<unknown>, RegExp])[] = [
    [() => writeFile(path, 'export const version = "evil";'), /src\/main\.ts: is damaged/],
    [() => writeFile(path, Buffer.concat([bytes, bytes])), /src\/main\.ts: is damaged/],
    [() => writeFile(path, ''), /src\/main\.ts: is damaged/],
    [() => rm(path), /src\/main\.ts: ENOENT/],
    [
      async () => {
        await rm(path);
        await symlink('/etc/passwd', path);
      },
      /src\/main\.ts: ELOOP/,
    ],
  ];
  for (const [attack, message] of attacks) {
    await attack();
    await assert.rejects(installRelease(content, release, releases), message);
    assert.deepEqual(await readdir(releases), []);
    await rm(path, { force: true });
    await writeFile(path, bytes);
  }
  const manifest = content.blobPath(release.digest);
  await chmod(manifest, 0o644);
  await writeFile(manifest, (await readFile(manifest, 'utf8')).replace('casemate', 'casemate '));
  await assert.rejects(installRelease(content, release, join(scratch, 'releases')), /is damaged/);
});

test('a file that changed after it was installed is found before the release runs again', async (t) => {
  const { content, release, releases } = await world(t);
  const { folder } = await installRelease(content, release, releases);
  await writeFile(join(folder, 'src/main.ts'), 'export {};');
  await assert.rejects(checkInstalled(folder), /src\/main\.ts: is not as it was installed/);
  await assert.rejects(installRelease(content, release, releases), /is not as it was installed/);
});

test('what was never finished and what nobody needs is removed, and nothing else', async (t) => {
  const { content, release, releases } = await world(t);
  const { folder } = await installRelease(content, release, releases);
  await mkdir(join(releases, '0.3.0-abc.new'));
  await mkdir(join(releases, 'of-somebody-else'));
  assert.deepEqual(await removeOthers(releases, [folder]), ['0.3.0-abc.new']);
  assert.deepEqual(await removeOthers(releases, []), [folderName(release)]);
  assert.deepEqual(await readdir(releases), ['of-somebody-else']);
});
