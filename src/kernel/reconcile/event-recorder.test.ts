import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { Type } from 'typebox';
import { defineKind } from '../kind.ts';
import { silentLogger } from '../logger.ts';
import type { KubeObject } from '../object.ts';
import type { RealmId } from '../realm-id.ts';
import { openTestRealms, type TestRealms } from '../store/test-realms.ts';
import { StoreEventRecorder } from './event-recorder.ts';

const ACME: RealmId = '/orgs/acme';

// The fields the recorder writes; the real kind belongs to tenancy, and the kernel knows no kind by name.
const Event = defineKind({
  group: '',
  version: 'v1',
  kind: 'Event',
  plural: 'events',
  scope: 'Project',
  realms: ['region', 'organization'],
  description: 'For tests.',
  fields: {
    involvedObject: Type.Record(Type.String(), Type.String()),
    type: Type.String(),
    reason: Type.String(),
    message: Type.String(),
    count: Type.Integer(),
    firstTimestamp: Type.String(),
    lastTimestamp: Type.String(),
    source: Type.Object({ component: Type.String() }),
    reportingComponent: Type.String(),
  },
});

interface EventBody extends KubeObject {
  readonly reason: string;
  readonly message: string;
  readonly count: number;
  readonly firstTimestamp: string;
  readonly lastTimestamp: string;
  readonly involvedObject: Readonly<Record<string, string>>;
}

const subject = (name: string, namespace?: string): KubeObject => ({
  apiVersion: 'test.casemate.internal/v1',
  kind: 'Widget',
  metadata: {
    name,
    ...(namespace === undefined ? {} : { namespace }),
    uid: `uid-of-${name}`,
    resourceVersion: '7',
    generation: 1,
    creationTimestamp: '2026-01-01T00:00:00Z',
  },
});

describe('events', () => {
  let test: TestRealms;
  let recorder: StoreEventRecorder;

  const open = () => {
    const { realms, clock, random } = test;
    return new StoreEventRecorder({ realms, kind: Event, clock, random, logger: silentLogger });
  };
  beforeEach(async () => {
    test = await openTestRealms({ kinds: [Event] });
    recorder = open();
  });
  afterEach(() => test.close());

  const events = async (realm: RealmId = ACME): Promise<EventBody[]> => {
    await recorder.flush();
    return test.realms.use(realm, ({ view }) => view.list(Event) as unknown as EventBody[]);
  };

  it('name the object, and are kept in its project, or in default', async () => {
    recorder.recorder(ACME, 'compute').record(subject('web', 'p'), 'Normal', 'Started', 'it runs');
    recorder.recorder(ACME, 'compute').record(subject('realm-wide'), 'Warning', 'Broken', 'it does not');
    const [inDefault, inProject] = await events();
    assert.equal(inDefault?.metadata.namespace, 'default');
    assert.equal(inProject?.metadata.namespace, 'p');
    assert.match(inProject?.metadata.name ?? '', /^web\.[0-9a-f]{16}$/);
    assert.deepEqual(inProject?.involvedObject, {
      apiVersion: 'test.casemate.internal/v1',
      kind: 'Widget',
      name: 'web',
      namespace: 'p',
      resourceVersion: '7',
      uid: 'uid-of-web',
    });
  });

  it('that repeat raise a count, written at most once a minute', async () => {
    const { record } = recorder.recorder(ACME, 'compute');
    for (let i = 0; i < 5; i++) record(subject('web', 'p'), 'Warning', 'Failed', 'engine away');
    assert.deepEqual(
      (await events()).map(({ count }) => count),
      [5],
    );
    const head = () => test.realms.use(ACME, ({ view }) => view.revision);
    const before = await head();
    await test.clock.advance(30_000);
    for (let i = 0; i < 3; i++) record(subject('web', 'p'), 'Warning', 'Failed', 'engine away');
    await recorder.flush();
    assert.equal(await head(), before, 'no leaf for a repeat within a minute');
    await test.clock.advance(30_000);
    const [event] = await events();
    assert.equal(event?.count, 8);
    assert.equal(event?.firstTimestamp, '2026-01-01T00:00:00Z');
    assert.equal(event?.lastTimestamp, '2026-01-01T00:00:30Z');
    assert.equal(await head(), before + 1);
  });

  it('go on counting after a restart', async () => {
    recorder.recorder(ACME, 'compute').record(subject('web', 'p'), 'Normal', 'Started', 'it runs');
    await recorder.flush();
    recorder = open();
    recorder.recorder(ACME, 'compute').record(subject('web', 'p'), 'Normal', 'Started', 'it runs');
    assert.deepEqual(
      (await events()).map(({ count }) => count),
      [2],
    );
  });

  it('with ever new messages are summed up by reason, so that one object cannot fill a realm', async () => {
    const { record } = recorder.recorder(ACME, 'compute');
    for (let i = 0; i < 500; i++) record(subject('web', 'p'), 'Warning', 'Failed', `attempt ${i}`);
    const all = await events();
    assert.equal(all.length, 11);
    const combined = all.filter(({ message }) => message.startsWith('(combined from similar events): '));
    assert.equal(combined.length, 1);
  });

  it('that cannot be written are dropped without anybody noticing', async () => {
    recorder.recorder('/orgs/gone', 'compute').record(subject('web', 'p'), 'Normal', 'Started', 'it runs');
    recorder.recorder(ACME, 'compute').record({} as KubeObject, 'Normal', 'Started', 'it runs');
    await recorder.flush();
    assert.deepEqual(await events(), []);
  });
});
