import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import type { Kind } from '#kernel/kind.ts';
import { silentLogger } from '#kernel/logger.ts';
import { organizationRealm } from '#kernel/realm-id.ts';
import { StoreEventRecorder } from '#kernel/reconcile/event-recorder.ts';
import { type RunningControllers, startControllers } from '#kernel/reconcile/start-controllers.ts';
import { startTestServer, type TestServer } from '#kernel/wire/test-server.ts';
import { Event } from './event.ts';
import { Namespace } from './namespace.ts';
import { tenancyService } from './service.ts';
import { Widget } from './testing/region.ts';

const REALM = organizationRealm('acme');
const run = promisify(execFile);

/** In the PATH, or where Google's Debian package puts its versions. */
const FOLDERS = [...(process.env.PATH ?? '').split(delimiter), '/usr/lib/google-cloud-sdk/bin'];
const find = (name: string) => FOLDERS.map((folder) => join(folder, name)).find((path) => existsSync(path));
const VERSIONS = ['kubectl.1.28', 'kubectl.1.33'];

for (const version of VERSIONS) {
  describe(`${version} and the core kinds`, () => {
    let server: TestServer;
    let controllers: RunningControllers;
    let events: StoreEventRecorder;
    let folder: string;
    const program = find(version) ?? find('kubectl');

    before(async () => {
      let kinds: readonly Kind[] = [];
      const service = tenancyService({
        kinds: () => kinds,
        keyring: { clientAuthority: async () => undefined },
      });
      server = await startTestServer({
        kinds: [...service.kinds, Widget],
        admissions: service.admissions ?? [],
      });
      const { realms, registry, clock, random } = server.testRealms;
      kinds = registry.servedIn('organization');
      events = new StoreEventRecorder({ realms, kind: Event, clock, random, logger: silentLogger });
      controllers = startControllers({
        realms,
        controllers: (service.controllers ?? []).filter(({ name }) => name !== 'organization'),
        events,
        clock,
        random,
        logger: silentLogger,
      });
      folder = mkdtempSync(join(tmpdir(), 'casemate-kubectl-'));
      writeFileSync(join(folder, 'kubeconfig'), server.kubeconfig(REALM, 'web'));
    });
    after(async () => {
      await controllers.stop();
      await server.close();
      rmSync(folder, { recursive: true });
    });

    /** Runs kubectl; gives what it prints, or throws with what it says. */
    async function kubectl(args: readonly string[], stdin?: string): Promise<string> {
      assert.ok(program, `no ${version} and no kubectl in ${FOLDERS.join(', ')}`);
      const child = run(program, [...args], {
        env: { ...process.env, KUBECONFIG: join(folder, 'kubeconfig'), HOME: folder, TZ: 'UTC' },
        timeout: 60_000,
      });
      child.child.stdin?.end(stdin ?? '');
      const { stdout } = await child;
      return stdout;
    }
    const rejected = async (args: readonly string[], stdin?: string): Promise<string> => {
      try {
        await kubectl(args, stdin);
      } catch (error) {
        return (error as { readonly stderr?: string }).stderr ?? String(error);
      }
      return assert.fail('was accepted');
    };

    it('create, show and describe a project', async () => {
      assert.equal(await kubectl(['create', 'namespace', 'web']), 'namespace/web created\n');
      assert.match(await kubectl(['get', 'ns', 'web', '--no-headers']), /^web +Active +/);
      assert.match(await kubectl(['get', 'projects', '-o', 'name']), /^namespace\/web$/m);
      await controllers.idle();
      assert.match(await kubectl(['describe', 'namespace', 'web']), /Status: +Active/);
      assert.match(
        await rejected(['create', 'configmap', 'x', '-n', 'nowhere']),
        /failed to create configmap: namespaces "nowhere" not found/,
      );
    });

    it('make secrets and config maps, and read them back', async () => {
      await kubectl(['create', 'configmap', 'literal', '--from-literal=key=value']);
      assert.equal(await kubectl(['get', 'cm', 'literal', '-o', 'jsonpath={.data.key}']), 'value');
      await kubectl(['create', 'secret', 'generic', 'login', '--from-literal=password=s3cret']);
      const password = await kubectl(['get', 'secret', 'login', '-o', 'jsonpath={.data.password}']);
      assert.equal(Buffer.from(password, 'base64').toString(), 's3cret');
      assert.match(await kubectl(['get', 'secret', 'login', '--no-headers']), /^login +Opaque +1 /);
      assert.match(await kubectl(['describe', 'secret', 'login']), /password: +6 bytes/);

      const manifest = (value: string) =>
        JSON.stringify({
          apiVersion: 'v1',
          kind: 'ConfigMap',
          metadata: { name: 'settings' },
          data: { key: value, [value]: 'x' },
        });
      assert.equal(await kubectl(['apply', '-f', '-'], manifest('one')), 'configmap/settings created\n');
      assert.equal(await kubectl(['apply', '-f', '-'], manifest('one')), 'configmap/settings unchanged\n');
      assert.equal(await kubectl(['apply', '-f', '-'], manifest('two')), 'configmap/settings configured\n');
      assert.deepEqual(JSON.parse(await kubectl(['get', 'cm', 'settings', '-o', 'jsonpath={.data}'])), {
        key: 'two',
        two: 'x',
      });
      assert.match(
        await rejected(['apply', '-f', '-'], manifest('bad key')),
        /a key must be 1 to 253 letters/,
      );
    });

    it('keep to a quota, and say so', async () => {
      const quota = {
        apiVersion: 'tenancy.casemate.internal/v1',
        kind: 'Quota',
        metadata: { name: 'limits' },
        spec: { hard: { instances: 1, cpu: '2' } },
      };
      await kubectl(['apply', '-f', '-'], JSON.stringify(quota));
      const widget = (name: string) =>
        JSON.stringify({
          apiVersion: Widget.apiVersion,
          kind: 'Widget',
          metadata: { name },
          spec: { cpu: '500m' },
        });
      await kubectl(['apply', '-f', '-'], widget('a'));
      assert.match(
        await rejected(['apply', '-f', '-'], widget('b')),
        /exceeded quota: quota "limits" allows 1 instances, 1 are used/,
      );
      await controllers.idle();
      await server.testRealms.clock.advance(1_000);
      await controllers.idle();
      assert.match(
        await kubectl(['get', 'quotas', '--no-headers']),
        /^limits +cpu: 500m\/2, instances: 1\/1 /,
      );
      assert.match(await kubectl(['explain', 'quota.spec.hard']), /Limits by resource: instances/);
    });

    it('print events beside what they are about', async () => {
      const { realms } = server.testRealms;
      await realms.use(REALM, ({ view }) => {
        const widget = view.get(Widget, { namespace: 'web', name: 'a' });
        assert.ok(widget);
        const recorder = events.recorder(REALM, 'widget');
        for (let i = 0; i < 3; i++)
          recorder.record(widget, 'Warning', 'EngineAway', 'the engine does not answer');
      });
      await events.flush();
      assert.match(
        await kubectl(['describe', 'widget', 'a']),
        /Warning +EngineAway +.*x3.* +widget +the engine does not answer/,
      );
      assert.match(
        await kubectl(['events', '--for', 'widget/a']),
        /Warning +EngineAway +Widget\/a +the engine does not answer/,
      );
      assert.match(
        await kubectl(['get', 'events']),
        /Warning +EngineAway +widget\/a +the engine does not answer/,
      );
    });

    it('delete a project with all that is in it', async () => {
      assert.match(await kubectl(['delete', 'namespace', 'web', '--timeout=30s']), /namespace "web" deleted/);
      await server.testRealms.realms.use(REALM, ({ view }) => {
        assert.equal(view.count(Namespace), 0);
        assert.equal(view.count(Widget), 0);
      });
    });
  });
}
