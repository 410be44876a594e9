import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Controller, ReconcileContext } from '#kernel/controller.ts';
import { notFound } from '#kernel/errors.ts';
import type { AdmissionRequest } from '#kernel/kind.ts';
import type { KubeObject } from '#kernel/object.ts';
import { REGION, type RealmId } from '#kernel/realm-id.ts';
import { everyDisturbance, type Scenario } from '#kernel/reconcile/testing/harness.ts';
import {
  DisturbedError,
  Disturber,
  instrument,
  instrumentRealm,
  instrumentRealms,
} from '#kernel/reconcile/testing/instrument.ts';
import { ACME, sharedRequest, type TrustFixture, trustFixture } from '../testing/fixture.ts';
import { Event } from '../testing/kinds.ts';
import { AccessRequest, statusOf } from './access-request.ts';
import { accessRequestCarrier } from './carrier.ts';
import { recordingController, SILENT_MS } from './recording/controller.ts';
import { startRecording } from './recording/recorder.ts';
import { TerminalRecording } from './recording/terminal-recording.ts';
import { sessionController } from './session-controller.ts';

async function endsAlways<State>(scenario: Scenario<State>, state: State): Promise<void> {
  let outcomes = 0;
  for await (const outcome of everyDisturbance(scenario)) {
    assert.deepEqual(outcome.state, state, outcome.title);
    outcomes++;
  }
  assert.ok(outcomes > 5, `${outcomes} outcomes`);
}

/** Reconciles one object; whatever the controller writes, in its own realm and in others, is disturbed. */
function reconcile(
  region: TrustFixture,
  disturber: Disturber,
  controller: Controller,
  id: RealmId,
  name: string,
) {
  return region.realms.use(id, async (realm) => {
    const context: ReconcileContext = {
      realm: instrumentRealm(realm, disturber),
      realms: instrumentRealms(region.realms, disturber),
      change: region.context(id),
      events: { record() {} },
      clock: region.clock,
      random: region.random,
      signal: new AbortController().signal,
    };
    await controller.reconcile({ name }, context);
  });
}

const spec = async (more: object = {}) => ({
  organization: 'acme',
  project: 'own',
  scope: [{ verbs: ['get'], resources: ['instances.compute.casemate.internal'] }],
  reasonCode: 'support',
  reason: 'ticket 4711',
  duration_minutes: 30,
  request: await sharedRequest(),
  ...more,
});
const origin = { uid: '00000000-0000-4000-8000-000000000000', operator: 'bob' };
const phases = (region: TrustFixture, realm: RealmId) =>
  region.realms.use(realm, ({ view }) => view.list(AccessRequest).map((one) => statusOf(one).phase));

const setStatus = (region: TrustFixture, object: KubeObject, status: object) =>
  region.realms.use(ACME, ({ resources }) =>
    resources.modify(
      AccessRequest,
      { name: object.metadata.name },
      region.context(ACME),
      (current) => ({ ...current, status: { ...statusOf(current), ...status } }),
      { subresource: 'status' },
    ),
  );

describe('operators’ controllers, repeated, failed and killed at every call', () => {
  it('an operator’s request ends in the tenant’s realm once, and the operator sees that it is there', async () => {
    await endsAlways(
      {
        async setUp(disturber) {
          const region = await trustFixture();
          await region.make(REGION, AccessRequest, { metadata: { name: 'help' }, spec: await spec() });
          return {
            async pass() {
              await reconcile(region, disturber, accessRequestCarrier, REGION, 'help');
              return 'settled';
            },
            state: async () => [await phases(region, REGION), await phases(region, ACME)],
            tearDown: () => region.close(),
          };
        },
      },
      [['Carried'], ['Pending']],
    );
  });

  it('a request that its operator gives up ends ended in the tenant’s realm, and gone in the region', async () => {
    await endsAlways(
      {
        async setUp(disturber) {
          const region = await trustFixture();
          await region.make(REGION, AccessRequest, { metadata: { name: 'help' }, spec: await spec() });
          await reconcile(region, new Disturber(), accessRequestCarrier, REGION, 'help');
          await region.remove(REGION, AccessRequest, 'help');
          return {
            async pass() {
              await reconcile(region, disturber, accessRequestCarrier, REGION, 'help');
              return 'settled';
            },
            state: async () => [await phases(region, REGION), await phases(region, ACME)],
            tearDown: () => region.close(),
          };
        },
      },
      [[], ['Ended']],
    );
  });

  it('a granted request ends active, with one certificate, and a revoked one is never brought back', async () => {
    await endsAlways(
      {
        async setUp(disturber) {
          const region = await trustFixture();
          const endsAt = new Date(region.clock.now() + 60_000).toISOString();
          for (const name of ['granted', 'revoked']) {
            const made = await region.make(ACME, AccessRequest, {
              metadata: { name },
              spec: await spec({ origin }),
            });
            await setStatus(region, made, { phase: name === 'granted' ? 'Granted' : 'Revoked', endsAt });
          }
          const keyring = instrument(region.keyring, disturber, {
            name: 'keyring',
            only: ['clientAuthority'],
          });
          return {
            async pass() {
              for (const name of ['granted', 'revoked']) {
                await reconcile(
                  region,
                  disturber,
                  sessionController({ keyring, eventKind: Event }),
                  ACME,
                  name,
                );
              }
              return 'settled';
            },
            state: () =>
              region.realms.use(ACME, ({ view }) =>
                view
                  .list(AccessRequest)
                  .map((one) => [statusOf(one).phase, statusOf(one).certificate !== undefined]),
              ),
            tearDown: () => region.close(),
          };
        },
      },
      [
        ['Active', true],
        ['Revoked', false],
      ],
    );
  });

  /** Granted, because two operators agreed. */
  async function brokenGlass(region: TrustFixture): Promise<void> {
    const broken = { breakGlass: true, origin: { ...origin, approvedBy: ['ann'] } };
    const made = await region.make(ACME, AccessRequest, {
      metadata: { name: 'fire' },
      spec: await spec(broken),
    });
    assert.equal(statusOf(made).phase, 'Granted');
  }
  const told = (region: TrustFixture) =>
    region.realms.use(ACME, ({ view }) => ({
      events: view.count(Event),
      sessions: view
        .list(AccessRequest)
        .map((one) => [statusOf(one).phase, statusOf(one).certificate !== undefined]),
    }));

  it('broken glass ends announced once in the tenant’s realm, and the session begins', async () => {
    await endsAlways(
      {
        async setUp(disturber) {
          const region = await trustFixture();
          await brokenGlass(region);
          const controller = sessionController({ keyring: region.keyring, eventKind: Event });
          return {
            async pass() {
              await reconcile(region, disturber, controller, ACME, 'fire');
              return 'settled';
            },
            state: () => told(region),
            tearDown: () => region.close(),
          };
        },
      },
      { events: 1, sessions: [['Active', true]] },
    );
  });

  it('broken glass opens nothing while the tenant’s realm cannot be told, and no certificate is signed', async () => {
    const region = await trustFixture();
    await brokenGlass(region);
    const signed: string[] = [];
    const keyring = {
      clientAuthority: (id: RealmId) => {
        signed.push(id);
        return region.keyring.clientAuthority(id);
      },
    };
    const controller = sessionController({ keyring, eventKind: Event });
    for (let times = 0; times < 3; times++) {
      const unwritable = new Disturber({ call: 0, disturbance: 'fail' });
      await assert.rejects(reconcile(region, unwritable, controller, ACME, 'fire'), DisturbedError);
      assert.deepEqual(unwritable.calls, ['resources.create']);
      assert.deepEqual(await told(region), { events: 0, sessions: [['Granted', false]] });
    }
    assert.deepEqual(signed, []);
    await reconcile(region, new Disturber(), controller, ACME, 'fire');
    assert.deepEqual([await told(region), signed], [{ events: 1, sessions: [['Active', true]] }, [ACME]]);
    await region.close();
  });

  it('broken glass is refused where there is nowhere to tell the tenant', async () => {
    // As a region does it: events are in projects that are there.
    const nowhere = ({ kind, operation }: AdmissionRequest) => {
      if (kind.resource === Event.resource && operation === 'create')
        throw notFound({ kind: 'namespaces', name: 'default' });
    };
    const region = await trustFixture(undefined, [nowhere]);
    await brokenGlass(region);
    const controller = sessionController({ keyring: region.keyring, eventKind: Event });
    await reconcile(region, new Disturber(), controller, ACME, 'fire');
    assert.deepEqual(await told(region), { events: 0, sessions: [['Refused', false]] });
    await region.close();
  });

  /** A recording whose recorder died at once. */
  async function brokenOff(region: TrustFixture): Promise<string> {
    const { realms, recordings, random, clock } = region;
    const dead = { realms, recordings, random, clock: { now: () => clock.now(), after: () => () => {} } };
    const session = {
      uid: 'u',
      name: 'help',
      actorName: 'operator:bob',
      project: 'own',
      scope: [],
      ends_ms: 0,
    };
    const object = await region.make(ACME, AccessRequest, {
      metadata: { name: 'vm' },
      spec: await spec({ origin }),
    });
    await startRecording(dead, session, {
      realm: ACME,
      actor: await region.person(ACME, 'somebody'),
      object,
      query: new URLSearchParams(),
      signal: new AbortController().signal,
    });
    await clock.advance(SILENT_MS);
    return realms.use(ACME, ({ view }) => view.list(TerminalRecording)[0]?.metadata.name ?? '');
  }
  const recordingsIn = ({ realms }: TrustFixture) =>
    realms.use(ACME, ({ view }) =>
      view
        .list(TerminalRecording)
        .map(({ status }) => [status?.phase, status?.chunks, status?.sha256?.length]),
    );

  it('a recording that broke off ends incomplete, with the digest of what there is', async () => {
    await endsAlways(
      {
        async setUp(disturber) {
          const region = await trustFixture();
          const name = await brokenOff(region);
          const controller = recordingController(() => region.recordings);
          return {
            async pass() {
              await reconcile(region, disturber, controller, ACME, name);
              return 'settled';
            },
            state: () => recordingsIn(region),
            tearDown: () => region.close(),
          };
        },
      },
      [['Incomplete', 1, 64]],
    );
  });

  it('a recording whose time is over ends gone, with all its pieces', async () => {
    await endsAlways(
      {
        async setUp(disturber) {
          const region = await trustFixture();
          const name = await brokenOff(region);
          await reconcile(
            region,
            new Disturber(),
            recordingController(() => region.recordings),
            ACME,
            name,
          );
          await region.clock.leap(366 * 24 * 60 * 60_000);
          const recordings = instrument(region.recordings, disturber, {
            name: 'recordings',
            only: ['remove'],
          });
          return {
            async pass() {
              await reconcile(
                region,
                disturber,
                recordingController(() => recordings),
                ACME,
                name,
              );
              return (await recordingsIn(region)).length === 0 ? 'settled' : 'again';
            },
            async state() {
              const uid = await region.realms.use(ACME, (realm) => realm.uid);
              return [await recordingsIn(region), await region.pieces.held(uid)];
            },
            tearDown: () => region.close(),
          };
        },
      },
      [[], { pieces: 0, bytes: 0 }],
    );
  });
});
