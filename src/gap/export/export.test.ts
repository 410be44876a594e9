/** Exports from the request to the package, and everything that somebody might try to get something out, to see what is not theirs, or to agree to what is their own. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { hash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { encodeVkey } from '#kernel/log/note.ts';
import { organizationRealm, REGION } from '#kernel/realm-id.ts';
import { ApprovalRequest } from '#trust/approvals/approval-request.ts';
import { openEnvelope } from './dsse.ts';
import { EXPORT_BYTES_MAX, MIB } from './limits.ts';
import type { ExportStatement } from './package.ts';
import type { ExportRules } from './policy-kind.ts';
import { ExportRequest } from './request-kind.ts';
import { ACME, type ExportWorld, recipientKey, startExportWorld } from './testing/export-world.ts';
import { PLANTED } from './testing/planted.ts';

const DAY_MS = 24 * 60 * 60_000;
const NOTES = { 'notes.txt': Buffer.from('Meet at noon.\n'), 'deep/table.csv': Buffer.from('a,b\n1,2\n') };

const folders = (world: ExportWorld, uid: string) =>
  ['exports', 'outbox'].map((name) => {
    try {
      return readdirSync(join(world.folder, name, uid)).filter((one) => one !== 'realm').length;
    } catch {
      return 0;
    }
  });

const realmUid = (world: ExportWorld) => world.test.realms.use(ACME, ({ uid }) => uid);

test('what nothing blocks waits for people, is encrypted for the recipient, and a stranger opens it with age and tar', async (t) => {
  const world = await startExportWorld(t);
  await world.policy();
  await world.create('notes', NOTES);
  const waiting = await world.submit('notes', NOTES);
  assert.deepEqual(
    [waiting.status?.phase, waiting.status?.findings, waiting.status?.requestedBy, waiting.status?.bytes],
    ['AwaitingApproval', [], 'ann', 22],
  );
  assert.equal((await world.read('notes', 'content', 'file=1')).toString(), 'a,b\n1,2\n');

  const { status, metadata } = await world.release('notes');
  assert.equal(status?.phase, 'Released');
  const sealed = await world.read('notes', 'package');
  assert.deepEqual(
    [sealed.length, hash('sha256', sealed)],
    [status?.package?.bytes, status?.package?.sha256],
  );
  writeFileSync(join(world.folder, 'key'), `${recipientKey.identity}\n`);
  writeFileSync(join(world.folder, 'package.age'), sealed);
  const unpack = 'age --decrypt -i key package.age | tar -xv';
  const names = execFileSync('bash', ['-o', 'pipefail', '-c', unpack], {
    cwd: world.folder,
    encoding: 'utf8',
    umask: 0o77,
  } as object);
  assert.deepEqual(String(names).trim().split('\n'), ['casemate-export.json', 'notes.txt', 'deep/table.csv']);
  assert.equal(readFileSync(join(world.folder, 'deep/table.csv'), 'utf8'), 'a,b\n1,2\n');
  const manifest = readFileSync(join(world.folder, 'casemate-export.json'));
  assert.equal(`sha256:${hash('sha256', manifest)}`, status?.digest);
  assert.deepEqual(JSON.parse(manifest.toString()).request, { name: 'notes', uid: metadata.uid });

  const { logs, cosigners } = await world.test.keyring.open(ACME);
  const vkeys = [encodeVkey(logs.changes.origin, logs.changes.publicKey)];
  assert.ok(cosigners);
  const signed = (await world.read('notes', 'manifest')).toString();
  const { payload, signers } = openEnvelope(signed, vkeys);
  assert.equal(signers.length, 1);
  assert.equal(JSON.parse(signed).signatures.length, 2);
  const statement = JSON.parse(payload.toString()) as ExportStatement;
  assert.deepEqual(
    statement.subject.map(({ digest }) => digest.sha256),
    [status?.package?.sha256, hash('sha256', manifest)],
  );
  // Whoever carries it learns of no file, no reason and no person.
  assert.doesNotMatch(payload.toString(), /notes\.txt|table|November|ann/);
  assert.deepEqual(folders(world, await realmUid(world)), [0, 1]);
  await assert.rejects(world.read('notes', 'content', 'file=0'), /its content is deleted/);
});

test('a request that a rule blocks says which and where, and nothing of it is kept', async (t) => {
  const world = await startExportWorld(t);
  await world.policy({
    labels: [{ name: 'internal' }, { name: 'secret', markings: ['TOP SECRET'] }],
    rules: [{ rule: 'email', action: 'block', atLeast: 2 }],
  });
  const files = {
    'log.gz': gzipSync(`one\ntwo ${PLANTED['GitHub token']}\n`),
    'report.txt': Buffer.concat([Buffer.from('\x7fELF\x02\x01\x01', 'latin1'), Buffer.alloc(64)]),
    'people.csv': Buffer.from(
      `name,mail\nAnn,${PLANTED['e-mail address']}\nBen,ben@town.example\n${PLANTED.IBAN}\n`,
    ),
    'plan.txt': Buffer.from('page 1\nTop Secret // do not copy\n'),
  };
  await world.create('leak', files);
  const { status } = await world.submit('leak', files);
  assert.equal(status?.phase, 'Blocked');
  assert.deepEqual(
    (status?.findings ?? []).map(({ rule, action, file, line, offset }) => [
      rule,
      action,
      file,
      line,
      offset,
    ]),
    [
      ['token', 'block', 'log.gz!', 2, 8],
      ['type', 'block', 'report.txt', undefined, undefined],
      ['email', 'block', 'people.csv', 2, 14],
      ['email', 'block', 'people.csv', 3, 41],
      ['iban', 'block', 'people.csv', 4, 58],
      ['label', 'block', 'plan.txt', 2, 7],
    ],
  );
  const text = JSON.stringify(status);
  for (const secret of [PLANTED['GitHub token'], PLANTED.IBAN, 'ann.meier', 'ben@town'])
    assert.ok(!text.includes(secret ?? 'no such'), text);
  assert.deepEqual(folders(world, await realmUid(world)), [0, 0]);
});

test('content that is swapped after it was checked, or was never what was said, does not leave', async (t) => {
  const world = await startExportWorld(t);
  await world.policy();
  await world.create('swap', NOTES);
  const { metadata } = await world.submit('swap', NOTES);
  const realm = await world.test.realms.use(ACME, ({ id, uid }) => ({ id, uid }));
  // Whoever has the disk and the keys: the API takes nothing any more.
  await assert.rejects(world.put('swap', 'ann', 0, 0, Buffer.from('Meet at nine!\n')), /was submitted/);
  await world.store.keep(realm, metadata.uid, 0, 0, Buffer.from('Meet at nine!\n'));
  const { status } = await world.release('swap');
  assert.deepEqual(
    [status?.phase, status?.findings?.[0]?.rule, status?.findings?.[0]?.file],
    ['Blocked', 'content', 'notes.txt'],
  );
  assert.deepEqual(folders(world, realm.uid), [0, 0]);

  await world.create('other', NOTES);
  const other = await world.submit('other', { ...NOTES, 'notes.txt': Buffer.from('Meet at nine!\n') });
  assert.deepEqual([other.status?.phase, other.status?.findings?.[0]?.rule], ['Blocked', 'content']);
});

test('a policy that changes while people think counts', async (t) => {
  const world = await startExportWorld(t);
  await world.policy();
  const changes: [string, Partial<ExportRules>, RegExp][] = [
    ['a', { mayLeave: 'public' }, /internal does not leave/],
    ['b', { mayLeave: 'internal', recipients: [] }, /must be one that the ExportPolicy knows/],
  ];
  for (const [name, more, what] of changes) {
    await world.policy({ mayLeave: 'internal' });
    await world.create(name, NOTES);
    await world.submit(name, NOTES);
    await world.policy(more);
    const { status } = await world.release(name);
    assert.equal(status?.phase, 'Blocked');
    assert.match(status?.findings?.[0]?.what ?? '', what);
  }
});

test('who asks brings the content and asks others to agree; nobody does it in their stead', async (t) => {
  const world = await startExportWorld(t);
  await world.policy();
  await world.create('mine', NOTES);
  await assert.rejects(
    world.put('mine', 'ben', 0, 0, NOTES['notes.txt']),
    /only ann, who asks, brings content/,
  );
  const { resources } = await world.test.realms.use(ACME, (realm) => realm);
  const edit = (name: string, spec: object) =>
    resources.modify(ExportRequest, { name: 'mine' }, world.by(name), (current) => ({
      ...current,
      spec: { ...current.spec, ...spec },
    }));
  await assert.rejects(edit('ben', { submitted: true }), /only ann/);
  await assert.rejects(edit('ann', { files: [] }), /files/);
  const ask = async (name: string) =>
    resources.create(
      ApprovalRequest,
      undefined,
      {
        metadata: { generateName: 'release-' },
        spec: {
          target: {
            resource: ExportRequest.resource,
            name: 'mine',
            uid: (await world.get('mine')).metadata.uid,
          },
          transition: 'release',
          reasonCode: 'other',
          reason: 'as planned',
          expiresAt: new Date(world.test.clock.now() + 60 * 60_000).toISOString(),
        },
      },
      world.by(name),
    );
  await assert.rejects(ask('ann'), /is Uploading: ask once it is AwaitingApproval/);
  const { status } = await world.submit('mine', NOTES);
  // Ben asks, and Ann, whose export it is, agrees: two people, and one of them reviews her own.
  await assert.rejects(ask('ben'), /ann asked for this export, and alone asks others/);
  await ask('ann');
  await assert.rejects(edit('ben', { release: status?.digest }), /only ann/);
  await assert.rejects(edit('ann', { release: `sha256:${'0'.repeat(64)}` }), /must be status.digest/);
  assert.equal(ExportRequest.guarded?.[0]?.approvals, 2);
});

test('without a policy nothing is taken, and what a policy does not let out is refused by field', async (t) => {
  const world = await startExportWorld(t);
  await assert.rejects(world.create('a', NOTES), /nothing leaves before there is an ExportPolicy/);
  await world.policy({ bytes: 10, files: 1 });
  for (const [more, what] of [
    [{ label: 'restricted' }, /restricted does not leave: internal is the highest/],
    [{ label: 'none' }, /must be one of public, internal, restricted/],
    [{ recipient: 'press' }, /must be one that the ExportPolicy knows: lab/],
    [{}, /22 bytes; the most is 10/],
    [{}, /there are 2; the most is 1/],
    [{ release: 'sha256:0' }, /nothing is released before/],
    [{ files: [{ path: '../a', size: 0, sha256: '0'.repeat(64) }] }, /path/],
    [{ files: [{ path: '/etc/a', size: 0, sha256: '0'.repeat(64) }] }, /path/],
    [{ files: [{ path: 'casemate-export.json', size: 0, sha256: '0'.repeat(64) }] }, /the package’s own/],
  ] as const) {
    await assert.rejects(world.create('a', NOTES, more as object), what);
  }
});

test('pieces of the wrong size, of no file, or in no base64 are refused; a piece that is sent again replaces itself', async (t) => {
  const world = await startExportWorld(t);
  await world.policy();
  const files = { 'large.txt': Buffer.alloc(MIB + 5, 'ab c\n') };
  await world.create('large', files);
  const first = files['large.txt'].subarray(0, MIB);
  await assert.rejects(world.put('large', 'ann', 1, 0, first), /file: from 0 to 0/);
  await assert.rejects(world.put('large', 'ann', 0, 2, first), /piece: large.txt has 2/);
  await assert.rejects(world.put('large', 'ann', 0, 1, first), /piece 1 of large.txt has 5 bytes/);
  await world.put('large', 'ann', 0, 0, Buffer.alloc(MIB));
  assert.deepEqual(await world.held('large'), { pieces: [[0]] });
  await world.put('large', 'ann', 0, 0, first);
  const { status } = await world.submit('large', files);
  assert.equal(status?.phase, 'AwaitingApproval');
});

test('one realm’s requests fill no disk: what they hold at once is bounded, and ended ones count no more', async (t) => {
  const world = await startExportWorld(t);
  await world.policy({ bytes: EXPORT_BYTES_MAX });
  const file = { path: 'a', size: EXPORT_BYTES_MAX, sha256: '0'.repeat(64) };
  for (const name of ['a', 'b', 'c', 'd']) await world.create(name, {}, { files: [file] });
  await assert.rejects(
    world.create('e', {}, { files: [{ ...file, size: 1 }] }),
    /would hold 4294967297 bytes/,
  );
  await world.deny('a', 'ben', 'too large');
  await world.create('e', {}, { files: [file] });
});

test('content on the disk is nothing to whoever has the disk, and opens nowhere else', async (t) => {
  const world = await startExportWorld(t);
  await world.policy();
  await world.create('one', NOTES);
  await world.create('two', NOTES);
  const content = NOTES['notes.txt'];
  await world.put('one', 'ann', 0, 0, content);
  const realm = await world.test.realms.use(ACME, ({ id, uid }) => ({ id, uid }));
  const [one, two] = [(await world.get('one')).metadata.uid, (await world.get('two')).metadata.uid];
  const path = join(world.folder, 'exports', realm.uid, one, '0.0');
  assert.ok(!readFileSync(path).includes('noon'));
  assert.deepEqual(await world.store.read(realm, one, 0, 0), content);
  await world.put('two', 'ann', 0, 0, content);
  writeFileSync(join(world.folder, 'exports', realm.uid, two, '0.0'), readFileSync(path));
  assert.equal(await world.store.read(realm, two, 0, 0), undefined);
  // The region's own keys, and another tenant's, open nothing of it.
  for (const id of [REGION, organizationRealm('rival')]) {
    const other = await world.test.realms.use(id, ({ uid }) => uid);
    assert.notEqual(other, realm.uid);
    assert.equal(await world.store.read({ id, uid: realm.uid }, one, 0, 0), undefined);
  }
});

test('what nobody decides on ends, what was denied ends at once, and packages are there for as long as the policy says', async (t) => {
  const world = await startExportWorld(t);
  await world.policy({ reviewHours: 24, keepDays: 2 });
  const uid = await realmUid(world);
  await world.create('slow', NOTES);
  await world.create('late', NOTES);
  await world.submit('late', NOTES);
  await world.create('denied', NOTES);
  await world.submit('denied', NOTES);
  await world.deny('denied', 'ben', 'not with that table');
  const denied = await world.settle('denied');
  assert.deepEqual(
    [denied.status?.phase, denied.status?.denied?.by, denied.status?.denied?.note],
    ['Denied', 'ben', 'not with that table'],
  );
  await assert.rejects(world.deny('denied', 'ben', 'again'), /it is Denied already/);
  await assert.rejects(world.release('denied'), /must be AwaitingApproval/);
  await world.create('out', NOTES);
  await world.submit('out', NOTES);
  await world.release('out');
  assert.deepEqual(folders(world, uid), [1, 1]);
  world.later(DAY_MS + 1);
  assert.deepEqual(
    [(await world.settle('slow')).status?.phase, (await world.settle('late')).status?.phase],
    ['Expired', 'Expired'],
  );
  assert.deepEqual(folders(world, uid), [0, 1]);
  world.later(DAY_MS + 1);
  assert.notEqual((await world.settle('out')).status?.package?.removedAt, undefined);
  assert.deepEqual(folders(world, uid), [0, 0]);
  await assert.rejects(world.read('out', 'package'), /its package was deleted/);
});

test('content goes with its request, and with its organization', async (t) => {
  const world = await startExportWorld(t);
  await world.policy();
  const uid = await realmUid(world);
  await world.create('gone', NOTES);
  await world.put('gone', 'ann', 0, 0, NOTES['notes.txt']);
  await world.test.realms.use(ACME, ({ resources }) =>
    resources.delete(ExportRequest, { name: 'gone' }, world.by('ann')),
  );
  await world.sweep();
  assert.deepEqual(folders(world, uid), [0, 0]);
  await world.create('left', NOTES);
  await world.put('left', 'ann', 0, 0, NOTES['notes.txt']);
  await world.test.realms.destroy(ACME);
  await world.sweep(REGION);
  assert.deepEqual(readdirSync(join(world.folder, 'exports')), []);
});

test('a signed manifest that was changed, or is of somebody else, is not taken', async (t) => {
  const world = await startExportWorld(t);
  await world.policy();
  await world.create('notes', NOTES);
  await world.submit('notes', NOTES);
  await world.release('notes');
  const signed = (await world.read('notes', 'manifest')).toString();
  const own = (await world.test.keyring.open(ACME)).logs.changes;
  const other = (await world.test.keyring.open(REGION)).logs.changes;
  const vkey = encodeVkey(own.origin, own.publicKey);
  const payload = JSON.parse(signed).payload as string;
  const changed = signed.replace(
    payload,
    Buffer.from(Buffer.from(payload, 'base64').toString().replace('"internal"', '"public"')).toString(
      'base64',
    ),
  );
  assert.throws(() => openEnvelope(changed, [vkey]), /does not fit/);
  assert.throws(() => openEnvelope(signed, [encodeVkey(other.origin, other.publicKey)]), /is not signed by/);
  assert.throws(() => openEnvelope(signed, []), /no key is trusted/);
  assert.throws(() => openEnvelope('{}', [vkey]), /no DSSE envelope/);
});
