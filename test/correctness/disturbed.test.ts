/**
 * docs/correctness.md says of every controller that a region runs which test disturbs it at every call it makes. This one sees that none is
 * left out, and that each of those tests is there and does disturb.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { hostsFolder } from '#engines/dnsmasq/hosts-folder.ts';
import { noVaults } from '#engines/fscrypt/client.ts';
import { connectIncus } from '#engines/incus/client.ts';
import { noFilter, noSeal } from '#engines/nftables/client.ts';
import { FolderSource } from '#gap/advisories/store/folder.ts';
import { silentLogger } from '#kernel/logger.ts';
import { garbageCollector } from '#kernel/reconcile/garbage-collector.ts';
import { ManualClock } from '#kernel/store/manual-clock.ts';
import { SeededRandom } from '#kernel/store/test-realms.ts';
import { defaultConfigText } from '#region/config/default-text.ts';
import { parseConfig } from '#region/config/load.ts';
import { regionServices } from '#region/services.ts';
import { regionIssuerController } from '#trust/certificates/region-issuer-controller.ts';
import { certificateTasks } from '#trust/certificates/tasks.ts';
import { people } from '#trust/identity/people/directory.ts';
import { User } from '#trust/identity/people/user.ts';
import { sessionController } from '#trust/identity/sessions/controller.ts';
import { keyBackends } from '#trust/keys/backends.ts';
import { softwareKeyring } from '#trust/keys/keyring.ts';
import { memoryKeyStorage } from '#trust/keys/memory-key-storage.ts';
import { softwareRoots } from '#trust/keys/roots.ts';
import { symmetricKey } from '#trust/keys/wrapping.ts';

const CHECKOUT = join(import.meta.dirname, '../..');
const ROW = /^\| `([\w-]+)` \| [^|]+ \| `([\w/.-]+\.test\.ts)`: `([^`]+)` \|$/gm;

const unopened = (): never => {
  throw new Error('nothing is open here');
};

/** What a region runs, by name. */
function controllers(): string[] {
  const clock = new ManualClock();
  const settings = { name: 'test', id: 'r00000000', listen: '127.0.0.1:6443' };
  const keyring = softwareKeyring({
    region: 'test',
    storage: memoryKeyStorage(),
    masterKey: symmetricKey(new Uint8Array(32)),
    clock,
  });
  const services = regionServices({
    config: parseConfig(defaultConfigText(settings), 'region.yaml'),
    keyring,
    keys: keyBackends(keyring),
    keyProviders: { keyring, owned: new Map(), software: softwareRoots(symmetricKey(new Uint8Array(32))) },
    certificates: certificateTasks,
    issuers: unopened,
    incus: connectIncus({ absent: 'nothing runs here' }, clock),
    vaults: noVaults('nothing runs here'),
    filter: noFilter('nothing runs here'),
    seal: noSeal('nothing runs here'),
    settingsFlows: [],
    onSeal: unopened,
    names: hostsFolder('/nowhere'),
    imageFolder: '/nowhere',
    advisoryFolder: '/nowhere',
    receiverSocket: '/nowhere',
    inspectorSocket: '/nowhere',
    starterSocket: '/nowhere',
    zonesSocket: '/nowhere',
    repositoriesSocket: '/nowhere',
    objects: {
      start: unopened,
      endpoint: 'https://nowhere:7480',
      beginning: unopened,
      certificate: unopened,
      certificateOf: unopened,
    },
    advisories: new FolderSource('/nowhere'),
    gapFolder: '/nowhere',
    releasesFolder: '/nowhere',
    clock,
    random: new SeededRandom(1),
    logger: silentLogger,
    organizationKinds: () => [],
    registry: unopened,
    realms: unopened,
    authenticator: unopened,
    authorizer: unopened,
    accessLog: unopened,
    logs: unopened,
    eraser: unopened,
    bodies: unopened,
    records: unopened,
    recordings: unopened,
    gateways: unopened,
  });
  const names = services.flatMap((service) => (service.controllers ?? []).map(({ name }) => name));
  const sessions = sessionController({ people, userKind: User, tell: unopened });
  const issuers = regionIssuerController({
    region: 'test',
    keyring,
    issuers: { root: unopened, numbers: unopened, byNumber: unopened },
    constraints: { dnsNames: [], ipRanges: [] },
    clock,
  });
  return [...names, sessions.name, issuers.name, garbageCollector(() => []).name].sort();
}

test('every controller of a region is disturbed at every call by a test that docs/correctness.md names', () => {
  const document = readFileSync(join(CHECKOUT, 'docs/correctness.md'), 'utf8');
  const rows = [...document.matchAll(ROW)];
  assert.deepEqual(
    rows.map(([, name]) => name).sort(),
    controllers(),
    'each controller has its row; a new one needs a *-disturbed.test.ts (see src/kernel/reconcile/testing/harness.ts) and a row',
  );
  for (const [, name, file = '', title = ''] of rows) {
    const source = readFileSync(join(CHECKOUT, file), 'utf8');
    assert.match(file, /-disturbed\.test\.ts$/, `${name}: ${file}`);
    assert.ok(source.includes(title), `${file} has no "${title}"`);
    assert.ok(source.includes('everyDisturbance('), `${file} disturbs nothing`);
  }
});
