import assert from 'node:assert/strict';
import { chmod, chown, link, mkdtemp, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { loadMasterKey, loadOrCreateMasterKey, MasterKeyError } from './master-key.ts';

describe('the master key file', () => {
  let folder: string;
  const at = (name: string) => join(folder, name);
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'casemate-master-'));
  });
  after(() => rm(folder, { recursive: true }));

  const refused = (path: string, message: RegExp) =>
    assert.rejects(loadMasterKey(path), (error) => {
      assert.ok(error instanceof MasterKeyError);
      assert.match(error.message, message);
      return true;
    });

  it('is made once with mode 0600 and read the same ever after', async () => {
    const made = await loadOrCreateMasterKey(at('key'));
    assert.equal((await stat(at('key'))).mode & 0o7777, 0o600);
    assert.equal((await loadOrCreateMasterKey(at('key'))).id, made.id);
    assert.equal((await loadMasterKey(at('key'))).id, made.id);
    assert.notEqual((await loadOrCreateMasterKey(at('another'))).id, made.id);
  });

  it('is not made silently when it should be there', () => refused(at('none'), /restore it from its backup/));

  it('is refused when others may read it', async () => {
    await loadOrCreateMasterKey(at('open'));
    await chmod(at('open'), 0o640);
    await refused(at('open'), /mode 640.*chmod 600/);
  });

  it('is refused when its folder can be written by others', async () => {
    await chmod(folder, 0o777);
    await refused(at('key'), /can be written by others/);
    await chmod(folder, 0o700);
  });

  it('is refused through a symbolic link or under a second name', async () => {
    await loadOrCreateMasterKey(at('real'));
    await symlink(at('real'), at('symlink'));
    await refused(at('symlink'), /symbolic link/);
    await link(at('real'), at('second'));
    await refused(at('real'), /2 hard links/);
  });

  it('is refused when it belongs to somebody else', {
    skip: process.geteuid?.() !== 0 && 'needs root to give a file away',
  }, async () => {
    await loadOrCreateMasterKey(at('foreign'));
    await chown(at('foreign'), 65534, 65534);
    await refused(at('foreign'), /belongs to uid 65534, but this runs as uid 0/);
  });

  it('is refused when it is cut short or damaged', async () => {
    await loadOrCreateMasterKey(at('damaged'));
    const bytes = await readFile(at('damaged'));
    await writeFile(at('damaged'), bytes.subarray(0, 40));
    await refused(at('damaged'), /has 40 bytes/);
    bytes[30] = 'z'.charCodeAt(0);
    await writeFile(at('damaged'), bytes);
    await refused(at('damaged'), /is damaged/);
  });
});
