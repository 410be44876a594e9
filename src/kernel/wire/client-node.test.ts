/**
 * The official JavaScript client: generic objects, informers, watch, exec.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import { after, before, describe, test } from 'node:test';
import {
  CoreV1Api,
  CustomObjectsApi,
  Exec,
  KubeConfig,
  type KubernetesListObject,
  type KubernetesObject,
  KubernetesObjectApi,
  makeInformer,
  PatchStrategy,
  VersionApi,
} from '@kubernetes/client-node';
import type { TerminalConnector } from '../connect.ts';
import { TEST_KINDS } from './test-kinds.ts';
import { startTestServer, type TestServer } from './test-server.ts';

interface Machine extends KubernetesObject {
  spec: { size?: number; image: string };
}

const where = { group: 'lab.casemate.internal', version: 'v1', namespace: 'p', plural: 'machines' };
const machine = (name: string, size = 1): Machine => ({
  apiVersion: 'lab.casemate.internal/v1',
  kind: 'Machine',
  metadata: { name, namespace: 'p' },
  spec: { size, image: 'debian' },
});

const cat: TerminalConnector = {
  type: 'terminal',
  async open(_request, { stdin, stdout }) {
    if (stdin) for await (const chunk of stdin) await stdout(chunk);
    return { exitCode: 0 };
  },
};

describe('@kubernetes/client-node', () => {
  let server: TestServer;
  const config = new KubeConfig();
  before(async () => {
    server = await startTestServer({
      kinds: TEST_KINDS,
      connectors: { 'machines.lab.casemate.internal/exec': cat },
    });
    config.loadFromString(server.kubeconfig('/orgs/acme', 'p'));
  });
  after(() => server.close());

  test('reads the version and works with core objects', async () => {
    assert.equal((await config.makeApiClient(VersionApi).getCode()).major, '1');
    const core = config.makeApiClient(CoreV1Api);
    await core.createNamespace({ body: { metadata: { name: 'p' } } });
    await core.createNamespacedSecret({
      namespace: 'p',
      body: { metadata: { name: 's' }, data: { a: 'Yg==' } },
    });
    assert.deepEqual((await core.readNamespacedSecret({ namespace: 'p', name: 's' })).data, { a: 'Yg==' });
    assert.deepEqual(
      (await core.listNamespace()).items.map(({ metadata }) => metadata?.name),
      ['p'],
    );
  });

  test('creates, patches, lists and deletes objects of any kind by discovery', async () => {
    const api = KubernetesObjectApi.makeApiClient(config);
    const created = await api.create<Machine>(machine('dynamic'));
    assert.equal(created.spec.size, 1);
    const patched = await api.patch<Machine>(
      { ...machine('dynamic', 2) },
      undefined,
      undefined,
      undefined,
      undefined,
      PatchStrategy.MergePatch,
    );
    assert.equal(patched.spec.size, 2);
    const list = await api.list<Machine>('lab.casemate.internal/v1', 'Machine', 'p');
    assert.deepEqual(
      list.items.map(({ metadata }) => metadata?.name),
      ['dynamic'],
    );
    await api.delete(machine('dynamic'));
    await assert.rejects(api.read(machine('dynamic') as never), { code: 404 });
  });

  test('an informer sees what is there and what changes', async () => {
    const custom = config.makeApiClient(CustomObjectsApi);
    const create = (name: string) => custom.createNamespacedCustomObject({ ...where, body: machine(name) });
    await create('before');
    const informer = makeInformer<Machine>(
      config,
      '/apis/lab.casemate.internal/v1/namespaces/p/machines',
      () => custom.listNamespacedCustomObject(where) as Promise<KubernetesListObject<Machine>>,
    );
    const seen: string[] = [];
    let arrived = () => {};
    for (const verb of ['add', 'update', 'delete'] as const) {
      informer.on(verb, (object) => {
        seen.push(`${verb} ${object.metadata?.name} ${object.spec.size}`);
        arrived();
      });
    }
    const until = async (count: number) => {
      while (seen.length < count)
        await new Promise<void>((resolve) => {
          arrived = resolve;
        });
    };
    await informer.start();
    await until(1);
    await create('after');
    await until(2);
    await custom.replaceNamespacedCustomObject({ ...where, name: 'after', body: machine('after', 9) });
    await until(3);
    await custom.deleteNamespacedCustomObject({ ...where, name: 'before' });
    await until(4);
    await informer.stop();
    assert.deepEqual(seen, ['add before 1', 'add after 1', 'update after 9', 'delete before 1']);
  });

  test('exec through the pod view carries input and output', async () => {
    const custom = config.makeApiClient(CustomObjectsApi);
    await custom.createNamespacedCustomObject({ ...where, body: machine('shell') });
    const stdin = new PassThrough();
    const stdout = new PassThrough();
    const status = Promise.withResolvers<{ status?: string }>();
    await new Exec(config).exec('p', 'shell', 'machine', ['cat'], stdout, null, stdin, false, status.resolve);
    stdin.write('hello');
    const [chunk] = await once(stdout, 'data');
    assert.equal(String(chunk), 'hello');
    stdin.end();
    assert.equal((await status.promise).status, 'Success');
  });
});
