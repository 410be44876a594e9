// The command as people run it: a process of its own, against the real API server.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import type { TerminalConnector, TextConnector } from '#kernel/connect.ts';
import { notFound } from '#kernel/errors.ts';
import { TEST_KINDS } from '#kernel/wire/test-kinds.ts';
import { MAIN, startTestCli, type TestCli } from './test-cli.ts';

const MACHINE = (name: string, spec: string, labels = '') =>
  `apiVersion: lab.casemate.internal/v1\nkind: Machine\nmetadata: {name: ${name}, labels: {${labels}}}\nspec: {${spec}}\n`;
const PROJECT = (name: string) => `apiVersion: v1\nkind: Namespace\nmetadata: {name: ${name}}\n`;

/** A shell of very few words. */
const terminal: TerminalConnector = {
  type: 'terminal',
  async open({ query }, streams) {
    const [command, ...args] = query.getAll('command');
    const text = new TextEncoder();
    switch (command) {
      case 'echo':
        await streams.stdout(text.encode(`${args.join(' ')}\n`));
        return { exitCode: 0 };
      case 'fail':
        await streams.stderr(text.encode('it failed\n'));
        return { exitCode: Number(args[0]) };
      case 'size':
        for await (const { width, height } of streams.sizes) {
          await streams.stdout(
            text.encode(`${streams.tty ? 'a terminal' : 'no terminal'} of ${width}x${height}\r\n`),
          );
          return { exitCode: 7 };
        }
        return { exitCode: 1 };
      case 'cat':
        for await (const chunk of streams.stdin ?? []) await streams.stdout(chunk);
        return { exitCode: 0 };
      default:
        throw notFound({ kind: 'command', name: command ?? '' });
    }
  },
};

const consoleText: TextConnector = {
  type: 'text',
  async open({ query }) {
    const lines = ['booting', 'ready'].slice(-Number(query.get('tailLines') ?? 2));
    return (async function* () {
      for (const line of lines) yield Buffer.from(`${line}\n`);
    })();
  },
};

async function withMachines(cli: TestCli): Promise<void> {
  const manifest = [
    PROJECT('default'),
    PROJECT('shop'),
    MACHINE('web', 'image: debian, size: 2', 'app: web'),
    MACHINE('db', 'image: debian'),
  ];
  const { code, stderr } = await cli.run(['apply', '-f', '-'], manifest.join('---\n'));
  assert.equal(code, 0, stderr);
}

test('apply makes things what a manifest says, once, and changes only what differs', async (t) => {
  const cli = await startTestCli(t, { kinds: TEST_KINDS });
  const file = await cli.write(
    'web.yaml',
    `${PROJECT('default')}---\n${MACHINE('web', 'image: debian, size: 2', 'app: web')}`,
  );
  const applied = async (...args: string[]) => (await cli.run(['apply', '-f', file, ...args])).stdout;
  assert.match(await applied('--dry-run'), /^namespace\/default created \(dry run\)\n/);
  assert.equal((await cli.run(['get', 'namespaces', '-o', 'name'])).stdout, '');
  assert.equal(await applied(), 'namespace/default created\nmachine.lab.casemate.internal/web created\n');
  assert.equal(await applied(), 'namespace/default unchanged\nmachine.lab.casemate.internal/web unchanged\n');
  await cli.write('web.yaml', MACHINE('web', 'image: debian, size: 4'));
  assert.equal(await applied(), 'machine.lab.casemate.internal/web configured\n');
  const { stdout } = await cli.run(['get', 'machine', 'web', '-o', 'json']);
  const { spec, metadata } = JSON.parse(stdout);
  assert.deepEqual([spec.size, metadata.labels], [4, undefined]);
});

test('what a manifest gets wrong is told by file, line and field, and the rest is done', async (t) => {
  const cli = await startTestCli(t, { kinds: TEST_KINDS });
  const bad = MACHINE('bad', 'image: "", size: 900');
  await cli.write('m.yaml', `${PROJECT('default')}---\n${bad}---\n${PROJECT('shop')}`);
  const { code, stdout, stderr } = await cli.run(['apply', '-f', 'm.yaml']);
  assert.equal(code, 1);
  assert.equal(stdout, 'namespace/default created\nnamespace/shop created\n');
  assert.deepEqual(
    stderr.split('\n').map((line) => line.replace(/^( {2}\S+): .+/, '$1')),
    ['error: m.yaml:5: Machine.lab.casemate.internal "bad" is invalid:', '  spec.image', '  spec.size', ''],
  );
  const unknown = await cli.run(['apply', '-f', '-'], MACHINE('bad', 'image: debian, colour: red'));
  assert.match(unknown.stderr, /^error: standard input:1: .*unknown field "spec.colour"\n$/);
});

test('get prints tables, names, YAML and JSON, in a project or in all', async (t) => {
  const cli = await startTestCli(t, { kinds: TEST_KINDS });
  await withMachines(cli);
  const got = async (...args: string[]) => (await cli.run(['get', ...args])).stdout;
  const lines = (text: string) =>
    text
      .trimEnd()
      .split('\n')
      .map((line) => line.replaceAll(/ +/g, ' ').replace(/ \S+$/, ''));
  assert.deepEqual(lines(await got('machines')), ['NAME SIZE PHASE', 'db 1', 'web 2']);
  assert.deepEqual(lines(await got('mc', '-o', 'wide', '-l', 'app=web')), [
    'NAME SIZE PHASE IMAGE',
    'web 2 debian',
  ]);
  assert.deepEqual(lines(await got('all', '-A')), [
    'PROJECT NAME SIZE PHASE',
    'default db 1',
    'default web 2',
  ]);
  assert.equal(
    await got('machines', '-o', 'name'),
    'machine.lab.casemate.internal/db\nmachine.lab.casemate.internal/web\n',
  );
  assert.equal(JSON.parse(await got('machine/web', '-o', 'json')).spec.power, 'on');
  assert.match(await got('machine', 'web', '-o', 'yaml'), /\n {2}power: "on"\n/);
  assert.equal(JSON.parse(await got('machines', '-o', 'json')).items.length, 2);
  const none = await cli.run(['get', 'machines', '-n', 'shop']);
  assert.deepEqual([none.code, none.stderr], [0, 'there are no machines in project "shop"\n']);
});

test('mistyped commands, types and names are answered with what may have been meant', async (t) => {
  const cli = await startTestCli(t, { kinds: TEST_KINDS });
  await withMachines(cli);
  const command = await cli.run(['gte', 'machines']);
  assert.equal(command.code, 2);
  assert.match(command.stderr, /Did you mean get\?/);
  const type = await cli.run(['get', 'machnie']);
  assert.deepEqual(
    [type.code, type.stderr],
    [2, 'error: there is no resource type "machnie" here\n  did you mean "machine" or "machines"?\n'],
  );
  const name = await cli.run(['describe', 'machine', 'wbe']);
  assert.equal(name.code, 3);
  assert.match(name.stderr, /"wbe" not found; did you mean "web"\?/);
  const option = await cli.run(['get', 'machines', '--output', 'xml']);
  assert.equal(option.code, 2);
});

test('scripts can tell conflicts and refusals by the exit code', async (t) => {
  const refusing = {
    decide: async ({ resource }: { resource: string }) => ({
      allowed: resource !== 'secrets',
      reason: 'no secrets for you',
    }),
    rules: async () => [],
  };
  const cli = await startTestCli(t, { kinds: TEST_KINDS, authorizer: refusing });
  await withMachines(cli);
  assert.equal((await cli.run(['create', '-f', '-'], PROJECT('shop'))).code, 5);
  const refused = await cli.run(['get', 'secrets']);
  assert.equal(refused.code, 4);
  assert.match(refused.stderr, /no secrets for you/);
  assert.equal((await cli.run(['get', 'machines', '--kubeconfig', 'nowhere'])).code, 1);
});

test('watch prints what there is, then each change as it happens', async (t) => {
  const cli = await startTestCli(t, { kinds: TEST_KINDS });
  await withMachines(cli);
  const watching = cli.start(['watch', 'machine', 'web', '-o', 'name']);
  await watching.shows('ADDED machine.lab.casemate.internal/web');
  await cli.run(['apply', '-f', '-'], MACHINE('web', 'image: debian, size: 8'));
  await watching.shows('MODIFIED machine.lab.casemate.internal/web');
  const rows = cli.start(['get', 'machines', '-w']);
  await rows.shows('web');
  await cli.run(['delete', 'machine/web']);
  await watching.shows('DELETED machine.lab.casemate.internal/web');
  await rows.shows('web    8');
  watching.stop();
  rows.stop();
  await Promise.all([watching.result, rows.result]);
});

test('delete waits until what it deletes is gone', async (t) => {
  const cli = await startTestCli(t, { kinds: TEST_KINDS });
  await withMachines(cli);
  const held =
    'apiVersion: lab.casemate.internal/v1\nkind: Machine\nmetadata: {name: held, finalizers: [lab.casemate.internal/x]}\nspec: {image: i}\n';
  await cli.run(['apply', '-f', '-'], held);
  const deleting = cli.start(['delete', 'machine', 'held', 'db']);
  let done = false;
  deleting.result.then(() => {
    done = true;
  });
  const state = async () =>
    JSON.parse((await cli.run(['get', 'machine', 'held', '-o', 'json'])).stdout).metadata;
  while ((await state()).deletionTimestamp === undefined) await pause(20);
  assert.equal(done, false);
  const path = '/orgs/acme/apis/lab.casemate.internal/v1/namespaces/default/machines/held';
  await cli.server.send(
    'PATCH',
    path,
    { metadata: { finalizers: null } },
    { 'Content-Type': 'application/merge-patch+json' },
  );
  const { code, stdout } = await deleting.result;
  assert.deepEqual(
    [code, stdout],
    [0, 'machine.lab.casemate.internal/held deleted\nmachine.lab.casemate.internal/db deleted\n'],
  );
  assert.equal((await cli.run(['delete', 'machine', 'held'])).code, 3);
  assert.equal((await cli.run(['delete', 'machine', 'held', '--ignore-not-found'])).code, 0);
  assert.equal(
    (await cli.run(['delete', 'machines', '-l', 'app=web'])).stdout,
    'machine.lab.casemate.internal/web deleted\n',
  );
});

test('exec passes arguments, input, both outputs and the exit code', async (t) => {
  const connectors = {
    'machines.lab.casemate.internal/exec': terminal,
    'machines.lab.casemate.internal/log': consoleText,
  };
  const cli = await startTestCli(t, { kinds: TEST_KINDS, connectors });
  await withMachines(cli);
  assert.deepEqual(await cli.run(['exec', 'web', '--', 'echo', 'a b', '-c']), {
    code: 0,
    stdout: 'a b -c\n',
    stderr: '',
  });
  assert.deepEqual(await cli.run(['exec', 'web', '--', 'fail', '42']), {
    code: 42,
    stdout: '',
    stderr: 'it failed\n',
  });
  const input = 'x'.repeat(300_000);
  assert.deepEqual(await cli.run(['exec', '-i', 'machine/web', '--', 'cat'], input), {
    code: 0,
    stdout: input,
    stderr: '',
  });
  const unknown = await cli.run(['exec', 'web', '--', 'nonsense']);
  assert.deepEqual([unknown.code, unknown.stderr], [3, 'error: command "nonsense" not found\n']);
  assert.equal((await cli.run(['exec', 'nowhere', '--', 'echo'])).code, 3);
  const noTerminal = await cli.run(['exec', '-it', 'web', '--', 'echo']);
  assert.deepEqual(
    [noTerminal.code, noTerminal.stderr],
    [2, 'error: -t needs a terminal, and standard input is none\n'],
  );
});

test('logs shows an instance’s console, or the logs of the region’s own processes', async (t) => {
  const connectors = { 'machines.lab.casemate.internal/log': consoleText };
  const cli = await startTestCli(t, { kinds: TEST_KINDS, connectors });
  await withMachines(cli);
  await cli.run(['apply', '-n', 'shop', '-f', '-'], MACHINE('region', 'image: debian'));
  const shown = async (...args: string[]) => (await cli.run(['logs', ...args])).stdout;
  for (const args of [['-n', 'default', 'web'], ['machine/web'], ['web'], ['-f', '-n', 'default', 'web']]) {
    assert.equal(await shown(...args), 'booting\nready\n', args.join(' '));
  }
  assert.equal(await shown('--tail', '1', '-n', 'default', 'web'), 'ready\n');
  assert.equal(await shown('-n', 'shop', 'region'), 'booting\nready\n');

  const data = join(cli.folder, 'data');
  await mkdir(join(data, 'logs'), { recursive: true });
  await writeFile(join(data, 'logs/region.log'), 'one\ntwo\nthree\n');
  assert.equal(await shown('region', '--data', data), 'one\ntwo\nthree\n');
  assert.equal(await shown('region', '--data', data, '--tail', '1'), 'three\n');
  assert.match(await shown('--data', data), /three\n/);
  const incus = await cli.run(['logs', 'incus', '--data', data]);
  assert.deepEqual(
    [incus.code, incus.stderr],
    [1, 'casemate: there is no log "incus" here; there are: region\n'],
  );
  const unknown = await cli.run(['logs', 'wbe']);
  assert.equal(unknown.code, 3);
  assert.match(unknown.stderr, /did you mean "web"\?/);
  assert.equal((await cli.run(['logs', '-n', 'shop'])).code, 2);
  const help = await shown('--help');
  assert.match(help, /region, postgres, incus, firewall, supervisor/);
  assert.match(help, /casemate logs \[-f\] -n PROJECT INSTANCE/);
});

test('exec -it gives a terminal of the size of ours', async (t) => {
  const cli = await startTestCli(t, {
    kinds: TEST_KINDS,
    connectors: { 'machines.lab.casemate.internal/exec': terminal },
  });
  await withMachines(cli);
  // script(1) makes the terminal.
  const command = `stty cols 100 rows 30; '${process.execPath}' '${MAIN}' exec -it web -- size`;
  const child = spawn('script', ['-qec', command, '/dev/null'], {
    env: { PATH: process.env.PATH, HOME: cli.folder, CASEMATE_KUBECONFIG: cli.kubeconfigs.organization },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const output = Buffer.concat(await Array.fromAsync(child.stdout)).toString();
  // Node's raw mode still turns a newline into two characters; terminals do not mind.
  assert.match(output, /^a terminal of 100x30\r+\n$/);
  assert.equal(child.exitCode ?? (await once(child, 'exit'))[0], 7);
});

test('edit sends back what the editor wrote, and nothing when it wrote nothing', async (t) => {
  const cli = await startTestCli(t, { kinds: TEST_KINDS, env: { EDITOR: 'sed -i "s/size: 2/size: 3/"' } });
  await withMachines(cli);
  assert.equal(
    (await cli.run(['edit', 'machine', 'web'])).stdout,
    'machine.lab.casemate.internal/web edited\n',
  );
  assert.equal(
    (await cli.run(['edit', 'machine', 'web'])).stdout,
    'machine.lab.casemate.internal/web unchanged\n',
  );
});

test('explain, api-resources and whoami answer from the server', async (t) => {
  const cli = await startTestCli(t, { kinds: TEST_KINDS });
  const { stdout } = await cli.run(['explain', 'machines.lab.casemate.internal.spec.power']);
  assert.match(
    stdout,
    /FIELD: power <string>\n\nDESCRIPTION:\n {2}Whether it runs\.\n {2}one of: on, off\n {2}default: "on"/,
  );
  const missing = await cli.run(['explain', 'machine.spec.sise']);
  assert.deepEqual(
    [missing.code, missing.stderr],
    [3, 'error: machine.spec has no field "sise"\n  did you mean "size"?\n'],
  );
  assert.match(
    (await cli.run(['explain', 'machine', '--recursive'])).stdout,
    /\n {2}spec <object>.*\n(.*\n)* {4}ports <\[\]integer>/,
  );
  assert.ok(
    (await cli.run(['api-resources', '-o', 'name'])).stdout
      .split('\n')
      .includes('machines.lab.casemate.internal'),
  );
  const me = JSON.parse((await cli.run(['whoami', '-o', 'json'])).stdout);
  assert.deepEqual([me.user, me.organization, me.project], ['alice', 'acme', 'default']);
});

test('completion knows types, names and projects from the server', async (t) => {
  const cli = await startTestCli(t, { kinds: TEST_KINDS });
  await withMachines(cli);
  const completed = async (...words: string[]) =>
    (await cli.run(['__complete', '--', ...words])).stdout.split('\n').filter(Boolean);
  assert.deepEqual(await completed('get', 'mach'), ['machines']);
  assert.deepEqual(await completed('get', 'machine', 'w'), ['web']);
  assert.deepEqual(await completed('describe', 'machine/d'), ['machine/db']);
  assert.deepEqual(await completed('exec', ''), ['db', 'web']);
  assert.deepEqual(await completed('logs', 'f'), ['firewall']);
  assert.deepEqual(await completed('logs', 'machine/w'), ['machine/web']);
  assert.deepEqual(await completed('logs', '-n', 'default', ''), ['db', 'web']);
  assert.deepEqual(await completed('get', 'machines', '-n', ''), ['default', 'shop']);
  assert.deepEqual(await completed('get', 'nonsense', ''), []);
});

test('a region that does not answer is told from one that is not trusted', async (t) => {
  const cli = await startTestCli(t, { kinds: TEST_KINDS });
  const config = JSON.parse(cli.server.kubeconfig('/orgs/acme'));
  config.clusters[0].cluster.server = 'https://127.0.0.1:1/orgs/acme';
  await cli.write('down.json', JSON.stringify(config));
  const down = await cli.run(['get', 'machines', '--kubeconfig', 'down.json']);
  assert.equal(down.code, 1);
  assert.match(down.stderr, /cannot reach https:\/\/127.0.0.1:1.*\n {2}nothing answers there/);
  const other = await startTestCli(t, { kinds: TEST_KINDS });
  const mixed = JSON.parse(cli.server.kubeconfig('/orgs/acme'));
  mixed.clusters[0].cluster.server = `${other.server.url}/orgs/acme`;
  await cli.write('mixed.json', JSON.stringify(mixed));
  const untrusted = await cli.run(['get', 'machines', '--kubeconfig', 'mixed.json']);
  assert.equal(untrusted.code, 1);
  assert.match(untrusted.stderr, /not certified by the CA in the kubeconfig/);
});
