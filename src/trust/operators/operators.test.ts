/**
 * Operators and a tenant, over the real wire: real certificates, the real authenticator, authorizer, lane and controllers, a clock that
 * stands still, and a shell that echoes in place of a machine.
 */
import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { once } from 'node:events';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { WebSocket } from 'ws';
import type { TerminalConnector } from '#kernel/connect.ts';
import { readWhole } from '#kernel/log/personal.ts';
import { silentLogger } from '#kernel/logger.ts';
import { REGION, type RealmId } from '#kernel/realm-id.ts';
import { type RunningControllers, startControllers } from '#kernel/reconcile/start-controllers.ts';
import { REVALIDATION_INTERVAL_MS } from '#kernel/wire/limits.ts';
import { newPersonalKey, signingRequest } from '../certificates/personal-key.ts';
import { ACME, RIVAL, type TrustFixture, trustFixture } from '../testing/fixture.ts';
import { Event, Project, SAMPLE_KINDS } from '../testing/kinds.ts';
import { type ServedClient, type ServedRegion, serve } from '../testing/serve.ts';
import { AccessRequest } from './access-request.ts';
import { accessRequestCarrier } from './carrier.ts';
import { OperatorPolicy } from './operator-policy.ts';
import { recordingController, SILENT_MS } from './recording/controller.ts';
import { RECORDING_BYTES_MAX, startRecording } from './recording/recorder.ts';
import { liveSession } from './session.ts';
import { sessionController } from './session-controller.ts';

const GROUP = '/apis/access.casemate.internal/v1';
const INSTANCES = `${ACME}/apis/compute.casemate.internal/v1/namespaces/own/instances`;
const MINUTE_MS = 60_000;

/** What a command left running, and keeps the engine waiting for. */
let left = Promise.withResolvers<void>();

/** Echoes what it is told, in a terminal; ends by `exit`, or with its client. */
const shell: TerminalConnector = {
  type: 'terminal',
  async open({ signal }, { stdin, stdout, sizes }) {
    await stdout(Buffer.from('$ '));
    const resizing = (async () => {
      for await (const { width, height } of sizes) await stdout(Buffer.from(`<${width}x${height}>`));
    })();
    if (stdin) {
      for await (const chunk of stdin) {
        if (signal.aborted) break;
        const text = Buffer.from(chunk).toString();
        if (text === 'exit') return { exitCode: 7 };
        // What it left running holds on, whoever has gone.
        if (text === 'linger') await left.promise;
        await stdout(text === 'flood' ? Buffer.alloc(RECORDING_BYTES_MAX, 'x') : chunk);
      }
    }
    await resizing;
    return { exitCode: 0 };
  },
};

interface Status {
  readonly phase: string;
  readonly endsAt?: string;
  readonly certificate?: string;
  readonly carriedAs?: string;
  readonly message?: string;
}

describe('an operator and a tenant', () => {
  let region: TrustFixture;
  let served: ServedRegion;
  let controllers: RunningControllers;
  let said: string[];
  let bob: ServedClient;
  let ann: ServedClient;
  let admin: ServedClient;
  let officer: ServedClient;

  beforeEach(async () => {
    region = await trustFixture(SAMPLE_KINDS);
    const { clock, realms, random, keyring } = region;
    served = await serve(region, {
      clock,
      connectors: { 'instances.compute.casemate.internal/exec': shell },
    });
    left = Promise.withResolvers();
    said = [];
    controllers = startControllers({
      realms,
      controllers: [
        accessRequestCarrier,
        sessionController({ keyring, eventKind: Event }),
        recordingController(() => region.recordings),
      ],
      events: {
        recorder: () => ({ record: (_object, type, reason) => void said.push(`${type} ${reason}`) }),
        flush: async () => {},
      },
      clock,
      random,
      logger: silentLogger,
    });
    for (const project of ['own', 'other']) await region.make(ACME, Project, { metadata: { name: project } });
    await region.bind(REGION, 'bob', 'region-operator', 'bob');
    await region.bind(REGION, 'ann', 'region-operator', 'ann');
    await region.bind(ACME, 'admin', 'organization-admin', 'admin');
    await region.bind(ACME, 'officer', 'security-officer', 'officer');
    bob = await served.client(REGION, 'bob');
    ann = await served.client(REGION, 'ann');
    admin = await served.client(ACME, 'admin');
    officer = await served.client(ACME, 'officer');
    for (const name of ['vm', 'another'])
      await ok(admin.send('POST', INSTANCES, JSON.stringify({ metadata: { name }, spec: {} })));
    await controllers.idle();
  });
  afterEach(async () => {
    await controllers.stop();
    await served.close();
    await region.close();
  });

  async function ok(sent: ReturnType<ServedClient['send']>) {
    const { code, text } = await sent;
    assert.ok(code < 300, `${code} ${text}`);
    return JSON.parse(text);
  }
  async function codeOf(sent: ReturnType<ServedClient['send']>): Promise<number> {
    return (await sent).code;
  }

  /** Asks for a terminal in `vm`, with a key of its own. */
  async function ask(name: string, more: Readonly<Record<string, unknown>> = {}) {
    const key = newPersonalKey();
    const spec = {
      organization: 'acme',
      project: 'own',
      scope: [
        { verbs: ['get'], resources: ['instances.compute.casemate.internal'], names: ['vm'] },
        { verbs: ['create'], resources: ['instances.compute.casemate.internal/exec'], names: ['vm'] },
      ],
      reasonCode: 'support',
      reason: 'ticket 4711: it does not start',
      duration_minutes: 30,
      request: await signingRequest(key),
      ...more,
    };
    const made = await ok(
      bob.send('POST', `${GROUP}/accessrequests`, JSON.stringify({ metadata: { name }, spec })),
    );
    await controllers.idle();
    return { key, uid: made.metadata.uid as string, carried: `${name}-${made.metadata.uid.slice(0, 8)}` };
  }

  async function statusOf(client: ServedClient, prefix: string, name: string): Promise<Status> {
    return (await ok(client.send('GET', `${prefix}${GROUP}/accessrequests/${name}`))).status;
  }
  const act = async (client: ServedClient, realm: RealmId, name: string, word: string) => {
    const prefix = realm === REGION ? '' : realm;
    const code = await codeOf(client.send('POST', `${prefix}${GROUP}/accessrequests/${name}/${word}`, '{}'));
    await controllers.idle();
    return code;
  };

  /** A session that the tenant granted. */
  async function granted(name = 'help', more: Readonly<Record<string, unknown>> = {}) {
    const asked = await ask(name, more);
    assert.equal(await act(officer, ACME, asked.carried, 'approve'), 200);
    const { certificate = '' } = await statusOf(bob, '', name);
    const identity = { cert: certificate, key: asked.key };
    return { ...asked, identity, client: served.anonymous(identity) };
  }

  function terminal(identity: { cert: string; key: string }) {
    const query = 'command=sh&stdin=true&stdout=true&tty=true';
    const address = `${served.url.replace('https', 'wss')}${INSTANCES}/vm/exec?${query}`;
    const socket = new WebSocket(address, ['v5.channel.k8s.io'], { ca: admin.tls.ca, ...identity });
    const closed = once(socket, 'close');
    let text = '';
    let arrived = () => {};
    socket.on('error', () => {});
    socket.on('message', (data: Buffer) => {
      text += data.subarray(1).toString();
      arrived();
    });
    return {
      socket,
      closed,
      type: (input: string) => socket.send(Buffer.concat([Buffer.from([0]), Buffer.from(input)])),
      resize: (Width: number, Height: number) =>
        socket.send(Buffer.concat([Buffer.from([4]), Buffer.from(JSON.stringify({ Width, Height }))])),
      async until(words: string) {
        while (!text.includes(words)) {
          await new Promise<void>((resolve) => {
            arrived = resolve;
          });
        }
      },
    };
  }

  const recordings = async () =>
    (await ok(admin.send('GET', `${ACME}${GROUP}/terminalrecordings`))).items as {
      metadata: { name: string; uid: string };
      spec: { operator: string; command: string };
      status: { phase: string; sha256: string; bytes: number; exitCode?: number; message?: string };
    }[];
  const replay = async (name: string) =>
    (await officer.send('GET', `${ACME}${GROUP}/terminalrecordings/${name}/replay`)).text;

  /** Who did what in the tenant's access log. */
  async function accessLog(): Promise<string[]> {
    const uid = await region.realms.use(ACME, (realm) => realm.uid);
    const leaves = await region.storage.readLeaves(uid, 'access', 0, 1_000);
    return leaves.map((stored) => {
      const { actor = '', verb, resource, decision } = readWhole(stored) as unknown as Record<string, string>;
      return `${actor} ${verb} ${resource} ${decision}`;
    });
  }

  it('asks, and nothing opens until the tenant agrees', async () => {
    const { carried, key } = await ask('help');
    assert.deepEqual(await statusOf(bob, '', 'help').then(({ phase }) => phase), 'Carried');
    const there = await statusOf(admin, ACME, carried);
    assert.deepEqual([there.phase, there.certificate], ['Pending', undefined]);
    assert.deepEqual(said, ['Normal AccessRequested']);
    // Their own credential opens nothing there, and there is no other.
    for (const path of [INSTANCES, `${GROUP}/accessrequests/${carried}`]) {
      assert.equal(await codeOf(bob.send('GET', path.startsWith(ACME) ? path : `${ACME}${path}`)), 401);
    }
    assert.equal(await act(bob, ACME, carried, 'approve'), 401);
    assert.equal(
      await codeOf(
        served
          .anonymous({ key, cert: bob.tls.cert })
          .send('GET', INSTANCES)
          .catch(() => ({ code: 401, text: '' })),
      ),
      401,
    );
    // In the region nobody grants it either, not even with a second operator.
    assert.equal(await act(ann, REGION, 'help', 'approve'), 409);
    assert.equal((await statusOf(admin, ACME, carried)).phase, 'Pending');
  });

  it('is let in for exactly what was granted, under a name of its own, and every request is on record', async () => {
    const { client, carried } = await granted();
    assert.equal((await statusOf(admin, ACME, carried)).phase, 'Active');
    const vm = await ok(client.send('GET', `${INSTANCES}/vm`));
    assert.equal(vm.metadata.name, 'vm');
    for (const [method, path, body] of [
      ['GET', INSTANCES],
      ['GET', `${INSTANCES}/another`],
      ['DELETE', `${INSTANCES}/vm`],
      ['PATCH', `${INSTANCES}/vm`, '{}'],
      ['GET', `${ACME}/apis/compute.casemate.internal/v1/namespaces/other/instances/vm`],
      ['GET', `${ACME}/api/v1/namespaces/own/secrets`],
      ['GET', `${ACME}/ledger/access/checkpoint`],
      ['GET', `${ACME}${GROUP}/accessrequests/${carried}`],
      ['PATCH', `${ACME}${GROUP}/accessrequests/${carried}`, '{"spec":{"duration_minutes":480}}'],
      ['POST', `${ACME}${GROUP}/accessrequests/${carried}/approve`, '{}'],
      ['POST', `${ACME}${GROUP}/rolebindings`, '{}'],
      ['GET', `${ACME}${GROUP}/terminalrecordings`],
    ] as const) {
      assert.equal(await codeOf(client.send(method, path, body)), 403, `${method} ${path}`);
    }
    // The same certificate is nobody in the region, and in another organization.
    assert.equal(await codeOf(client.send('GET', `${GROUP}/accessrequests`)), 401);
    assert.equal(await codeOf(client.send('GET', `${RIVAL}/api/v1/namespaces`)), 401);
    const log = (await accessLog()).filter((line) => line.startsWith('operator:bob'));
    assert.equal(log[0], 'operator:bob get instances.compute.casemate.internal allowed');
    assert.equal(log.length, 13);
  });

  it('leaves a recording that only the tenant plays, with its digest in the tenant’s ledger', async () => {
    const { identity } = await granted();
    const shell_ = terminal(identity);
    await shell_.until('$ ');
    shell_.resize(120, 40);
    await shell_.until('<120x40>');
    shell_.type('ls é');
    await shell_.until('ls é');
    shell_.type('exit');
    await shell_.closed;
    const [recording] = await recordings();
    assert.ok(recording);
    const { name } = recording.metadata;
    assert.deepEqual(
      [recording.spec.operator, recording.spec.command, recording.status.phase, recording.status.exitCode],
      ['operator:bob', 'sh', 'Complete', 7],
    );
    const cast = await replay(name);
    const [header = '', ...events] = cast.trimEnd().split('\n');
    assert.equal(JSON.parse(header).version, 2);
    assert.deepEqual(
      events.map((line) => JSON.parse(line).slice(1)),
      [
        ['o', '$ '],
        ['r', '120x40'],
        ['o', '<120x40>'],
        ['i', 'ls é'],
        ['o', 'ls é'],
        ['i', 'exit'],
      ],
    );
    assert.equal(hash('sha256', cast), recording.status.sha256);
    const path = `${ACME}${GROUP}/terminalrecordings/${name}`;
    assert.equal(await codeOf(bob.send('DELETE', path)), 401);
    assert.equal(await codeOf(served.anonymous(identity).send('DELETE', path)), 403);
    // One person alone does not remove the evidence, and nobody changes it.
    assert.equal(await codeOf(admin.send('DELETE', `${ACME}${GROUP}/terminalrecordings/${name}`)), 403);
    assert.ok(
      (await accessLog()).includes('officer get terminalrecordings.access.casemate.internal/replay allowed'),
    );
    assert.ok(
      (await accessLog()).includes('operator:bob create instances.compute.casemate.internal/exec allowed'),
    );
  });

  for (const [what, end] of [
    ['revoked', (carried: string) => act(officer, ACME, carried, 'revoke')],
    [
      'deleted',
      (carried: string) => codeOf(admin.send('DELETE', `${ACME}${GROUP}/accessrequests/${carried}`)),
    ],
  ] as const) {
    it(`is out at once when the request is ${what}: the next request is refused, an open terminal ends within 5 s`, async () => {
      const { identity, carried, client } = await granted();
      const open = terminal(identity);
      await open.until('$ ');
      assert.equal(await end(carried), 200);
      assert.equal(await codeOf(client.send('GET', `${INSTANCES}/vm`)), 401);
      await region.clock.advance(REVALIDATION_INTERVAL_MS);
      await open.closed;
      await controllers.idle();
      assert.match((await statusOf(bob, '', 'help')).phase, /Revoked|Ended/);
    });
  }

  it('leaves a recording that is whole at once when its terminal is taken away, whatever it left running', async () => {
    const { identity, carried } = await granted();
    const open = terminal(identity);
    await open.until('$ ');
    open.type('ls');
    await open.until('ls');
    open.type('linger');
    assert.equal(await act(officer, ACME, carried, 'revoke'), 200);
    await region.clock.advance(REVALIDATION_INTERVAL_MS);
    await open.closed;
    for (;;) {
      const [recording] = await recordings();
      if (recording?.status.phase === 'Complete') {
        assert.match(recording.status.message ?? '', /ended/);
        assert.equal(hash('sha256', await replay(recording.metadata.name)), recording.status.sha256);
        break;
      }
      await region.clock.advance(1);
    }
    left.resolve();
  });

  it('is out when the time is over, for good, whatever the clock says then', async () => {
    const { client, carried } = await granted();
    const then = region.clock.now();
    await region.clock.advance(30 * MINUTE_MS);
    assert.equal(await codeOf(client.send('GET', `${INSTANCES}/vm`)), 401);
    await controllers.idle();
    region.clock.set(then);
    assert.equal((await statusOf(admin, ACME, carried)).phase, 'Ended');
    assert.equal(await codeOf(client.send('GET', `${INSTANCES}/vm`)), 401);
    assert.equal(await act(officer, ACME, carried, 'approve'), 409);
  });

  it('is let in by as many people as the tenant’s policy says, for no longer than it says', async () => {
    await region.make(ACME, OperatorPolicy, {
      metadata: { name: 'strict' },
      spec: { approvals: 2, sessionMinutes_max: 10 },
    });
    const { carried } = await ask('help');
    assert.equal(await act(officer, ACME, carried, 'approve'), 200);
    assert.equal(await act(officer, ACME, carried, 'approve'), 409);
    assert.equal((await statusOf(bob, '', 'help')).phase, 'Carried');
    assert.equal(await act(admin, ACME, carried, 'approve'), 200);
    const { phase, endsAt = '' } = await statusOf(bob, '', 'help');
    assert.deepEqual([phase, Date.parse(endsAt) - region.clock.now()], ['Active', 10 * MINUTE_MS]);
  });

  it('is told why the tenant refused, and not who did', async () => {
    const { carried } = await ask('refused');
    const note = JSON.stringify({ note: 'not on a Sunday; ask the help desk' });
    const path = `${ACME}${GROUP}/accessrequests/${carried}/reject`;
    assert.equal(await codeOf(officer.send('POST', path, note)), 200);
    await controllers.idle();
    const seen = await statusOf(bob, '', 'refused');
    assert.deepEqual([seen.phase, seen.message], ['Rejected', 'not on a Sunday; ask the help desk']);
    assert.ok(!('endedBy' in seen), JSON.stringify(seen));
  });

  it('cannot ask for what would outlive the session, nor write who asks', async () => {
    const wrong = async (more: object) => {
      const body = { metadata: { name: 'wrong' }, spec: { ...(await template()), ...more } };
      return (await bob.send('POST', `${GROUP}/accessrequests`, JSON.stringify(body))).text;
    };
    const template = async () => ({
      organization: 'acme',
      project: 'own',
      scope: [{ verbs: ['get'], resources: ['instances.compute.casemate.internal'] }],
      reasonCode: 'support',
      reason: 'x',
      duration_minutes: 30,
      request: await signingRequest(newPersonalKey()),
    });
    for (const resource of ['rolebindings.access.casemate.internal', 'namespaces', '*', 'nothing.example']) {
      assert.match(
        await wrong({ scope: [{ verbs: ['create'], resources: [resource] }] }),
        /is no resource of projects/,
      );
    }
    assert.match(await wrong({ origin: { uid: 'x', operator: 'ann' } }), /leave it out/);
    assert.match(await wrong({ duration_minutes: 100, breakGlass: true }), /at most 60/);
    // Nobody of the tenant makes one in an operator's name.
    const forged = JSON.stringify({ metadata: { name: 'forged' }, spec: await template() });
    assert.equal(await codeOf(admin.send('POST', `${ACME}${GROUP}/accessrequests`, forged)), 403);
    // What was asked does not change, in the region either.
    await ask('help');
    const patch = { method: 'PATCH', body: '{"spec":{"duration_minutes":480}}' };
    assert.notEqual(await codeOf(bob.send(patch.method, `${GROUP}/accessrequests/help`, patch.body)), 200);
  });

  it('breaks the glass only with another operator, and the tenant is told before anything can be done', async () => {
    const { carried } = await ask('fire', { breakGlass: true });
    assert.equal(await codeOf(admin.send('GET', `${ACME}${GROUP}/accessrequests/${carried}`)), 404);
    assert.equal(await act(bob, REGION, 'fire', 'approve'), 403);
    assert.equal(await act(ann, REGION, 'fire', 'approve'), 200);
    const { phase, message = '' } = await statusOf(admin, ACME, carried);
    assert.equal(phase, 'Active');
    assert.match(message, /break-glass by bob and ann/);
    assert.deepEqual(said, ['Normal SessionBegins']);
    // Committed before the certificate was, and naming both.
    const [event] = (await ok(admin.send('GET', `${ACME}/api/v1/namespaces/default/events`))).items;
    assert.match(event.message, /operator:bob and operator:ann come in without your approval/);
    const active = await ok(admin.send('GET', `${ACME}${GROUP}/accessrequests/${carried}`));
    assert.ok(Number(event.metadata.resourceVersion) < Number(active.metadata.resourceVersion));
    assert.equal(await act(admin, ACME, carried, 'revoke'), 200);
    assert.equal((await statusOf(bob, '', 'fire')).phase, 'Revoked');
  });

  it('does not break the glass of a tenant that forbids it', async () => {
    await region.make(ACME, OperatorPolicy, {
      metadata: { name: 'never' },
      spec: { breakGlass: 'Forbidden' },
    });
    await ask('fire', { breakGlass: true });
    assert.equal(await act(ann, REGION, 'fire', 'approve'), 200);
    const { phase, message = '' } = await statusOf(bob, '', 'fire');
    assert.equal(phase, 'Refused');
    assert.match(message, /forbids break-glass/);
    assert.equal(await region.realms.use(ACME, ({ view }) => view.count(AccessRequest)), 0);
  });

  it('leaves what was recorded when the recording process dies, and the recording says that it is incomplete', async () => {
    const { carried } = await granted();
    const { clock, realms, random } = region;
    const session = await realms.use(ACME, ({ view }) => {
      const object = view.get(AccessRequest, { name: carried });
      return object && liveSession(object, clock.now());
    });
    assert.ok(session);
    const object = {
      apiVersion: 'x',
      kind: 'Instance',
      metadata: { name: 'vm', uid: 'u', resourceVersion: '1', generation: 1, creationTimestamp: '' },
    };
    const actor = await region.person(ACME, 'somebody');
    // The clock of a process that dies stands still: nothing is kept after this.
    const dead = {
      realms,
      recordings: region.recordings,
      random,
      clock: { now: () => clock.now(), after: () => () => {} },
    };
    const query = new URLSearchParams({ command: 'sh' });
    const recording = await startRecording(dead, session, {
      realm: ACME,
      actor,
      object,
      query,
      signal: new AbortController().signal,
    });
    await recording.output(Buffer.from('kept'));
    await recording.flush();
    await recording.output(Buffer.from('lost'));
    await controllers.idle();
    assert.equal((await recordings())[0]?.status.phase, 'Recording');
    await clock.advance(SILENT_MS);
    await controllers.idle();
    const [found] = await recordings();
    assert.equal(found?.status.phase, 'Incomplete');
    const cast = await replay(found?.metadata.name ?? '');
    assert.match(cast, /"kept"/);
    assert.doesNotMatch(cast, /"lost"/);
    assert.equal(hash('sha256', cast), found?.status.sha256);
  });

  it('has no terminal beyond what can be recorded', async () => {
    const { identity } = await granted();
    const open = terminal(identity);
    await open.until('$ ');
    open.type('flood');
    await open.closed;
    const [recording] = await recordings();
    assert.ok((recording?.status.bytes ?? 0) <= RECORDING_BYTES_MAX);
    assert.equal(recording?.status.phase, 'Complete');
    assert.match(recording?.status.message ?? '', /at most \d+ bytes/);
  });

  it('is held by the tenant’s guardrails within what was granted', async () => {
    const { client } = await granted();
    await region.make(ACME, (await import('../access/guardrail.ts')).Guardrail, {
      metadata: { name: 'freeze' },
      spec: { verbs: ['read'], resources: ['instances.compute.casemate.internal'], message: 'nobody looks' },
    });
    const { code, text } = await client.send('GET', `${INSTANCES}/vm`);
    assert.equal(code, 403);
    assert.match(text, /nobody looks/);
  });
});
