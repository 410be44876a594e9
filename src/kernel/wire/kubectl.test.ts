/**
 * Every kubectl on this machine, doing what a first project needs. Each version works in a project of its own on one server.
 */
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import type { TerminalConnector, TextConnector } from '../connect.ts';
import { TEST_KINDS } from './test-kinds.ts';
import { kubectls } from './test-kubectl.ts';
import { startTestServer, type TestServer } from './test-server.ts';

const run = promisify(execFile);
const COMMAND_LIMIT_MS = 30_000;

const exec: TerminalConnector = {
  type: 'terminal',
  async open({ query }, { stdin, stdout }) {
    const [command, argument] = query.getAll('command');
    if (command === 'exit') return { exitCode: Number(argument) };
    // `kubectl cp` is tar through exec: here the real one, on this machine.
    if (command === 'tar' || command === 'test') {
      const child = spawn(command, query.getAll('command').slice(1));
      const output = (async () => {
        for await (const chunk of child.stdout) await stdout(chunk);
      })();
      // What tar does not want to read any more is no fault.
      child.stdin.on('error', () => {});
      if (stdin)
        void (async () => {
          for await (const chunk of stdin) child.stdin.write(chunk);
          child.stdin.end();
        })();
      const [exitCode] = await once(child, 'close');
      await output;
      return { exitCode };
    }
    if (command === 'echo') await stdout(Buffer.from(`${argument}\n`));
    if (stdin) for await (const chunk of stdin) await stdout(chunk);
    return { exitCode: 0 };
  },
};

const log: TextConnector = {
  type: 'text',
  open: async ({ query, object }) =>
    (async function* () {
      yield Buffer.from(`${object.metadata.name} follow=${query.get('follow') === 'true'}\n`);
    })(),
};

const found = await kubectls();
const folder = await mkdtemp(join(tmpdir(), 'wire-kubectl-'));
let server: TestServer;

before(async () => {
  server = await startTestServer({
    kinds: TEST_KINDS,
    connectors: { 'machines.lab.casemate.internal/exec': exec, 'machines.lab.casemate.internal/log': log },
  });
});
after(async () => {
  await server.close();
  await rm(folder, { recursive: true });
});

test('there is a kubectl to test with', () =>
  assert.ok(found.size > 0, 'install kubectl, or put it into PATH'));

describe('kubectl', { concurrency: 2 }, () => {
  for (const [version, binary] of found) {
    test(version, async () => {
      const project = `v${version.replace('.', '-')}`;
      const kubeconfig = join(folder, `${project}.json`);
      await writeFile(kubeconfig, server.kubeconfig('/orgs/acme', project), { mode: 0o600 });
      const flags = ['--kubeconfig', kubeconfig, '--cache-dir', join(folder, `cache-${project}`)];
      const kubectl = async (...parameters: string[]) => {
        const { stdout } = await run(binary, [...flags, ...parameters], { timeout: COMMAND_LIMIT_MS });
        return stdout.trimEnd();
      };
      const withInput = async (input: string, ...parameters: string[]) => {
        const child = run(binary, [...flags, ...parameters], { timeout: COMMAND_LIMIT_MS });
        child.child.stdin?.end(input);
        return (await child).stdout.trimEnd();
      };
      const refusal = async (...parameters: string[]) => {
        const error = await kubectl(...parameters).then(
          () => assert.fail(`kubectl ${parameters.join(' ')}`),
          (reason: unknown) => reason,
        );
        return error as { readonly stderr: string; readonly code: number };
      };

      assert.equal(await kubectl('create', 'namespace', project), `namespace/${project} created`);
      assert.equal(await kubectl('label', 'namespace', project, 'tier=test'), `namespace/${project} labeled`);
      assert.match(
        await kubectl('api-resources'),
        /^machines +mc +lab\.casemate\.internal\/v1 +true +Machine$/m,
      );
      assert.match(await kubectl('explain', 'machine.spec.size'), /How large it is\./);
      assert.match(await kubectl('auth', 'whoami'), /^Username +alice$/m);
      assert.equal(await kubectl('auth', 'can-i', 'create', 'machines'), 'yes');
      assert.match(await kubectl('auth', 'can-i', '--list'), /^\*\.\* +\[\] +\[\] +\[\*\]$/m);

      const manifest = (size: number, extra = '') =>
        `---\n{apiVersion: lab.casemate.internal/v1, kind: Machine, metadata: {name: m, labels: {app: web}}, spec: {image: debian, size: ${size}${extra}}}`;
      const apply = (text: string) => withInput(text, 'apply', '-f', '-');
      assert.equal(await apply(manifest(2, ', ports: [1, 2]')), 'machine.lab.casemate.internal/m created');
      assert.equal(await apply(manifest(2, ', ports: [1, 2]')), 'machine.lab.casemate.internal/m unchanged');
      assert.equal(await apply(manifest(3)), 'machine.lab.casemate.internal/m configured');
      assert.equal(await kubectl('get', 'machine', 'm', '-o', 'jsonpath={.spec.size}{.spec.ports}'), '3');
      const invalid = await withInput(manifest(3, ', siez: 1'), 'apply', '-f', '-').then(
        () => assert.fail(),
        (error) => error,
      );
      assert.match(invalid.stderr, /siez/);

      assert.match(
        await kubectl('get', 'machines', '-o', 'wide'),
        /^NAME +SIZE +PHASE +IMAGE +AGE\nm +3 +debian +\S+$/,
      );
      assert.equal(
        await kubectl('get', 'mc', '-l', 'app in (web)', '-o', 'name'),
        'machine.lab.casemate.internal/m',
      );
      assert.equal(await kubectl('get', 'mc', '--field-selector', 'spec.size=1', '-o', 'name'), '');
      assert.match(await kubectl('get', 'all'), /^NAME +SIZE/m);
      assert.match(await kubectl('describe', 'machine', 'm'), /^ +Size: +3$/m);
      assert.match(
        await kubectl(
          'patch',
          'mc',
          'm',
          '--type',
          'json',
          '-p',
          '[{"op":"replace","path":"/spec/size","value":4}]',
        ),
        /patched$/,
      );
      assert.match(
        await kubectl('patch', 'mc', 'm', '--type', 'merge', '-p', '{"spec":{"size":5}}'),
        /patched$/,
      );
      assert.match(await kubectl('patch', 'mc', 'm', '-p', '{"spec":{"size":6}}'), /patched$/);
      assert.match(await kubectl('annotate', 'mc', 'm', 'note=x'), / annotated?$/);
      assert.match(
        await kubectl(
          'patch',
          'mc',
          'm',
          '--subresource',
          'status',
          '--type',
          'merge',
          '-p',
          '{"status":{"phase":"Up","conditions":[{"type":"Ready","status":"True"}]}}',
        ),
        /patched$/,
      );
      assert.match(await kubectl('wait', '--for=condition=Ready', 'mc/m', '--timeout=20s'), /condition met$/);

      assert.equal(
        await kubectl('create', 'secret', 'generic', 's', '--from-literal=a=b'),
        'secret/s created',
      );
      assert.equal(await kubectl('get', 'secret', 's', '-o', 'jsonpath={.data.a}'), 'Yg==');
      assert.equal(
        await withInput(
          '---\n{apiVersion: v1, kind: Secret, metadata: {name: s2}, data: {a: Yg==, c: Yg==}}',
          'apply',
          '-f',
          '-',
        ),
        'secret/s2 created',
      );
      assert.equal(
        await withInput(
          '---\n{apiVersion: v1, kind: Secret, metadata: {name: s2}, data: {a: Yg==}}',
          'apply',
          '-f',
          '-',
        ),
        'secret/s2 configured',
      );
      assert.equal(await kubectl('get', 'secret', 's2', '-o', 'jsonpath={.data}'), '{"a":"Yg=="}');

      assert.match(await kubectl('get', 'pods'), /^m +1\/1 +Running/m);
      assert.equal(await kubectl('logs', 'm'), 'm follow=false');
      assert.equal(await kubectl('logs', '-f', 'm'), 'm follow=true');
      assert.equal(await kubectl('exec', 'm', '--', 'echo', 'hello'), 'hello');
      assert.equal(await withInput('through and back', 'exec', '-i', 'm', '--', 'cat'), 'through and back');
      assert.equal((await refusal('exec', 'm', '--', 'exit', '3')).code, 3);

      const text = `copied by ${version}\n`.repeat(10_000);
      const [here, there, back] = ['here', 'there', 'back'].map((name) => join(folder, `${project}-${name}`));
      assert.ok(here && there && back);
      await writeFile(here, text);
      await kubectl('cp', here, `m:${there}`);
      assert.equal(await readFile(there, 'utf8'), text);
      await kubectl('cp', `m:${there}`, back);
      assert.equal(await readFile(back, 'utf8'), text);

      const watcher = spawn(binary, [...flags, 'get', 'mc', '--watch', '--no-headers']);
      const lines = createInterface({ input: watcher.stdout })[Symbol.asyncIterator]();
      assert.match((await lines.next()).value ?? '', /^m +6 +Up /);
      await kubectl('patch', 'mc', 'm', '--type', 'merge', '-p', '{"spec":{"size":7}}');
      assert.match((await lines.next()).value ?? '', /^m +7 +Up /);
      watcher.kill();
      await once(watcher, 'close');

      assert.match((await refusal('get', 'mc', 'none')).stderr, /Error from server \(NotFound\)/);
      assert.equal(await kubectl('delete', 'mc', 'm'), 'machine.lab.casemate.internal "m" deleted');
      assert.match(await kubectl('delete', 'secret', '--all'), /"s2" deleted/);
      assert.match(await kubectl('delete', 'namespace', project), /deleted$/);
    });
  }
});
