import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { REGION } from '#kernel/realm-id.ts';
import { ManualClock } from '#kernel/store/manual-clock.ts';
import { regionIssuers } from '#trust/certificates/issuers.ts';
import { rootConstraints } from '#trust/certificates/server-identity.ts';
import { softwareKeyring } from '#trust/keys/keyring.ts';
import { memoryKeyStorage } from '#trust/keys/memory-key-storage.ts';
import { symmetricKey } from '#trust/keys/wrapping.ts';
import { defaultConfigText } from '../config/default-text.ts';
import { ConfigError, parseConfig } from '../config/load.ts';
import { ensureAccounts, isRoot } from '../embedded/accounts.ts';
import { ensureFolders } from '../embedded/folders.ts';
import { layoutOf } from '../layout.ts';
import { serverNames } from '../server-names.ts';
import { objectsDefinition } from './definition.ts';
import { blobsFolder, instancesPort, objectsListen, objectsUrl } from './places.ts';
import { objectsDatabase, objectsServing } from './serving.ts';

const SETTINGS = defaultConfigText({ name: 'lux', id: 'r00000001', listen: '0.0.0.0:6443' });
const configOf = (more = '') =>
  parseConfig(`${SETTINGS.replace(/^objects:[\s\S]*?\n\n/m, '')}\n${more}`, 'region.yaml');
const problemsOf = (more: string): readonly string[] => {
  try {
    configOf(more);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
};

test('objects are served beside the API, at a port that regions side by side do not share', () => {
  assert.deepEqual(objectsListen(configOf()), { host: '0.0.0.0', port: 7_480 });
  assert.equal(objectsUrl(configOf()), 'https://localhost:7480');
  const own = configOf('objects: { listen: "[fd00::1]", port: 443 }');
  assert.deepEqual(objectsListen(own), { host: 'fd00::1', port: 443 });
  assert.equal(objectsUrl(own), 'https://[fd00::1]:443');
  assert.equal(objectsListen({ ...configOf(), listen: '127.0.0.1:65000' }).port, 63_963);
});

test('settings of objects that make no sense together are named', () => {
  assert.deepEqual(problemsOf('objects: { backend: { type: s3, endpoint: "https://ceph.example:443" } }'), [
    'objects.backend.bucket: is missing; type: s3 needs it',
    'objects.backend.credentialsFile: is missing; type: s3 needs it',
  ]);
  assert.match(
    problemsOf('objects: { backend: { type: filesystem, bucket: low } }').join(),
    /backend\.bucket: only type: s3/,
  );
  assert.match(
    problemsOf('objects: { database: "postgres://a@b/c" }').join(),
    /objects\.database: only postgres\.mode/,
  );
});

test('objects never have the region’s own role: of an external database another one is asked for', () => {
  const layout = layoutOf('/data');
  assert.equal(objectsDatabase(layout, configOf()).user, 'casemate_objects');
  const postgres = { mode: 'external', url: 'postgres://region:secret@db.example/casemate' } as const;
  const backend = { type: 'filesystem' } as const;
  assert.throws(
    () => objectsDatabase(layout, { postgres, objects: { backend } }),
    /set objects\.database in region\.yaml/,
  );
  const database = 'postgres://objects:other@db.example/casemate';
  const found = objectsDatabase(layout, { postgres, objects: { backend, database } });
  assert.deepEqual([found.user, 'password' in found && found.password], ['objects', 'other']);
});

test('certificates name the endpoint, buckets below it, and an organization’s own', async () => {
  const clock = new ManualClock();
  const keyring = softwareKeyring({
    region: 'lux',
    storage: memoryKeyStorage(),
    masterKey: symmetricKey(new Uint8Array(32)),
    clock,
  });
  await keyring.create(REGION);
  const config = configOf();
  const names = serverNames(config);
  const issuers = regionIssuers({
    region: 'lux',
    keyring,
    constraints: rootConstraints(names),
    ownNames: [],
    apiUrl: () => 'https://localhost:6443',
    clock,
  });
  const serving = objectsServing({ layout: layoutOf('/data'), config, issuers: () => issuers, clock });
  const read = ({ certificate }: { readonly certificate: string }) => new X509Certificate(certificate);
  const own = read(await serving.beginning());
  for (const name of ['s3.lux.casemate.internal', 'data.s3.lux.casemate.internal', 'localhost']) {
    assert.equal(own.checkHost(name) !== undefined, true, name);
  }
  assert.equal(own.checkHost('data.acme.s3.lux.casemate.internal'), undefined);
  const withGateways = objectsServing({
    ...{ layout: layoutOf('/data'), issuers: () => issuers, clock, hasGateways: true },
    config: { ...config, network: { ...config.network, pools: ['10.70.0.0/16'] } },
  });
  const [outside, instances] = (await withGateways.beginning()).listen;
  assert.deepEqual([outside], (await serving.beginning()).listen);
  assert.deepEqual(instances, { host: '0.0.0.0', port: instancesPort(config), within: ['10.70.0.0/16'] });
  assert.ok(instancesPort(config) >= 30_000 && instancesPort(config) < 32_760);
  assert.equal(instancesPort(configOf('objects: { instancesPort: 9443 }')), 9_443);
  const acme = read(await serving.certificateOf('acme'));
  assert.ok(acme.checkHost('data.acme.s3.lux.casemate.internal'));
  assert.equal(acme.checkHost('data.rival.s3.lux.casemate.internal'), undefined);
});

test('what serves objects writes into its own folder and nowhere else', {
  skip: !isRoot() && 'accounts take root',
}, async (t) => {
  const data = mkdtempSync(join(tmpdir(), 'casemate-objects-'));
  t.after(() => rmSync(data, { recursive: true }));
  const layout = layoutOf(data);
  const accounts = ensureAccounts();
  writeFileSync(layout.config, SETTINGS);
  chmodSync(data, 0o711);
  ensureFolders(layout, accounts);
  const beside = join(data, 'open');
  mkdirSync(beside);
  chmodSync(beside, 0o777);
  // In place of its main file.
  const probe = `
    const fs = require('node:fs');
    const tried = (work) => { try { work(); return 'open'; } catch (error) { return error.code; } };
    const synced = (path) => { const file = fs.openSync(path, 'w'); fs.fsyncSync(file); };
    const write = (folder) => tried(() => synced(folder + '/blob-of-objects'));
    console.log(JSON.stringify({
      own: write(${JSON.stringify(blobsFolder(layout))}),
      beside: write(${JSON.stringify(beside)}),
      temporary: [write('/tmp'), write('/dev/shm')],
      keys: tried(() => fs.readdirSync(${JSON.stringify(layout.keys)})),
      database: tried(() => fs.readdirSync(${JSON.stringify(layout.postgres.socketFolder)})),
      run: tried(() => fs.readdirSync(${JSON.stringify(layout.run.folder)})),
      uid: process.getuid(),
    }));`;
  const { command, args, env } = objectsDefinition(layout, configOf(), accounts, {
    command: process.execPath,
    args: ['--eval', probe],
  });
  const said = execFileSync(command, [...args], { encoding: 'utf8', env: { ...env }, cwd: '/' });
  assert.deepEqual(JSON.parse(said), {
    own: 'open',
    beside: 'EROFS',
    temporary: ['EROFS', 'EROFS'],
    keys: 'EACCES',
    database: 'EACCES',
    run: 'EACCES',
    uid: accounts.objects.uid,
  });
});
