/**
 * The rest of what people do with kubectl, by every version on this machine: create, diff, edit, wait, explain, events, a terminal on a
 * terminal, copying folders, kustomize, and coming back when told to. (First steps are in the wire's own tests, server-side apply too.)
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { StatusError } from '#kernel/errors.ts';
import { silentLogger } from '#kernel/logger.ts';
import { StoreEventRecorder } from '#kernel/reconcile/event-recorder.ts';
import { Machine, TEST_KINDS } from '#kernel/wire/test-kinds.ts';
import { kubectls } from '#kernel/wire/test-kubectl.ts';
import { startTestServer, type TestServer } from '#kernel/wire/test-server.ts';
import { Event } from '#services/tenancy/event.ts';
import { type CommandOptions, output, runCommand } from '../support/command.ts';
import { hostTerminal } from './host-terminal.ts';

const LIMIT_MS = 60_000;

const found = await kubectls();
const folder = await mkdtemp(join(tmpdir(), 'kubectl-'));
/** Who was told to come back later, once. */
const toldToWait = new Set<string>();
let server: TestServer;

before(async () => {
  server = await startTestServer({
    kinds: [...TEST_KINDS, Event],
    connectors: { 'machines.lab.casemate.internal/exec': hostTerminal },
    authorizer: {
      async decide({ name, namespace = '' }) {
        if (name === 'busy' && !toldToWait.has(namespace)) {
          toldToWait.add(namespace);
          throw new StatusError('TooManyRequests', 'too busy; try again in a second', {
            retryAfterSeconds: 1,
          });
        }
        return { allowed: true, reason: 'a test' };
      },
      rules: async () => [
        { verbs: ['get', 'list'], apiGroups: [''], resources: ['secrets'], resourceNames: ['one'] },
        { verbs: ['*'], apiGroups: ['lab.casemate.internal'], resources: ['machines'] },
      ],
    },
  });
});
after(async () => {
  await server.close();
  await rm(folder, { recursive: true });
});

const manifest = (name: string, size: number) =>
  `apiVersion: lab.casemate.internal/v1\nkind: Machine\nmetadata:\n  name: ${name}\nspec:\n  image: debian\n  size: ${size}\n`;

/** One kubectl in a project, a folder and a cache of its own. */
async function client(version: string, binary: string) {
  const project = `v${version.replace('.', '-')}`;
  const own = join(folder, project);
  await mkdir(own);
  const kubeconfig = join(own, 'config');
  await writeFile(kubeconfig, server.kubeconfig('/orgs/acme', project), { mode: 0o600 });
  const flags = ['--kubeconfig', kubeconfig, '--cache-dir', join(own, 'cache')];
  const run = (parameters: readonly string[], options: CommandOptions = {}) =>
    runCommand(binary, [...flags, ...parameters], { limit_ms: LIMIT_MS, ...options });
  return {
    project,
    own,
    flags,
    run,
    ok: async (...parameters: string[]) =>
      (await output(run(parameters), `kubectl ${parameters.join(' ')}`)).trimEnd(),
  };
}

test('there is a kubectl to test with', () =>
  assert.ok(found.size > 0, 'install kubectl, or put it into PATH'));

describe('kubectl', { concurrency: 2 }, () => {
  for (const [version, binary] of found) {
    test(version, { timeout: 3 * LIMIT_MS }, async () => {
      const { project, own, flags, run, ok } = await client(version, binary);
      const get = (path: string, name = 'm') => ok('get', 'machine', name, '-o', `jsonpath=${path}`);

      // create: made once; what is there already, and what breaks rules, is refused by name.
      const file = join(own, 'm.yaml');
      await writeFile(file, manifest('m', 2));
      assert.equal(
        await ok('create', '-f', file, '--dry-run=server', '-o', 'jsonpath={.spec.power}'),
        'on',
        'defaults are filled in',
      );
      assert.equal(
        await ok('create', '-f', file, '--save-config'),
        'machine.lab.casemate.internal/m created',
      );
      const twice = await run(['create', '-f', file]);
      assert.equal(twice.code, 1);
      assert.match(
        twice.stderr,
        /^Error from server \(AlreadyExists\): .*machines\.lab\.casemate\.internal "m" already exists/m,
      );
      const wrong = await run(['create', '-f', '-'], { input: manifest('wrong', 99) });
      assert.match(wrong.stderr, /^The Machine "wrong" is invalid:.*spec\.size/m);

      // diff: nothing, and something; nothing is changed by it.
      assert.deepEqual(await run(['diff', '-f', file]), { code: 0, stdout: '', stderr: '' });
      const different = await run(['diff', '-f', '-'], { input: manifest('m', 5) });
      assert.equal(different.code, 1, different.stderr);
      assert.match(different.stdout, /^- {2}size: 2$/m);
      assert.match(different.stdout, /^\+ {2}size: 5$/m);
      assert.equal(await get('{.spec.size}'), '2');

      // edit: what the editor saved; and a change that cannot be is shown again, and given up.
      const editor = join(own, 'editor');
      const edit = async (script: string) => {
        await writeFile(editor, `#!/bin/sh\n${script}\n`);
        await chmod(editor, 0o700);
        return run(['edit', 'machine', 'm'], { env: { EDITOR: editor, KUBE_EDITOR: editor } });
      };
      const edited = await edit('exec sed -i "s/size: 2/size: 7/" "$1"');
      assert.match(edited.stdout, /^machine\.lab\.casemate\.internal\/m edited$/m, edited.stderr);
      assert.equal(await get('{.spec.size}'), '7');
      const shown = join(own, 'shown');
      const refused = await edit(`cp "$1" ${shown}\nsed -i "s/image: debian/image: other/" "$1"`);
      assert.notEqual(refused.code, 0);
      assert.match(
        await readFile(shown, 'utf8'),
        /# .*spec\.image/,
        'the reason is in the file that is shown again',
      );

      // wait: for a condition, for a value, and for the end.
      const waiting = [
        run(['wait', '--for=condition=Ready', 'machine/m', '--timeout=30s']),
        run(['wait', '--for=jsonpath={.status.phase}=Up', 'machine/m', '--timeout=30s']),
        run(['wait', '--for=delete', 'machine/m', '--timeout=60s']),
      ];
      const status = '{"status":{"phase":"Up","conditions":[{"type":"Ready","status":"True"}]}}';
      await ok('patch', 'machine', 'm', '--subresource=status', '--type=merge', '-p', status);
      assert.match((await (waiting[0] ?? assert.fail())).stdout, /condition met$/m);
      assert.match((await (waiting[1] ?? assert.fail())).stdout, /condition met$/m);

      // explain: a kind, a field, and all of them.
      assert.match(await ok('explain', 'machine'), /A machine to try things on\./);
      assert.match(await ok('explain', 'machine.spec.power'), /Whether it runs\./);
      assert.match(await ok('explain', 'machine', '--recursive'), /conditions\s+<\[\]Object>/);
      assert.match((await run(['explain', 'machine.spec.siez'])).stderr, /field "siez" does not exist/);

      // auth can-i --list: the rules as they are.
      const rules = (await ok('auth', 'can-i', '--list'))
        .split('\n')
        .map((line) => line.trimEnd().replace(/ {2,}/g, ' '));
      assert.deepEqual(rules.slice(1, 3), [
        'machines.lab.casemate.internal [] [] [*]',
        'secrets [] [one] [get list]',
      ]);

      assert.ok(rules.includes(' [/openapi/*] [] [get]'), rules.join('\n'));

      // events: of a project, and of one object.
      await server.testRealms.realms.use('/orgs/acme', async ({ view }) => {
        const { realms, clock, random } = server.testRealms;
        const recorder = new StoreEventRecorder({ realms, kind: Event, clock, random, logger: silentLogger });
        const object = view.get(Machine, { namespace: project, name: 'm' });
        assert.ok(object);
        recorder
          .recorder('/orgs/acme', 'tester')
          .record(object, 'Warning', 'Burning', 'it burns; bring water');
        await recorder.flush();
      });
      assert.match(await ok('events'), /Warning +Burning +Machine\/m +it burns; bring water$/m);
      assert.match(await ok('events', '--for', 'machine/m', '--types=Warning'), /it burns; bring water$/m);
      assert.match(await ok('get', 'events', '--field-selector', 'reason=Burning'), /Burning/);
      assert.match(await ok('describe', 'machine', 'm'), /Burning.*it burns; bring water$/m);

      // exec -it: on a real terminal, with its size, both ways, and its exit code.
      const command = `stty rows 40 cols 120; exec ${[binary, ...flags].join(' ')} exec -it m -- shell`;
      const terminal = spawn('script', ['-qec', command, '/dev/null'], { stdio: ['pipe', 'pipe', 'ignore'] });
      let screen = '';
      terminal.stdout.setEncoding('utf8');
      const until = async (text: string) => {
        while (!screen.includes(text)) screen += String((await once(terminal.stdout, 'data'))[0]);
      };
      await until('size=120x40');
      assert.match(screen, /tty=true/);
      terminal.stdin.write('through and back\r');
      await until('said=through and back');
      terminal.stdin.write('exit 7\r');
      terminal.stdout.resume();
      const [exitCode] = await once(terminal, 'close');
      assert.equal(exitCode, 7);

      // cp: a folder there, and back.
      const [here, there, back] = ['here', 'there', 'back'].map((name) => join(own, name));
      assert.ok(here && there && back);
      await mkdir(join(here, 'below'), { recursive: true });
      await mkdir(there);
      await writeFile(join(here, 'below', 'file'), `from ${version}\n`);
      await ok('cp', here, `m:${there}/copy`);
      await ok('cp', `m:${there}/copy`, back);
      assert.equal(await readFile(join(back, 'below', 'file'), 'utf8'), `from ${version}\n`);

      // kustomize: what it makes of a folder is applied, and taken away again.
      const base = join(own, 'base');
      await mkdir(base);
      await writeFile(join(base, 'machine.yaml'), manifest('k', 3));
      await writeFile(
        join(base, 'kustomization.yaml'),
        'apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: [machine.yaml]\nnamePrefix: made-\n' +
          'labels: [{pairs: {team: blue}}]\npatches:\n- target: {kind: Machine}\n  patch: \'[{"op":"replace","path":"/spec/size","value":4}]\'\n',
      );
      assert.match(await ok('kustomize', base), /name: made-k/);
      assert.equal(await ok('apply', '-k', base), 'machine.lab.casemate.internal/made-k created');
      assert.equal(await ok('apply', '-k', base), 'machine.lab.casemate.internal/made-k unchanged');
      assert.equal(await get('{.spec.size}{.metadata.labels.team}', 'made-k'), '4blue');
      assert.match(await ok('delete', '-k', base), /deleted/);

      // Retry-After: comes back by itself.
      await run(['create', '-f', '-'], { input: manifest('busy', 1) });
      assert.equal(await get('{.spec.size}', 'busy'), '1');
      assert.ok(toldToWait.has(project));

      assert.match(await ok('delete', '-f', file), /deleted/);
      const ended = await (waiting[2] ?? assert.fail());
      assert.equal(ended.code, 0, ended.stderr);
    });
  }
});
