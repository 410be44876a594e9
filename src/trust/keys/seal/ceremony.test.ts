import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { ManualClock } from '#kernel/store/manual-clock.ts';
import { loadOrCreateMasterKey, MasterKeyError } from '../master-key.ts';
import { beginSeal, type CeremonyRoom, type Custodian, rotateSeal } from './ceremony.ts';
import { findMaster, masterPath, sealedPath } from './master-store.ts';
import { type SealedMaster, UnsealError } from './sealed-master.ts';
import { parseShare, ShareError } from './share-text.ts';
import { askUnsealing, serveUnsealing } from './unseal-socket.ts';
import { sealedReason, Unsealing } from './unsealing.ts';

const CUSTODIANS = ['Ada', 'Grace', 'Hedy'];
const THREE = { seal: 'shares', threshold: 2, custodians: CUSTODIANS } as const;
const PASSPHRASE = Buffer.from('correct horse battery staple');

/** People who write their shares down and read them back. */
class Room implements CeremonyRoom {
  readonly paper = new Map<string, string>();
  readonly #opens: string[];
  constructor(opens: readonly string[] = []) {
    this.#opens = [...opens];
  }
  async show({ name }: Custodian, share: string): Promise<void> {
    this.paper.set(name, share);
  }
  async readBack({ name }: Custodian): Promise<string | undefined> {
    return this.paper.get(name)?.toLowerCase();
  }
  async open(): Promise<string> {
    return this.#opens.shift() ?? '';
  }
}

describe('the key ceremony', () => {
  let base: string;
  let number = 0;
  const clock = new ManualClock();
  before(async () => {
    base = await mkdtemp(join(tmpdir(), 'casemate-ceremony-'));
  });
  after(() => rm(base, { recursive: true }));

  async function folder(): Promise<string> {
    return mkdtemp(join(base, `${++number}-`));
  }
  const sealedIn = async (path: string) => {
    const found = await findMaster(path, 'shares');
    assert.ok('sealed' in found);
    return found.sealed;
  };

  it('seals the key that lay in the clear: any two of three open the same key, one alone does not, and no file holds it', async () => {
    const path = await folder();
    const known = await loadOrCreateMasterKey(masterPath(path));
    const inTheClear = known.key.export();
    const room = new Room();
    const transcript = await beginSeal({ folder: path, region: 'lux', choice: THREE, room, clock });
    const papers = CUSTODIANS.map((name) => room.paper.get(name) ?? '');
    for (const pair of [
      [0, 1],
      [0, 2],
      [2, 1],
    ]) {
      const unsealing = new Unsealing(await sealedIn(path));
      const [first = 0, second = 0] = pair;
      assert.deepEqual((await unsealing.offer(papers[first] ?? '')).given, [first + 1]);
      assert.equal((await unsealing.offer(papers[first] ?? '')).open, false, 'the same share twice is one');
      assert.equal((await unsealing.offer(papers[second] ?? '')).open, true);
      assert.equal((await unsealing.masterKey).id, known.id);
    }
    assert.deepEqual(await readdir(path), ['master.sealed']);
    const { mode } = await stat(sealedPath(path));
    assert.equal(mode & 0o777, 0o600);
    const kept = await readFile(sealedPath(path), 'latin1');
    for (const secret of [inTheClear, ...papers.map((paper) => Buffer.from(parseShare(paper).bytes))]) {
      for (const form of ['hex', 'base64', 'latin1'] as const) {
        assert.ok(!kept.includes(secret.toString(form)) && !transcript.includes(secret.toString(form)));
      }
    }
    assert.match(transcript, /2 of 3 shares/);
    assert.match(transcript, /1 {2}[0-9a-f]{64} {2}Ada, who read it back/);
  });

  it('of a region that was never started the key never is on disk in the clear', async () => {
    const path = await folder();
    const transcript = await beginSeal({
      folder: path,
      region: 'lux',
      choice: THREE,
      room: new Room(),
      clock,
    });
    assert.match(transcript, /never was on disk in the clear/);
    assert.ok(!existsSync(masterPath(path)));
  });

  it('a mistyped, foreign or made-up share is refused with what is wrong, and the others go on counting', async () => {
    const [path, other] = [await folder(), await folder()];
    const [room, strangers] = [new Room(), new Room()];
    await beginSeal({ folder: path, region: 'lux', choice: THREE, room, clock });
    await beginSeal({ folder: other, region: 'lux', choice: THREE, room: strangers, clock });
    const unsealing = new Unsealing(await sealedIn(path));
    const ada = room.paper.get('Ada') ?? '';
    await unsealing.offer(ada);
    const refused = (text: string, words: RegExp) =>
      assert.rejects(
        unsealing.offer(text),
        (error) => error instanceof UnsealError && words.test(error.message),
      );
    await refused(`${ada.startsWith('A') ? 'B' : 'A'}${ada.slice(1)}`, /mistyped/);
    await refused('hello', /17 groups/);
    await refused(strangers.paper.get('Grace') ?? '', /of another ceremony/);
    assert.deepEqual(unsealing.state.given, [1]);
    assert.match(sealedReason(unsealing.state), /1 more of its key custodians must open it \(1 of 2 did\)/);
    assert.equal((await unsealing.offer(room.paper.get('Hedy') ?? '')).open, true);
    assert.throws(() => parseShare(ada.replace(/^..../, '1111')), ShareError);
  });

  it('rotates: new shares or a passphrase open the same key, and the old shares open nothing any more', async () => {
    const path = await folder();
    const room = new Room();
    await beginSeal({ folder: path, region: 'lux', choice: THREE, room, clock });
    const { masterKeyId } = await sealedIn(path);
    const old = [room.paper.get('Ada') ?? '', 'nonsense', room.paper.get('Hedy') ?? ''];
    await rotateSeal({
      folder: path,
      region: 'lux',
      choice: { seal: 'passphrase', passphrase: PASSPHRASE },
      room: new Room(old),
      clock,
    });
    const found = await findMaster(path, 'passphrase');
    assert.ok('sealed' in found);
    const unsealing = new Unsealing(found.sealed);
    await assert.rejects(unsealing.offer('correct horse battery stable'), /not the passphrase/);
    await assert.rejects(unsealing.offer(old[0] ?? ''), /not the passphrase/);
    await unsealing.offer(PASSPHRASE.toString());
    assert.equal((await unsealing.masterKey).id, masterKeyId);
  });

  it('a flipped bit in the sealed file opens nothing', async () => {
    const path = await folder();
    const choice = { seal: 'passphrase', passphrase: PASSPHRASE } as const;
    await beginSeal({ folder: path, region: 'lux', choice, room: new Room(), clock });
    const found = await findMaster(path, 'passphrase');
    assert.ok('sealed' in found && found.sealed.seal === 'passphrase');
    const bytes = Buffer.from(found.sealed.wrapped, 'base64');
    bytes[30] = (bytes[30] ?? 0) ^ 1;
    const changed: SealedMaster = { ...found.sealed, wrapped: bytes.toString('base64') };
    await assert.rejects(new Unsealing(changed).offer(PASSPHRASE.toString()), UnsealError);
  });

  it('refuses a short passphrase, too few shares, and a custodian who cannot read theirs back, and changes nothing', async () => {
    const path = await folder();
    await loadOrCreateMasterKey(masterPath(path));
    const room = new Room();
    const attempt = (choice: Parameters<typeof beginSeal>[0]['choice'], who: CeremonyRoom = room) =>
      beginSeal({ folder: path, region: 'lux', choice, room: who, clock });
    await assert.rejects(
      attempt({ seal: 'passphrase', passphrase: Buffer.from('short') }),
      /16 to 1024 bytes/,
    );
    await assert.rejects(attempt({ ...THREE, threshold: 1 }), /1 of 3 shares: at least 2/);
    await assert.rejects(attempt({ ...THREE, threshold: 4 }), UnsealError);
    const blind = new Room();
    blind.readBack = async () => 'AAAA';
    await assert.rejects(attempt(THREE, blind), /Ada could not read share 1 back; nothing was changed/);
    assert.deepEqual(await readdir(path), ['master.key']);
  });

  it('region.yaml decides: a file that does not fit to it opens nothing, and the error says what would be right', async () => {
    const path = await folder();
    await assert.rejects(
      findMaster(path, 'shares'),
      /there is no .*master.sealed; run: casemate keys ceremony init/,
    );
    await loadOrCreateMasterKey(masterPath(path));
    await assert.rejects(findMaster(path, 'shares'), /lies there in the clear; run: casemate keys ceremony/);
    await beginSeal({ folder: path, region: 'lux', choice: THREE, room: new Room(), clock });
    await assert.rejects(findMaster(path, 'file'), /set keys.seal to shares/);
    await assert.rejects(findMaster(path, 'passphrase'), MasterKeyError);
  });

  it('is opened over a local socket that answers how far it is, and forgets what was wrong', async () => {
    const path = await folder();
    const room = new Room();
    await beginSeal({ folder: path, region: 'lux', choice: THREE, room, clock });
    const unsealing = new Unsealing(await sealedIn(path));
    const socket = join(path, 'unseal.sock');
    assert.equal(await askUnsealing(socket, ''), undefined);
    const server = await serveUnsealing(socket, unsealing);
    assert.equal((await stat(socket)).mode & 0o777, 0o600);
    assert.deepEqual(await askUnsealing(socket, ''), { seal: 'shares', open: false, given: [], needed: 2 });
    assert.match((await askUnsealing(socket, 'wrong'))?.problem ?? '', /17 groups/);
    await askUnsealing(socket, room.paper.get('Ada') ?? '');
    const last = await askUnsealing(socket, room.paper.get('Grace') ?? '');
    assert.deepEqual([last?.open, last?.problem], [true, undefined]);
    await server.close();
    assert.ok(!existsSync(socket));
  });
});
