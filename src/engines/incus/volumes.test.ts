import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { isIncusError } from './errors.ts';
import { removeOwned } from './owned.ts';
import { projectConfig } from './projects.ts';
import { startTestIncus, type TestIncus } from './test-incus.ts';
import type { Config, VolumeContent } from './types.ts';

const PROJECT = 'p';
const MEBIBYTE = 1024 ** 2;
const size = (mebibytes: number) => ({ size: `${mebibytes * MEBIBYTE}B` });

let engine: TestIncus;
before(async () => {
  engine = await startTestIncus();
  await makeProject();
});
after(async () => engine?.close());

async function makeProject(labels: Config = {}): Promise<void> {
  const { projects, extensions } = engine.incus;
  await projects.create(PROJECT, '', projectConfig(await extensions(), [], labels));
}
const make = (name: string, config: Config, content_type: VolumeContent = 'filesystem') =>
  engine.incus.volumes.create(PROJECT, engine.pool, { name, content_type, config });
const names = async () => (await engine.incus.volumes.list(engine.pool)).map(({ name }) => name).sort();

test('a volume is made once, listed without its snapshots, changed and deleted; a project goes only without volumes', async () => {
  const { volumes, projects } = engine.incus;
  await make('a', { ...size(32), 'user.mark': '1' });
  await assert.rejects(make('a', size(32)), (error) => isIncusError(error, 'AlreadyExists'));
  await volumes.createSnapshot(PROJECT, engine.pool, 'a', 's');
  const again = volumes.createSnapshot(PROJECT, engine.pool, 'a', 's');
  await assert.rejects(again, (error) => isIncusError(error, 'AlreadyExists'));
  assert.deepEqual(await names(), ['a']);
  assert.deepEqual(await volumes.snapshots(PROJECT, engine.pool, 'a'), ['s']);
  await volumes.configure(PROJECT, engine.pool, 'a', size(64));
  const { value } = await volumes.get(PROJECT, engine.pool, 'a');
  assert.deepEqual([value.config.size, value.config['user.mark']], [size(64).size, '1']);
  await assert.rejects(projects.delete(PROJECT), (error) => isIncusError(error, 'InUse'));
  await volumes.restoreSnapshot(PROJECT, engine.pool, 'a', 's');
  await volumes.deleteSnapshot(PROJECT, engine.pool, 'a', 's');
  const twice = volumes.deleteSnapshot(PROJECT, engine.pool, 'a', 's');
  await assert.rejects(twice, (error) => isIncusError(error, 'NotFound'));
  await volumes.delete(PROJECT, engine.pool, 'a');
  await assert.rejects(volumes.get(PROJECT, engine.pool, 'a'), (error) => isIncusError(error, 'NotFound'));
});

test('a block volume grows, and is refused to shrink', async () => {
  const { volumes } = engine.incus;
  await make('b', size(16), 'block');
  await volumes.configure(PROJECT, engine.pool, 'b', size(32));
  await assert.rejects(volumes.configure(PROJECT, engine.pool, 'b', size(16)), (error) =>
    isIncusError(error),
  );
  await volumes.delete(PROJECT, engine.pool, 'b');
});

test('what carries an owner’s label is removed for them, volumes before their project; what does not is left', async () => {
  const label = { key: 'user.owner', value: 'me' };
  await make('mine', { ...size(16), [label.key]: label.value });
  await make('other', { ...size(16), [label.key]: 'somebody' });
  await removeOwned(engine.incus, label);
  assert.deepEqual(await names(), ['other']);
  await engine.incus.volumes.delete(PROJECT, engine.pool, 'other');
  await engine.incus.projects.delete(PROJECT);
  await makeProject({ [label.key]: label.value });
  await make('mine', { ...size(16), [label.key]: label.value });
  await removeOwned(engine.incus, label);
  assert.deepEqual(await names(), []);
  assert.deepEqual(
    (await engine.incus.projects.list()).map(({ name }) => name),
    ['default'],
  );
});
