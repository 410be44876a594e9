import assert from 'node:assert/strict';
import { test } from 'node:test';
import { settingsFlows } from './seal-flows.ts';

const FILESYSTEM = { backend: { type: 'filesystem' } } as const;
const CONNECTION = { host: '/data/postgres/run', port: 5_432, database: 'casemate', user: 'casemate' };
const to = async (...asked: Parameters<typeof settingsFlows>) =>
  (await settingsFlows(...asked)).map(({ id, to: addresses, ports }) => [id, addresses, ports]);

test('a region whose engines are its own lets nothing out', async () => {
  assert.deepEqual(await to({ postgres: { mode: 'embedded' }, objects: FILESYSTEM }, CONNECTION), []);
});

test('engines that region.yaml names elsewhere are let out to, and only there', async () => {
  const postgres = { mode: 'external', url: 'postgres://a@192.0.2.1/c' } as const;
  const objects = {
    database: 'postgres://objects@[2001:db8::1]:6432/c',
    backend: { type: 's3', endpoint: 'https://192.0.2.2', bucket: 'low', credentialsFile: '/c' },
  } as const;
  assert.deepEqual(await to({ postgres, objects }, { ...CONNECTION, host: '192.0.2.1' }), [
    ['settings-postgres', ['192.0.2.1/32'], [5_432]],
    ['settings-objects-database', ['2001:db8::1/128'], [6_432]],
    ['settings-objects-backend-endpoint', ['192.0.2.2/32'], [443]],
  ]);
});

test('a name of a server below that leads nowhere is told, and holds up nothing', async () => {
  const problems: string[] = [];
  const objects = {
    backend: { type: 's3', endpoint: 'https://nowhere.invalid:443', bucket: 'low', credentialsFile: '/c' },
  } as const;
  const found = await to({ postgres: { mode: 'embedded' }, objects }, CONNECTION, (one) =>
    problems.push(one),
  );
  assert.deepEqual(found, []);
  assert.match(problems.join(), /objects\.backend\.endpoint in region\.yaml: .*nowhere\.invalid/);
});
