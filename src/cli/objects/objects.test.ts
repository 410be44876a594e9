import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { AccessKey } from '#services/objects/access-key/access-key.ts';
import { keyRights } from '#services/objects/access-key/guard.ts';
import { issueAction } from '#services/objects/access-key/issue.ts';
import { bucketController } from '#services/objects/bucket/controller.ts';
import { objectsWorld, PROJECT } from '#services/objects/testing/world.ts';
import { tokenRights } from '#trust/identity/service-accounts/token-rights.ts';
import { ACME } from '#trust/testing/fixture.ts';
import { serve } from '#trust/testing/serve.ts';
import { runCli } from '../resources/test-cli.ts';

/** An organization served, and `run`, a command of somebody who administers it. */
async function startOrganization(t: TestContext) {
  const world = await objectsWorld();
  const { region, secrets } = world;
  const { realms, registry, clock } = region;
  const rights = keyRights(tokenRights({ registry: () => registry, clock }));
  const issue = issueAction({ realms: () => realms, rights, secrets, clock });
  const served = await serve(region, { connectors: { [`${AccessKey.resource}/issue`]: issue } });
  await region.bind(ACME, 'carla', 'organization-admin', 'carla');
  const folder = await mkdtemp(join(tmpdir(), 'casemate-objects-'));
  const file = join(folder, 'carla.kubeconfig');
  await writeFile(file, (await served.client(ACME, 'carla')).kubeconfig(ACME));
  t.after(async () => {
    await served.close();
    await world.close();
    await rm(folder, { recursive: true });
  });
  const run = (...args: string[]) => runCli([...args, '-n', PROJECT], folder, { CASEMATE_KUBECONFIG: file });
  return { world, run };
}

test('a bucket is made with what was asked for, and said to be there once it is served', async (t) => {
  const { world, run } = await startOrganization(t);
  const lock = ['--object-lock', '--retention', 'COMPLIANCE', '--days', '30', '--quota', '10Gi'];
  const creating = run('bucket', 'create', 'archive', ...lock);
  while ((await world.read('archive')) === undefined) await new Promise((resolve) => setImmediate(resolve));
  const { context, release } = await world.context('buckets');
  const controller = bucketController({
    engine: () => ({
      want: async () => ({ serves: true }),
      close: async () => 0,
      erase: async () => {},
      end: () => {},
    }),
    keys: world.keys,
    endpoint: 'https://localhost:7480',
    isOrganizationLeaving: async () => false,
  });
  await controller.reconcile({ namespace: PROJECT, name: 'archive' }, context);
  release();
  const created = await creating;
  assert.deepEqual(
    [created.stdout, created.code],
    ['bucket archive is at https://localhost:7480\n', 0],
    created.stderr,
  );
  const { versioning, objectLock, quota } = (await world.read('archive'))?.spec ?? {};
  assert.deepEqual([versioning, quota], ['enabled', { bytes: '10Gi' }]);
  assert.deepEqual(objectLock, { enabled: true, defaultRetention: { mode: 'COMPLIANCE', days: 30 } });
  assert.match((await run('bucket', 'list')).stdout, /archive +enabled/);
  const half = await run('bucket', 'create', 'half', '--retention', 'COMPLIANCE', '--days', '30');
  assert.deepEqual([half.code, /--object-lock/.test(half.stderr)], [2, true]);
});

test('an access key is made for who asks, its secret shown once and in no other place', async (t) => {
  const { world, run } = await startOrganization(t);
  const made = await run('access-key', 'create', 'laptop', '--read-only', '--bucket', 'archive', '-o', 'env');
  const [, id, secret = ''] =
    /^export AWS_ACCESS_KEY_ID=(CM\w{18})\nexport AWS_SECRET_ACCESS_KEY=(\w{40})\n$/.exec(made.stdout) ?? [];
  assert.ok(id !== undefined, made.stderr);
  const key = await world.region.realms.use(ACME, ({ view }) =>
    view.get(AccessKey, { namespace: PROJECT, name: 'laptop' }),
  );
  assert.deepEqual(key?.spec, { user: 'carla', scope: { buckets: ['archive'], readOnly: true } });
  assert.equal(key?.status?.accessKeyId, id);
  const listed = (await run('access-key', 'list')).stdout;
  assert.match(listed, new RegExp(`laptop +carla +${id}`));
  assert.ok(!listed.includes(secret) && !JSON.stringify(key).includes(secret));
  const again = await run('access-key', 'create', 'laptop');
  assert.match(again.stderr, /already exists/);
  const issued = await run('access-key', 'issue', 'laptop', '-o', 'json');
  assert.match(issued.stderr, /given out already/);
});
