/**
 * Operators and a tenant end to end: a real region, a real instance, the commands that people type. An operator is let in, everything they
 * do is recorded for the tenant, and what is irreversible takes two operators.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { untilFirstWord } from '../support/command.ts';
import { kubectl } from '../support/kubectl.ts';
import { baseImage, createOrganization, type Member, manifest, member } from '../support/project.ts';
import { startRegion, type TestRegion } from '../support/region.ts';

interface Recorded {
  readonly metadata: { readonly name: string };
  readonly spec: { readonly accessRequest: { readonly name: string } };
}

suite('an operator, another operator and a tenant', { timeout: 540_000 }, () => {
  let region: TestRegion;
  let alice: Member;
  let operator: Member;
  let ann: Member;

  before(async () => {
    region = await startRegion();
    operator = member(region, region.kubeconfig);
    alice = await createOrganization(region, 'ministry');
    await alice.kubectl('create', 'namespace', 'web');
    const image = await baseImage(region);
    await alice.apply(
      manifest(
        [],
        [
          { name: 'front', image },
          { name: 'back', image },
        ],
      ),
      '-n',
      'web',
    );
    await alice.kubectl('-n', 'web', 'wait', '--for=condition=Ready', 'instance/front', '--timeout=180s');
    const file = join(region.scratch, 'ann.kubeconfig');
    await operator.casemate('user', 'create', 'ann', '--role', 'region-operator', '--out', file);
    ann = member(region, file);
  });
  after(() => region.destroy());

  const ask = async (name: string) => {
    const [key, out] = [join(region.scratch, `${name}.key`), join(region.scratch, `${name}.kubeconfig`)];
    await operator.casemate(
      ...['access-request', 'create', name, '--org', 'ministry', '--project', 'web', '--exec', 'front'],
      ...['--reason', 'ticket 4711: the service does not start', '--key', key],
    );
    const open = () => operator.casemate('access-request', 'open', name, '--key', key, '--out', out);
    return { open, out };
  };
  const carried = async (name: string) => {
    const path = `jsonpath={.status.carriedAs}`;
    await operator.kubectl('wait', `--for=${path}`, `accessrequest/${name}`, '--timeout=30s');
    return operator.kubectl('get', 'accessrequest', name, '-o', path);
  };

  test('a granted session enters one instance and nothing else; the tenant plays back what was done', async () => {
    const { open, out } = await ask('help');
    const name = await carried('help');
    assert.match(await alice.casemate('access-request', 'list'), /operator:operator .*Pending/);
    await alice.casemate('access-request', 'approve', name, '--note', 'go ahead');
    assert.match(await open(), /Everything is on record/);
    const session = member(region, out);
    const done = await session.inInstance('web', 'front', ['sh', '-c', 'echo repaired by $(whoami)']);
    assert.deepEqual([done.code, done.stdout.trim()], [0, 'repaired by root'], done.stderr);
    const elsewhere = await session.inInstance('web', 'back', ['true']);
    assert.notEqual(elsewhere.code, 0);
    assert.match(elsewhere.stderr, /opens only/);
    assert.notEqual((await session.tryCasemate('access-request', 'list')).code, 0);

    const cast = join(region.scratch, 'help.cast');
    await alice.casemate('access-request', 'replay', name, '--out', cast);
    assert.match(await alice.casemate('access-request', 'replay', name), /repaired by root/);
    // Debian's own player reads it; it wants a terminal of its own.
    const inTerminal = ['-qec', `/usr/bin/asciinema cat ${cast}`, '/dev/null'];
    const shown = await region.run('script', inTerminal, { env: { LANG: 'C.UTF-8' } });
    assert.match(shown.stdout, /repaired by root/, shown.stderr);
    assert.match(
      await alice.casemate('ledger', 'show', '--log', 'access'),
      /operator:operator.*instances\.compute\.casemate\.internal\/exec/,
    );
  });

  test('a revoked session ends while its terminal is open', async () => {
    const { open, out } = await ask('again');
    const name = await carried('again');
    await alice.casemate('access-request', 'approve', name);
    await open();
    const words = ['exec', '-n', 'web', 'front', '--', 'sh', '-c', 'echo in; sleep 600'];
    const terminal = spawn(kubectl().path, words, { env: { ...process.env, KUBECONFIG: out } });
    const ended = once(terminal, 'exit');
    await untilFirstWord(terminal, 'a terminal in front');
    await alice.casemate('access-request', 'revoke', name);
    const [code] = await ended;
    assert.notEqual(code, 0);
    // The command still sleeps in there; what the operator did is whole all the same.
    const listed = await alice.kubectl('get', 'terminalrecordings', '-o', 'json');
    const items = JSON.parse(listed).items as readonly Recorded[];
    const { metadata } = items.find(({ spec }) => spec.accessRequest.name === name) ?? assert.fail(listed);
    const isWhole = '--for=jsonpath={.status.phase}=Complete';
    await alice.kubectl('wait', `terminalrecording/${metadata.name}`, isWhole, '--timeout=30s');
    assert.match(await alice.casemate('access-request', 'replay', name), /in/);
  });

  test('broken glass takes two operators, and the tenant has been told when the first comes in', async () => {
    const key = join(region.scratch, 'fire.key');
    const out = join(region.scratch, 'fire.kubeconfig');
    await operator.casemate(
      ...['access-request', 'create', 'fire', '--org', 'ministry', '--project', 'web', '--exec', 'front'],
      ...['--reason', 'it floods its neighbours', '--break-glass', '--minutes', '5', '--key', key],
    );
    assert.notEqual((await operator.tryCasemate('access-request', 'approve', 'fire')).code, 0);
    await ann.casemate('access-request', 'approve', 'fire');
    await operator.casemate('access-request', 'open', 'fire', '--key', key, '--out', out);
    const said = await alice.kubectl('get', 'events', '-A', '-o', 'jsonpath={.items[*].message}');
    assert.match(said, /operator:operator and operator:ann come in without your approval/);
    await alice.casemate('access-request', 'revoke', await carried('fire'));
    assert.notEqual((await member(region, out).inInstance('web', 'front', ['true'])).code, 0);
  });

  test('an organization is deleted by two operators, never by one', async () => {
    const alone = await operator.tryCasemate('org', 'delete', 'ministry', '--yes');
    assert.notEqual(alone.code, 0);
    assert.match(alone.stderr, /casemate approval request delete organization\/ministry --reason/);
    const reason = ['--reason', 'the ministry moved out', '--reason-code', 'end-of-use'];
    const asked = await operator.casemate(
      'approval',
      'request',
      'delete',
      'organization/ministry',
      ...reason,
    );
    const name = /approvalrequest\S*\/(\S+) created/.exec(asked)?.[1] ?? assert.fail(asked);
    assert.notEqual((await operator.tryCasemate('approval', 'approve', name)).code, 0);
    assert.match(await ann.casemate('approval', 'approve', name), /is Approved: 1 of 1/);
    await operator.casemate('org', 'delete', 'ministry', '--yes');
    assert.match(await ann.casemate('approval', 'list'), /Used/);
  });
});
