import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { defaultConfigText } from './config/default-text.ts';
import { ensureAccounts, isRoot } from './embedded/accounts.ts';
import { ensureFolders } from './embedded/folders.ts';
import { layoutOf } from './layout.ts';
import { blobsFolder } from './objects/places.ts';
import { repositoriesDefinition } from './repositories.ts';

test('what works at repositories of backups writes into its own memory and nowhere else', {
  skip: !isRoot() && 'accounts take root',
}, (t) => {
  const data = mkdtempSync(join(tmpdir(), 'casemate-repositories-'));
  t.after(() => rmSync(data, { recursive: true }));
  const layout = layoutOf(data);
  const accounts = ensureAccounts();
  writeFileSync(layout.config, defaultConfigText({ name: 'lux', id: 'r00000001', listen: '127.0.0.1:6443' }));
  chmodSync(data, 0o711);
  ensureFolders(layout, accounts);
  const beside = join(data, 'open');
  mkdirSync(beside);
  chmodSync(beside, 0o777);
  // In place of its main file.
  const probe = `
    const fs = require('node:fs');
    const tried = (work) => { try { work(); return 'open'; } catch (error) { return error.code; } };
    const write = (folder) => tried(() => fs.writeFileSync(folder + '/of-a-backup', 'x'));
    const own = process.env.CASEMATE_BACKUP_FOLDER;
    console.log(JSON.stringify({
      own: write(own),
      mode: (fs.statSync(own).mode & 0o777).toString(8),
      before: fs.readdirSync(own),
      beside: write(${JSON.stringify(beside)}),
      temporary: write('/tmp'),
      keys: tried(() => fs.readdirSync(${JSON.stringify(layout.keys)})),
      blobs: tried(() => fs.readdirSync(${JSON.stringify(blobsFolder(layout))})),
      run: tried(() => fs.readdirSync(${JSON.stringify(layout.run.folder)})),
      uid: process.getuid(),
      host: require('node:os').hostname(),
    }));`;
  const { command, args, env } = repositoriesDefinition(layout, { id: 'r00000001' }, accounts, {
    command: process.execPath,
    args: ['--eval', probe],
  });
  const said = execFileSync(command, [...args], { encoding: 'utf8', env: { ...env }, cwd: '/' });
  assert.deepEqual(JSON.parse(said), {
    own: 'open',
    mode: '700',
    before: ['of-a-backup'],
    beside: 'EROFS',
    temporary: 'EROFS',
    keys: 'EACCES',
    blobs: 'EACCES',
    run: 'EACCES',
    uid: accounts.backups.uid,
    host: 'casemate-r00000001',
  });
  assert.notEqual(hostname(), 'casemate-r00000001');
});
