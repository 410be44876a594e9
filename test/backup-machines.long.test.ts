/** A machine and its volume in backups, in a running region with an Incus of its own: saved while it runs, put back in place, and made again beside it. */
import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { ACTING, applyAll, backUp, type Ended, planOf, restore } from './support/backups.ts';
import { baseImage, createOrganization, type Member } from './support/project.ts';
import { startRegion, type TestRegion } from './support/region.ts';

const VOLUME_MB = 256;

suite('backups of machines', { timeout: 540_000 }, () => {
  let region: TestRegion;
  let ann: Member;

  const sh = (name: string, script: string) => ann.kubectl('exec', name, '--', 'sh', '-c', script);
  const ready = (what: string) => ann.kubectl('wait', '--for=condition=Ready', what, '--timeout=120s');
  /** All that a file is, of all files there. */
  const files = (name: string, path: string) =>
    sh(
      name,
      `cd ${path}; find . -xdev -mindepth 1 -printf '%p %y %m %U:%G %s %l\\n' | sort | sha256sum; find . -xdev -type f -print0 | sort -z | xargs -0 -r sha256sum | sha256sum; getcap -r . 2>/dev/null | sort`,
    );
  const patch = (what: string, spec: object) =>
    ann.kubectl('patch', what, '--type=merge', '-p', JSON.stringify({ spec }));
  const seconds = ({ status }: Ended) => {
    const { startedAt = '', finishedAt = '' } = status as unknown as Record<string, string>;
    return (Date.parse(finishedAt) - Date.parse(startedAt)) / 1000;
  };

  before(async () => {
    region = await startRegion();
    const image = await baseImage(region);
    ann = await createOrganization(region, 'acme', 'ann');
    await ann.casemate('bucket', 'create', 'archive');
    await applyAll(ann, [
      ...ACTING,
      {
        apiVersion: 'storage.casemate.internal/v1',
        kind: 'Volume',
        metadata: { name: 'data' },
        spec: { size: '1Gi' },
      },
      {
        apiVersion: 'compute.casemate.internal/v1',
        kind: 'Instance',
        metadata: { name: 'web' },
        spec: { image, disk: '2Gi', volumes: [{ volume: 'data', path: '/srv/data' }] },
      },
      planOf('nightly', {
        what: { instances: { names: ['web'] }, volumes: { names: ['data'] } },
        target: { bucket: 'archive' },
      }),
    ]);
    await ready('instance/web');
    await sh(
      'web',
      `cd /srv/data; dd if=/dev/urandom of=large bs=1M count=${VOLUME_MB} status=none; cp /usr/bin/ping .; setcap cap_net_raw=ep ping; echo one > small; chown 1234:1235 small; ln small hard; truncate -s 300M hole; sync`,
    );
  });
  after(() => region?.destroy());

  let root: string;
  let data: string;

  test('a machine that runs and its volume are saved, and a second backup adds what changed', async (t) => {
    root = await files('web', '/usr');
    data = await files('web', '/srv/data');
    const first = await backUp(ann, 'first', 'nightly');
    assert.equal(first.status.phase, 'Succeeded', JSON.stringify(first.status));
    const { bytes = 0, added = 0 } = first.status;
    t.diagnostic(`first: ${bytes} bytes, ${added} added, ${seconds(first)} s`);
    assert.ok(bytes > (VOLUME_MB + 100) * 1e6);
    await sh('web', 'echo two > /srv/data/two; echo two > /root/two; sync');
    const second = await backUp(ann, 'second', 'nightly');
    assert.equal(second.status.phase, 'Succeeded', JSON.stringify(second.status));
    t.diagnostic(`second: ${second.status.bytes} bytes, ${second.status.added} added, ${seconds(second)} s`);
    assert.ok((second.status.added ?? bytes) < bytes / 20, `${second.status.added} added of ${bytes}`);
  });

  test('both are made again under other names, with the same content, beside the first', async (t) => {
    const again = await restore(ann, 'beside', {
      backup: 'first',
      items: [
        { kind: 'volumes', name: 'data', as: 'data-then' },
        { kind: 'instances', name: 'web', as: 'web-then' },
      ],
    });
    assert.equal(again.status.phase, 'Succeeded', JSON.stringify(again.status));
    t.diagnostic(`restored beside: ${seconds(again)} s`);
    await ready('instance/web-then');
    await patch('instance/web-then', { volumes: [{ volume: 'data-then', path: '/srv/data' }] });
    await ann.kubectl(
      'wait',
      '--for=jsonpath={.status.volumes[0].volume}=data-then',
      'instance/web-then',
      '--timeout=60s',
    );
    await ready('instance/web-then');
    assert.equal(await files('web-then', '/usr'), root);
    assert.equal(await files('web-then', '/srv/data'), data);
    assert.equal(await sh('web-then', 'hostname; ls /root'), 'web-then\n');
  });

  test('in place it takes that the machine is stopped and the volume nobody’s; then both are what they were', async () => {
    const items = [
      { kind: 'volumes', name: 'data', inPlace: true },
      { kind: 'instances', name: 'web', inPlace: true },
    ];
    const refused = await restore(ann, 'refused', { backup: 'first', items });
    assert.equal(refused.status.phase, 'Failed');
    assert.match(
      refused.status.items.map(({ message }) => message).join(),
      /belongs to instance "web".*it runs/s,
    );
    await patch('instance/web', { powerState: 'Stopped', volumes: [] });
    await ann.kubectl('wait', '--for=jsonpath={.status.phase}=Stopped', 'instance/web', '--timeout=60s');
    await ann
      .kubectl('wait', '--for=jsonpath={.status.volumes}', 'instance/web', '--timeout=1s')
      .catch(() => '');
    const back = await restore(ann, 'back', { backup: 'first', items });
    assert.equal(back.status.phase, 'Succeeded', JSON.stringify(back.status));
    await patch('instance/web', { powerState: 'Running', volumes: [{ volume: 'data', path: '/srv/data' }] });
    await ann.kubectl('wait', '--for=jsonpath={.status.phase}=Running', 'instance/web', '--timeout=60s');
    await ready('instance/web');
    assert.equal(await files('web', '/srv/data'), data);
    assert.equal(await files('web', '/usr'), root);
    assert.equal(await sh('web', 'ls /root'), '');
  });

  test('a restore test reads both back', async () => {
    const tried = await restore(ann, 'tried', { backup: 'second', test: true });
    assert.equal(tried.status.phase, 'Succeeded', JSON.stringify(tried.status));
  });
});
