/**
 * A region whose changes wait for an archive, on a disk that stands still: nothing is acknowledged that is not archived, reading goes on, `casemate status` says why, and all goes on by itself when the
 * disk answers again. Long, because it is the region's own bound that is waited for.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { newIdentity } from '#gap/export/age/keys.ts';
import { PROGRAM_FOLDER } from '#region/program.ts';
import { type ApiClient, apiClient, kubeconfigCredentials } from './support/api-client.ts';
import { createOrganization } from './support/project.ts';
import { startRegion, type TestRegion } from './support/region.ts';

const CASEMATE = join(PROGRAM_FOLDER, 'casemate');
const SECRETS = '/orgs/ministry/api/v1/namespaces/default/secrets';
const DISK_MB = 256;
const WRITES = 8;

suite('a region whose archive is on a disk that hangs', { timeout: 10 * 60_000 }, () => {
  const own = mkdtempSync(join(tmpdir(), 'hangs-'));
  const disk = join(own, 'disk');
  let region: TestRegion;
  let api: ApiClient;
  let isFrozen = false;
  const thaw = () => {
    if (isFrozen) execFileSync('fsfreeze', ['--unfreeze', disk]);
    isFrozen = false;
  };

  before(async () => {
    chmodSync(own, 0o711);
    mkdirSync(disk);
    const image = join(own, 'image');
    execFileSync('truncate', ['-s', `${DISK_MB}M`, image]);
    execFileSync('mkfs.ext4', ['-q', '-F', image]);
    execFileSync('mount', ['-o', 'loop', image, disk]);
    const backup = `backup:\n  folder: ${disk}\n  recipient: ${newIdentity().recipient}`;
    region = await startRegion({ settings: `incus:\n  mode: none\n${backup}` });
    const alice = await createOrganization(region, 'ministry');
    api = apiClient(region.url, kubeconfigCredentials(readFileSync(alice.kubeconfig, 'utf8')));
  });
  after(async () => {
    thaw();
    api?.close();
    await region?.destroy();
    execFileSync('umount', [disk]);
    rmSync(own, { recursive: true, force: true });
  });

  const create = async (name: string): Promise<number> =>
    (await api.send('POST', SECRETS, { metadata: { name }, data: { word: 'c2VjcmV0' } })).code;
  const names = async () =>
    ((await api.send('GET', '/orgs/ministry/api/v1/namespaces')).json() as { items: unknown[] }).items.length;
  const status = async () => (await region.run(CASEMATE, ['status'])).stdout;

  test('acknowledges nothing meanwhile, reads on, says why, and goes on by itself', async (t) => {
    assert.equal(await create('before'), 201);
    execFileSync('fsfreeze', ['--freeze', disk]);
    isFrozen = true;
    const answered: (number | string)[] = [];
    const writing = Array.from({ length: WRITES }, (_, at) =>
      create(`waits-${at}`).then(
        (code) => answered.push(code),
        (error: Error) => answered.push(error.message),
      ),
    );
    let said = await status();
    while (!/^ {2}archive: nothing of PostgreSQL's log came onto the disk/m.test(said)) {
      assert.equal(await names(), 1);
      said = await status();
    }
    t.diagnostic(`answered while it hung: ${JSON.stringify(answered)}`);
    assert.match(said, /^Region testing \(\w+\) is degraded\.$/m);
    assert.equal(answered.includes(201), false, JSON.stringify(answered));
    const begun_ms = performance.now();
    thaw();
    await Promise.all(writing);
    t.diagnostic(`answered in the end: ${JSON.stringify(answered)}`);
    // What was answered with a fault may be there or not; nobody was told that it is.
    while ((await create('afterwards').catch(() => 0)) !== 201);
    while (!/ is ready\.$/m.test(await status()));
    t.diagnostic(`ready ${Math.round((performance.now() - begun_ms) / 1_000)} s after the disk answered`);
    assert.match(
      await status(),
      /archive last ended: exit 1: nothing of PostgreSQL's log came onto the disk/,
    );
  });
});
