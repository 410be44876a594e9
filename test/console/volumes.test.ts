/** Volumes of a running instance in the console: attached, grown, snapshotted, put back, copied; real containers, in Chromium against a whole region. */
import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { whyNotHere } from '#engines/fscrypt/host.ts';
import { baseImage, manifest } from '../support/project.ts';
import { axeFindings } from './axe.ts';
import { type ConsoleWorld, startConsoleWorld } from './console.ts';
import { shoot } from './shell-run.ts';

const VOLUMES = 'resources/volumes.storage.casemate.internal';

const volume = (namespace: string, name: string) =>
  JSON.stringify({
    apiVersion: 'storage.casemate.internal/v1',
    kind: 'Volume',
    metadata: { name, namespace },
    spec: { size: '64Mi' },
  });

suite('volumes in the console', { timeout: 300_000 }, () => {
  let world: ConsoleWorld;
  before(async () => {
    world = await startConsoleWorld();
    await world.admin.apply(
      manifest([], [{ name: 'box', image: await baseImage(world.region) }]),
      '-n',
      'default',
    );
    await world.admin.apply(volume('default', 'data'));
    await world.admin.kubectl('wait', '--for=condition=Ready', 'instance/box', '--timeout=120s');
  });
  after(() => world?.close());

  test('one is attached to a running container, grown, snapshotted, put back, copied and taken out', async () => {
    const { admin } = world;
    const { page, base, origins, complaints } = await world.signIn({
      user: 'gerda',
      roles: ['organization-admin'],
    });
    const inBox = async (script: string) => {
      const { code, stdout, stderr } = await admin.inInstance('default', 'box', ['sh', '-c', script]);
      assert.equal(code, 0, stderr);
      return stdout.trim();
    };
    const dialog = page.getByRole('dialog');
    const press = async (name: string) => {
      await page.getByRole('button', { name, exact: true }).click();
      await dialog.getByRole('button', { name, exact: true }).click();
      await dialog.waitFor({ state: 'detached' });
    };
    await page.goto(`${base}${VOLUMES}/default/data?tab=use`);
    const encryption =
      whyNotHere() === undefined ? /Under the organization’s own key/ : /encrypt within the instance/;
    await page.getByText(encryption).waitFor();
    await page.getByRole('button', { name: 'Attach', exact: true }).click();
    const path = dialog.getByRole('textbox', { name: 'Path in the instance' });
    await path.fill('srv/data');
    assert.ok(await dialog.getByRole('button', { name: 'Attach' }).isDisabled());
    await path.fill('/srv/data');
    assert.deepEqual(await axeFindings(page), []);
    await dialog.getByRole('button', { name: 'Attach' }).click();
    await dialog.waitFor({ state: 'detached' });
    const attached = page.getByRole('grid', { name: 'Attached to' });
    await attached.getByRole('link', { name: 'box' }).waitFor();
    await inBox('echo first > /srv/data/file && sync');

    // An action that cannot be done now says why.
    const attach = page.getByRole('button', { name: 'Attach', exact: true });
    await page.getByRole('button', { name: 'Grow', exact: true }).focus();
    await attach.focus();
    await page.getByRole('tooltip', { name: /box has it, and it is not shared/ }).waitFor();

    await page.getByRole('button', { name: 'Grow', exact: true }).click();
    await dialog.getByRole('textbox', { name: 'New size' }).fill('32Mi');
    assert.ok(await dialog.getByRole('button', { name: 'Grow' }).isDisabled());
    await dialog.getByRole('textbox', { name: 'New size' }).fill('128Mi');
    await dialog.getByRole('button', { name: 'Grow' }).click();
    await dialog.waitFor({ state: 'detached' });
    await page.getByText('128Mi', { exact: true }).waitFor();

    await page.getByRole('button', { name: 'Take a snapshot', exact: true }).click();
    await dialog.getByRole('textbox', { name: 'Name' }).fill('before');
    await dialog.getByRole('button', { name: 'Take a snapshot' }).click();
    await dialog.waitFor({ state: 'detached' });
    const snapshot = page.getByRole('grid', { name: 'Snapshots' }).getByRole('row', { name: /^before/ });
    await snapshot.getByText('128Mi').waitFor();
    const putBack = snapshot.getByRole('button', { name: 'Put back' });
    await putBack.focus();
    await page.getByRole('tooltip', { name: /box has the volume: detach it first/ }).waitFor();
    await page.getByRole('tab', { name: 'Overview' }).focus();
    await page.getByRole('tooltip').waitFor({ state: 'detached' });
    assert.deepEqual(await axeFindings(page), []);
    await shoot(page, 'volume-attached');
    await inBox('echo second > /srv/data/file && sync');

    await attached.getByRole('button', { name: 'Detach' }).click();
    await dialog.getByText('The path goes at once').waitFor();
    await dialog.getByRole('button', { name: 'Detach' }).click();
    await attached.waitFor({ state: 'detached' });
    await inBox('test ! -e /srv/data/file');
    await putBack.click();
    await dialog.getByText('Everything that was written to the volume since is lost').waitFor();
    await dialog.getByRole('button', { name: 'Put back' }).click();
    await dialog.waitFor({ state: 'detached' });
    await snapshot.getByText('Last put back').waitFor();
    await admin.kubectl(
      'wait',
      '--for=jsonpath={.status.restoredFrom}=before',
      'volume/data',
      '--timeout=60s',
    );
    await press('Attach');
    await attached.getByRole('link', { name: 'box' }).waitFor();
    assert.equal(await inBox('cat /srv/data/file'), 'first');

    // A copy of the snapshot, and one of the volume as it is now.
    await inBox('echo third > /srv/data/file && sync');
    await snapshot.getByRole('button', { name: 'Copy to a new volume' }).click();
    await dialog.getByRole('textbox', { name: 'Name' }).fill('of-snapshot');
    await dialog.getByRole('button', { name: 'Copy to a new volume' }).click();
    await page.getByRole('heading', { name: 'of-snapshot', level: 1 }).waitFor();
    await admin.kubectl('wait', '--for=condition=Ready', 'volume/of-snapshot', '--timeout=60s');
    await page.goto(`${base}${VOLUMES}/default/data?tab=use`);
    await page.getByRole('button', { name: 'Copy', exact: true }).click();
    await dialog.getByRole('textbox', { name: 'Name' }).fill('of-volume');
    await dialog.getByRole('button', { name: 'Copy', exact: true }).click();
    await page.getByRole('heading', { name: 'of-volume', level: 1 }).waitFor();
    await admin.kubectl('wait', '--for=condition=Ready', 'volume/of-volume', '--timeout=60s');
    for (const [name, says] of [
      ['of-snapshot', 'first'],
      ['of-volume', 'third'],
    ] as const) {
      await page.goto(`${base}${VOLUMES}/default/${name}?tab=use`);
      await press('Attach');
      await attached.getByRole('link', { name: 'box' }).waitFor();
      assert.equal(await inBox(`cat /srv/${name}/file`), says);
    }
    assert.deepEqual(await axeFindings(page), []);
    await shoot(page, 'volume-copy');
    assert.deepEqual([...origins()], [new URL(base).origin]);
    assert.deepEqual(complaints(), []);
  });

  test('who deletes an instance, a volume or a project reads what is lost with it and what is not, and so it is', async () => {
    const { admin } = world;
    await admin.kubectl('create', 'namespace', 'shelf');
    await admin.apply(volume('shelf', 'papers'));
    await admin.kubectl('-n', 'shelf', 'wait', '--for=condition=Ready', 'volume/papers', '--timeout=60s');
    const { page, base, complaints } = await world.signIn({ user: 'hanna', roles: ['organization-admin'] });
    const dialog = page.getByRole('dialog');
    const begin = async (list: string, name: string) => {
      await page.goto(`${base}resources/${list}`);
      await page.getByRole('checkbox', { name: `Select ${name}`, exact: true }).check();
      await page.getByRole('button', { name: 'Delete', exact: true }).click();
    };
    const end = async (what: string, ...place: readonly string[]) => {
      await dialog.getByRole('button', { name: 'Delete for good' }).click();
      await dialog.waitFor({ state: 'detached' });
      await admin.kubectl(...place, 'wait', '--for=delete', what, '--timeout=120s');
    };
    const INSTANCES = 'instances.compute.casemate.internal?project=default';
    await begin(INSTANCES, 'box');
    await dialog.getByText('An instance goes with its own disk and all that is on it.').waitFor();
    await dialog.getByText('Volumes that were attached to it stay.').waitFor();
    assert.deepEqual(await axeFindings(page), []);
    await dialog.getByRole('button', { name: 'Cancel' }).click();
    await dialog.waitFor({ state: 'detached' });
    assert.match(await admin.kubectl('get', 'instances', '-o', 'name'), /box/);
    await begin(INSTANCES, 'box');
    await end('instance/box');
    const volumes = async (...place: readonly string[]) =>
      (await admin.kubectl(...place, 'get', 'volumes', '-o', 'name')).match(/(?<=\/)\S+/g) ?? [];
    assert.deepEqual(await volumes(), ['data', 'of-snapshot', 'of-volume']);

    await begin('volumes.storage.casemate.internal?project=default', 'of-volume');
    await dialog.getByText('A volume goes with all that is on it. Backups of it stay.').waitFor();
    await end('volume/of-volume');
    assert.deepEqual(await volumes(), ['data', 'of-snapshot']);

    await begin('namespaces', 'shelf');
    await dialog
      .getByText(
        'A project goes with all that is in it: instances with their disks, volumes, buckets with their objects, networks, secrets.',
      )
      .waitFor();
    await end('namespace/shelf');
    assert.deepEqual(await volumes('-n', 'shelf'), []);
    assert.deepEqual(complaints(), []);
  });
});
