/**
 * Server-side apply as every kubectl on this machine does it: ownership, conflicts, removal, and the way there from client-side apply.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { TEST_KINDS } from './test-kinds.ts';
import { kubectls } from './test-kubectl.ts';
import { startTestServer, type TestServer } from './test-server.ts';

const COMMAND_LIMIT_MS = 30_000;

interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

interface Entry {
  readonly manager: string;
  readonly operation: string;
  readonly subresource?: string;
  readonly fieldsV1: Readonly<Record<string, unknown>>;
}

const found = await kubectls();
const folder = await mkdtemp(join(tmpdir(), 'kubectl-apply-'));
let server: TestServer;

before(async () => {
  server = await startTestServer({ kinds: TEST_KINDS });
});
after(async () => {
  await server.close();
  await rm(folder, { recursive: true });
});

/** A kubectl that works in a project of its own; `input` is its standard input. */
async function client(binary: string, project: string) {
  const kubeconfig = join(folder, `${project}.json`);
  await writeFile(kubeconfig, server.kubeconfig('/orgs/acme', project), { mode: 0o600 });
  const flags = ['--kubeconfig', kubeconfig, '--cache-dir', join(folder, `cache-${project}`)];
  const run = (parameters: readonly string[], input = '', env: Record<string, string> = {}) =>
    new Promise<Outcome>((resolve) => {
      const child = execFile(
        binary,
        [...flags, ...parameters],
        { timeout: COMMAND_LIMIT_MS, env: { ...process.env, ...env } },
        (error, stdout, stderr) => {
          const code = error === null ? 0 : typeof error.code === 'number' ? error.code : -1;
          resolve({ code, stdout: stdout.trimEnd(), stderr: stderr.trimEnd() });
        },
      );
      child.stdin?.end(input);
    });
  return {
    run,
    /** Standard output of a command that must succeed. */
    async ok(...parameters: string[]) {
      const { code, stdout, stderr } = await run(parameters);
      assert.equal(code, 0, stderr);
      return stdout;
    },
    apply: (manifest: object, ...more: string[]) =>
      run(['apply', '--server-side', '-f', '-', ...more], JSON.stringify(manifest)),
    async managers(name: string): Promise<string[]> {
      const object = await run(['get', 'machine', name, '-o', 'json', '--show-managed-fields']);
      const { managedFields = [] } = JSON.parse(object.stdout).metadata as { managedFields?: Entry[] };
      return managedFields.map(
        ({ manager, operation, subresource }) =>
          `${manager} ${operation}${subresource ? ` ${subresource}` : ''}`,
      );
    },
  };
}

const manifest = (name: string, spec: object, metadata: object = {}) => ({
  apiVersion: 'lab.casemate.internal/v1',
  kind: 'Machine',
  metadata: { name, ...metadata },
  spec: { image: 'debian', ...spec },
});

test('there is a kubectl to test with', () =>
  assert.ok(found.size > 0, 'install kubectl, or put it into PATH'));

for (const [version, binary] of found) {
  describe(`kubectl ${version} apply --server-side`, () => {
    const project = `apply-${version.replace('.', '-')}`;

    test('creates, changes nothing twice, and removes what is left out', async () => {
      const { apply, ok } = await client(binary, project);
      const name = 'machine.lab.casemate.internal/m';
      const disks = [{ name: 'a', gigabytes: 1 }, { name: 'b' }];
      const first = await apply(
        manifest('m', { size: 2, ports: [1], disks }, { labels: { app: 'web', tier: 'x' } }),
      );
      assert.equal(first.stdout, `${name} serverside-applied`, first.stderr);
      const revision = await ok('get', 'machine', 'm', '-o', 'jsonpath={.metadata.resourceVersion}');
      const again = await apply(
        manifest('m', { size: 2, ports: [1], disks }, { labels: { app: 'web', tier: 'x' } }),
      );
      assert.equal(again.stdout, `${name} serverside-applied`, again.stderr);
      assert.equal(await ok('get', 'machine', 'm', '-o', 'jsonpath={.metadata.resourceVersion}'), revision);
      await apply(manifest('m', { disks: [{ name: 'b' }] }, { labels: { app: 'web' } }));
      assert.deepEqual(
        JSON.parse(await ok('get', 'machine', 'm', '-o', 'jsonpath={.spec}')),
        { image: 'debian', size: 1, power: 'on', disks: [{ name: 'b' }] },
        'size is back at its default',
      );
      assert.equal(await ok('get', 'machine', 'm', '-o', 'jsonpath={.metadata.labels}'), '{"app":"web"}');
    });

    test(`tells who manages what, and takes it over by force only`, async () => {
      const { apply, ok, managers } = await client(binary, project);
      await apply(manifest('c', { size: 2 }), '--field-manager', 'team');
      await ok('patch', 'machine', 'c', '--type', 'merge', '-p', '{"spec":{"size":3}}');
      assert.deepEqual(await managers('c'), ['team Apply', 'kubectl-patch Update']);
      const refused = await apply(manifest('c', { size: 4 }), '--field-manager', 'team');
      assert.equal(refused.code, 1);
      assert.match(
        refused.stderr,
        /^error: Apply failed with 1 conflict: conflict with "kubectl-patch" using lab\.casemate\.internal\/v1 at 2026-01-01T00:00:00Z: \.spec\.size\n/,
      );
      assert.match(refused.stderr, /--force-conflicts/);
      const both = manifest('c', { size: 4, image: 'debian', power: 'off' });
      await apply(manifest('c', { power: 'on' }), '--field-manager', 'night');
      const more = await apply(both, '--field-manager', 'team');
      assert.match(
        more.stderr,
        /^error: Apply failed with 2 conflicts: conflicts with "kubectl-patch" using lab\.casemate\.internal\/v1 at 2026-01-01T00:00:00Z:\n- \.spec\.size\nconflicts with "night":\n- \.spec\.power\n/,
      );
      assert.equal((await apply(both, '--field-manager', 'team', '--force-conflicts')).code, 0);
      assert.equal(await ok('get', 'machine', 'c', '-o', 'jsonpath={.spec.size}{.spec.power}'), '4off');
      assert.deepEqual(await managers('c'), ['night Apply', 'team Apply']);
    });

    test(`shows a difference and changes nothing`, async () => {
      const { apply, run, ok } = await client(binary, project);
      await apply(manifest('d', { size: 2 }));
      const same = await run(
        ['diff', '--server-side', '-f', '-'],
        JSON.stringify(manifest('d', { size: 2 })),
      );
      assert.deepEqual([same.code, same.stdout], [0, ''], same.stderr);
      const other = await run(
        ['diff', '--server-side', '-f', '-'],
        JSON.stringify(manifest('d', { size: 5 })),
      );
      assert.equal(other.code, 1, other.stderr);
      assert.match(other.stdout, /^- {2}size: 2$/m);
      assert.match(other.stdout, /^\+ {2}size: 5$/m);
      const made = await apply(manifest('not-made', {}), '--dry-run=server');
      assert.equal(made.stdout, 'machine.lab.casemate.internal/not-made serverside-applied (server dry run)');
      assert.match((await run(['get', 'machine', 'not-made'])).stderr, /not found/);
      assert.equal(await ok('get', 'machine', 'd', '-o', 'jsonpath={.spec.size}'), '2');
    });

    test(`what was edited is the editor's`, async () => {
      const { apply, run, managers } = await client(binary, project);
      await apply(manifest('e', { size: 2 }));
      const editor = join(folder, `editor-${project}`);
      await writeFile(editor, '#!/bin/sh\nexec sed -i "s/size: 2/size: 7/" "$1"\n');
      await chmod(editor, 0o700);
      const edited = await run(['edit', 'machine', 'e'], '', { KUBE_EDITOR: editor });
      assert.equal(edited.stdout, 'machine.lab.casemate.internal/e edited', edited.stderr);
      assert.deepEqual(await managers('e'), ['kubectl Apply', 'kubectl-edit Update']);
      const refused = await apply(manifest('e', { size: 3 }));
      assert.match(refused.stderr, /conflict with "kubectl-edit" using .*: \.spec\.size\n/);
    });

    test(`goes on from client-side apply without a conflict`, async () => {
      const { apply, run, ok, managers } = await client(binary, project);
      const before = manifest('g', { size: 2, ports: [1] }, { labels: { app: 'web' } });
      assert.equal((await run(['apply', '-f', '-'], JSON.stringify(before))).code, 0);
      assert.deepEqual(await managers('g'), [], 'nobody is tracked before the first server-side apply');
      const migrated = await apply(manifest('g', { size: 3, ports: [1, 2] }, { labels: { app: 'web' } }));
      assert.equal(migrated.code, 0, migrated.stderr);
      assert.equal(await ok('get', 'machine', 'g', '-o', 'jsonpath={.spec.size}{.spec.ports}'), '3[1,2]');
      // kubectl moves what it applied from its side to its server-side self, and keeps the annotation up to date by another.
      assert.deepEqual(await managers('g'), ['kubectl Apply', 'kubectl-last-applied Apply']);
      const annotation = await ok(
        'get',
        'machine',
        'g',
        '-o',
        String.raw`jsonpath={.metadata.annotations.kubectl\.kubernetes\.io/last-applied-configuration}`,
      );
      assert.deepEqual(JSON.parse(annotation).spec, { image: 'debian', ports: [1, 2], size: 3 });
      await apply(manifest('g', { size: 3 }));
      const left = await ok(
        'get',
        'machine',
        'g',
        '-o',
        'jsonpath={.spec.size}{.spec.ports}{.metadata.labels}',
      );
      assert.equal(left, '3', 'what is left out now goes');
      const back = await run(['apply', '-f', '-'], JSON.stringify(manifest('g', { size: 4 })));
      assert.equal(back.stdout, 'machine.lab.casemate.internal/g configured', 'and there is a way back');
    });

    test(`works on kinds that kubectl knows itself`, async () => {
      const { apply, ok } = await client(binary, project);
      const secret = (data: object) => ({ apiVersion: 'v1', kind: 'Secret', metadata: { name: 's' }, data });
      await apply(secret({ a: 'YQ==' }));
      await apply(secret({ b: 'Yg==' }), '--field-manager', 'other');
      assert.equal(await ok('get', 'secret', 's', '-o', 'jsonpath={.data}'), '{"a":"YQ==","b":"Yg=="}');
      await apply(secret({ c: 'Yw==' }));
      assert.equal(await ok('get', 'secret', 's', '-o', 'jsonpath={.data}'), '{"b":"Yg==","c":"Yw=="}');
      const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: `ns-${project}` } };
      assert.equal((await apply(namespace)).stdout, `namespace/ns-${project} serverside-applied`);
    });
  });
}
