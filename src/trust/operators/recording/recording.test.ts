import assert from 'node:assert/strict';
import { hash, randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, it } from 'node:test';
import type { Actor } from '#kernel/access.ts';
import type { TextConnector } from '#kernel/connect.ts';
import { isStatusError } from '#kernel/errors.ts';
import { PIECE_LIMITS } from '#kernel/pieces.ts';
import { testContext } from '#kernel/reconcile/testing/context.ts';
import { ApprovalRequest } from '../../approvals/approval-request.ts';
import { ACME, type TrustFixture, trustFixture } from '../../testing/fixture.ts';
import { OperatorPolicy } from '../operator-policy.ts';
import { keptUntil_ms, recordingController, SILENT_MS } from './controller.ts';
import { type KeptRecordings, PIECE_BYTES_MAX } from './kept.ts';
import { LIVE_BYTES_MAX, RECORDING_BYTES_MAX, type Recording, startRecording } from './recorder.ts';
import { TerminalRecording } from './terminal-recording.ts';

const DAY_MS = 24 * 60 * 60_000;
const SESSION = {
  uid: '00000000-0000-4000-8000-000000000001',
  name: 'help',
  actorName: 'operator:bob',
  project: 'own',
  scope: [],
  ends_ms: 0,
};

describe('recordings of operators’ terminals', () => {
  let region: TrustFixture;
  let admin: Actor;
  let realmUid: string;
  beforeEach(async () => {
    region = await trustFixture();
    await region.bind(ACME, 'admin', 'organization-admin', 'admin');
    await region.bind(ACME, 'second', 'organization-admin', 'second');
    admin = await region.person(ACME, 'admin');
    realmUid = await region.realms.use(ACME, ({ uid }) => uid);
  });
  afterEach(() => region.close());

  async function start(recordings: KeptRecordings = region.recordings): Promise<Recording> {
    const { realms, random, clock } = region;
    const object = {
      apiVersion: 'x',
      kind: 'Instance',
      metadata: { name: 'vm', uid: 'u', resourceVersion: '1', generation: 1, creationTimestamp: '' },
    };
    const signal = new AbortController().signal;
    const query = new URLSearchParams({ command: 'sh' });
    return startRecording({ realms, recordings, random, clock }, SESSION, {
      realm: ACME,
      actor: admin,
      object,
      query,
      signal,
    });
  }
  /** A finished recording of so many pieces of output that does not compress. */
  async function recorded(pieces: number) {
    const recording = await start();
    for (let at = 1; at < pieces; at++) {
      await recording.output(Buffer.from(randomBytes(PIECE_BYTES_MAX / 4).toString('hex')));
      await recording.flush();
    }
    await recording.end({ exitCode: 0 });
    return only();
  }
  const only = () =>
    region.realms.use(ACME, ({ view }) => {
      const [one] = view.list(TerminalRecording);
      assert.ok(one);
      return one;
    });
  const count = () => region.realms.use(ACME, ({ view }) => view.count(TerminalRecording));

  async function replay(): Promise<string> {
    const connector = region.connectors[`${TerminalRecording.resource}/replay`] as TextConnector;
    const object = await only();
    const signal = new AbortController().signal;
    const query = new URLSearchParams();
    const chunks = await connector.open({ realm: ACME, actor: admin, object, query, signal });
    return Buffer.concat(await Array.fromAsync(chunks)).toString();
  }

  /** Puts other pieces in the places of a recording's, as whoever has the database could. */
  async function tamper(uid: string, change: (pieces: (Uint8Array | undefined)[]) => void): Promise<void> {
    const pieces: (Uint8Array | undefined)[] = [];
    for (let at = 0; ; at++) {
      const piece = await region.pieces.get(realmUid, uid, at);
      if (!piece) break;
      pieces.push(piece);
    }
    change(pieces);
    await region.pieces.remove(realmUid, uid);
    for (const [at, piece] of pieces.entries()) if (piece) await region.pieces.add(realmUid, uid, at, piece);
  }

  const reconcile = async (name: string) =>
    region.realms.use(ACME, (realm) => {
      const controller = recordingController(() => region.recordings);
      return controller.reconcile({ name }, testContext(region, realm, controller.name));
    });

  it('cost a realm one small object, however long they are; their pieces lie beside it, sealed', async () => {
    const recording = await start();
    const before = await region.realms.use(ACME, ({ view }) => view.revision);
    for (let at = 0; at < 32; at++) {
      await recording.output(Buffer.from(`the same words ${'x'.repeat(PIECE_BYTES_MAX)}`));
    }
    await recording.end({});
    const object = await only();
    assert.ok((object.status?.chunks ?? 0) >= 32);
    assert.ok(JSON.stringify(object).length < 2_048);
    assert.equal(await count(), 1);
    const { pieces } = await region.pieces.held(realmUid);
    assert.equal(pieces, object.status?.chunks);
    // Each piece is followed by its leaf, and only the digest is in it.
    const after = await region.realms.use(ACME, ({ view }) => view.revision);
    assert.ok(after - before <= pieces + 2, `${after - before} leaves for ${pieces} pieces`);
    const first = await region.pieces.get(realmUid, object.metadata.uid, 0);
    assert.doesNotMatch(Buffer.from(first ?? []).toString('latin1'), /"version"|operator/);
    assert.match(await replay(), /the same words/);
  });

  it('are played as the ledger has them, and as far as they are kept while they go on', async () => {
    const recording = await start();
    await recording.output(Buffer.from('so far'));
    await recording.flush();
    await recording.output(Buffer.from('not yet'));
    const cast = await replay();
    assert.match(cast, /so far/);
    assert.doesNotMatch(cast, /not yet/);
    assert.equal((await only()).status?.sha256, hash('sha256', cast));
    await recording.end({ exitCode: 0 });
    assert.equal((await only()).status?.sha256, hash('sha256', await replay()));
  });

  for (const [what, change, words] of [
    ['changed', (pieces) => flip(pieces[2]), /piece 2 of the recording is not what was recorded/],
    ['taken away', (pieces) => delete pieces[1], /piece 1 of the recording is gone/],
    [
      'put in another’s place',
      (pieces) => pieces.splice(1, 2, pieces[2], pieces[1]),
      /piece 1 of the recording is not what was recorded/,
    ],
    ['cut off', (pieces) => pieces.pop(), /piece 3 of the recording is gone/],
  ] as const satisfies readonly (readonly [
    string,
    (pieces: (Uint8Array | undefined)[]) => unknown,
    RegExp,
  ])[]) {
    it(`name the piece that was ${what}, and play nothing`, async () => {
      const { metadata, status } = await recorded(4);
      assert.equal(status?.chunks, 4);
      await tamper(metadata.uid, change);
      await assert.rejects(replay(), (error) => {
        assert.ok(isStatusError(error, 'InternalError'), String(error));
        assert.match(error.message, words);
        return true;
      });
    });
  }

  it('do not play another recording’s pieces, nor one that was sealed anew by us', async () => {
    const { metadata } = await recorded(2);
    // Whoever has the region's keys can seal a piece; the ledger's digest tells all the same.
    await tamper(metadata.uid, (pieces) => pieces.pop());
    await region.recordings.keep(ACME, metadata.uid, 1, Buffer.from('[1.000, "o", "nothing happened"]\n'));
    await assert.rejects(replay(), /not what the ledger says: its digest differs/);
  });

  it('hold little in memory: who floods a terminal waits until it is kept', async () => {
    const { promise: stuck, resolve: release } = Promise.withResolvers<void>();
    let isStuck = false;
    const recording = await start({
      ...region.recordings,
      async keep(...piece) {
        if (isStuck) await stuck;
        return region.recordings.keep(...piece);
      },
    });
    isStuck = true;
    const done: string[] = [];
    const flood = new Uint8Array(2 * 1024 * 1024).fill(1);
    const all = Promise.allSettled(
      (['input', 'output', 'errors'] as const).map(async (source) => {
        await recording[source](flood);
        done.push(source);
      }),
    );
    // Everything that can move has moved: what is left waits for the storage.
    for (let turn = 0; turn < 1_000; turn++) await null;
    assert.deepEqual(done, []);
    assert.ok(recording.live_bytes > PIECE_BYTES_MAX);
    assert.ok(recording.live_bytes <= LIVE_BYTES_MAX, `${recording.live_bytes} of ${LIVE_BYTES_MAX}`);
    release();
    await all;
    assert.ok(recording.live_bytes <= LIVE_BYTES_MAX);
    // Each byte is six characters: three floods are more than a recording may be.
    assert.match(String(recording.signal.reason), /at most \d+ bytes/);
    await recording.end({});
    assert.ok(((await only()).status?.bytes ?? 0) <= RECORDING_BYTES_MAX);
  });

  it('do not come back to life: who was given up for dead records nothing more', async () => {
    const recording = await start();
    const { name } = (await only()).metadata;
    region.clock.set(region.clock.now() + SILENT_MS);
    await reconcile(name);
    await recording.output(Buffer.from('late'));
    await assert.rejects(recording.flush(), /not being recorded any more/);
    assert.ok(recording.signal.aborted);
    assert.equal((await only()).status?.phase, 'Incomplete');
    assert.doesNotMatch(await replay(), /late/);
  });

  it('are kept for a year, or as long as the tenant says; saying less does not shorten what was promised', async () => {
    const kept_days = async () => {
      const object = await only();
      return region.realms.use(
        ACME,
        ({ view }) => (keptUntil_ms(object, view) - Date.parse(object.spec.startedAt)) / DAY_MS,
      );
    };
    const policy = (name: string, recordings_days: number) =>
      region.makeAs(admin, OperatorPolicy, { metadata: { name }, spec: { recordings_days } });
    await assert.rejects(policy('short', 179), /180/);
    await recorded(1);
    assert.equal(await kept_days(), 365);
    await policy('short', 180);
    assert.equal(await kept_days(), 365);
    await policy('long', 1_000);
    assert.equal(await kept_days(), 1_000);
  });

  it('go when their time is over, a bounded portion at a time, with a leaf; and not a day before', async () => {
    const { metadata } = await recorded(1);
    const { name, uid } = metadata;
    for (let at = 1; at <= PIECE_LIMITS.remove_max; at++) {
      await region.recordings.keep(ACME, uid, at, Buffer.from('x'));
    }
    region.clock.set(region.clock.now() + 364 * DAY_MS);
    assert.deepEqual(await reconcile(name), { retryAfter_ms: DAY_MS });
    assert.equal((await region.pieces.held(realmUid)).pieces, PIECE_LIMITS.remove_max + 1);
    region.clock.set(region.clock.now() + DAY_MS);
    await reconcile(name);
    assert.deepEqual(await reconcile(name), { retryAfter_ms: 1_000 });
    assert.equal((await region.pieces.held(realmUid)).pieces, 1);
    assert.equal(await count(), 1);
    const before = await region.realms.use(ACME, ({ view }) => view.revision);
    await reconcile(name);
    assert.equal(await count(), 0);
    assert.equal(await region.realms.use(ACME, ({ view }) => view.revision), before + 1);
    assert.deepEqual(await region.pieces.held(realmUid), { pieces: 0, bytes: 0 });
  });

  it('are deleted early by two people only, and not while they are being recorded', async () => {
    const recording = await start();
    const { name, uid } = (await only()).metadata;
    await assert.rejects(region.removeAs(admin, TerminalRecording, name), /takes the approval of 1 person/);
    const request = await region.makeAs(admin, ApprovalRequest, {
      metadata: { name: 'away' },
      spec: {
        target: { resource: TerminalRecording.resource, name, uid },
        transition: 'delete',
        reasonCode: 'other',
        reason: 'it shows a patient’s name',
        expiresAt: new Date(region.clock.now() + DAY_MS).toISOString(),
      },
    });
    const second = await region.person(ACME, 'second');
    const approve = region.connectors[`${ApprovalRequest.resource}/approve`];
    assert.ok(approve?.type === 'action');
    await approve.call({
      realm: ACME,
      actor: second,
      object: request,
      query: new URLSearchParams(),
      signal: new AbortController().signal,
      body: {},
      requestId: 'r',
    });
    await assert.rejects(region.removeAs(admin, TerminalRecording, name), /still being recorded/);
    await recording.end({});
    await region.removeAs(admin, TerminalRecording, name);
    await reconcile(name);
    assert.equal(await count(), 0);
    assert.deepEqual(await region.pieces.held(realmUid), { pieces: 0, bytes: 0 });
  });
});

function flip(piece: Uint8Array | undefined): void {
  if (piece) piece[40] = (piece[40] ?? 0) ^ 1;
}
