/** `keys/<name>/usage`: whoever keeps a key sees each use of it, provably; and nothing else of the log, however one asks. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { parseLeaf } from '#kernel/log/leaf.ts';
import { leafHash } from '#kernel/log/merkle.ts';
import { parsePersonal, wholeLeaf } from '#kernel/log/personal.ts';
import { inclusionProof, verifyInclusion } from '#kernel/log/proof.ts';
import { judgeCheckpoint } from '../../ledger/judge.ts';
import { policyOfKeys } from '../../ledger/policy.ts';
import { hashesOf, readText, type TileSource } from '../../ledger/source.ts';
import { ACME, RIVAL } from '../../testing/fixture.ts';
import { Project } from '../../testing/kinds.ts';
import type { ServedClient } from '../../testing/serve.ts';
import { base64, type KeyWorld, keyWorld } from '../testing/key-world.ts';

const DAY_MS = 24 * 60 * 60_000;
const ENCRYPT = { purpose: 'encrypt', algorithm: 'AES-256-GCM' };
const keysIn = (project: string) => `/apis/keys.casemate.internal/v1/namespaces/${project}/keys`;
const KEYS = keysIn('vault');

interface Usage {
  readonly items: readonly { readonly index: number; readonly leaf: string; readonly personal?: unknown }[];
  readonly next?: number;
}

const read = ({ index, leaf, personal }: Usage['items'][number]) =>
  wholeLeaf(parseLeaf(Buffer.from(leaf)), personal === undefined ? undefined : parsePersonal(personal)) as {
    readonly [field: string]: unknown;
    readonly index: typeof index;
  };

describe('usage of a Key', () => {
  let world: KeyWorld;
  let keeper: ServedClient;
  const get = (client: Pick<ServedClient, 'send'>, path: string, realm: string = ACME) =>
    client.send('GET', `${realm}${path}`);
  const usage = async (name: string, query = '', client = keeper): Promise<Usage> => {
    const { code, text } = await get(client, `${KEYS}/${name}/usage${query}`);
    assert.equal(code, 200, text);
    return JSON.parse(text);
  };
  /** What was done with it, as its keeper sees it: the newest first. */
  const seen = async (name: string, query = '') =>
    (await usage(name, query)).items.map((item) => {
      const { resource, namespace, name: of, actor, decision } = read(item);
      return [`${resource}`.split('/')[1], namespace, of, actor, decision].join(' ');
    });

  before(async () => {
    world = await keyWorld();
    keeper = await world.served.client(ACME, 'keeper');
    for (const name of ['data', 'data-2', 'other']) await world.key(name, ENCRYPT);
    await world.act('data', 'encrypt', { plaintext: base64('x'), reason: 'BACKUP' });
    await world.act('data-2', 'encrypt', { plaintext: base64('x') });
    await world.act('other', 'random');
    await world.act('data', 'decrypt', { ciphertext: base64('nonsense') });
    // The same name in another project, and in another organization.
    await world.region.make(ACME, Project, { metadata: { name: 'elsewhere' } });
    await world.client.send(
      'POST',
      `${ACME}${keysIn('elsewhere')}`,
      JSON.stringify({ metadata: { name: 'data' }, spec: ENCRYPT }),
    );
    await world.client.send('POST', `${ACME}${keysIn('elsewhere')}/data/random`, '{}');
  });
  after(() => world.close());

  it('shows its keeper each use and each refusal of that very key, newest first', async () => {
    assert.deepEqual(await seen('data'), [
      'decrypt vault data alice failed',
      'decrypt vault data alice allowed',
      'encrypt vault data alice allowed',
    ]);
    assert.deepEqual(await seen('data-2'), ['encrypt vault data-2 alice allowed']);
    const [first] = (await usage('data', '?limit=1')).items;
    const { next = -1 } = await usage('data', '?limit=1');
    assert.equal(next, (first?.index ?? 0) - 1);
    assert.equal((await usage('data', `?limit=1&from=${next}`)).items.length, 1);
    assert.deepEqual(await seen('data', '?actor=nobody'), []);
    assert.deepEqual(await seen('data', '?until=2020-01-01T00:00:00Z'), []);
  });

  it('lets whoever reads it prove each use by signatures and hashes alone', async () => {
    const source: TileSource = {
      async read(path) {
        const { code, text } = await get(keeper, `${KEYS}/data/usage?proof=${encodeURIComponent(path)}`);
        return code === 200 ? Buffer.from(JSON.parse(text).bytes, 'base64') : undefined;
      },
    };
    const keys = await readText(source, 'key');
    const { checkpoint } = judgeCheckpoint(await readText(source, 'checkpoint'), policyOfKeys(keys));
    const { size, root } = checkpoint;
    for (const { index, leaf } of (await usage('data')).items) {
      const proof = await inclusionProof(index, size, hashesOf(source, size));
      assert.ok(verifyInclusion({ index, size, leafHash: leafHash(Buffer.from(leaf)), proof, root }));
    }
  });

  it('answers a custodian nothing else of the log, whatever is asked', async () => {
    const all = await seen('data');
    // Which leaves these are is not the question's to say.
    for (const query of [
      'name=other',
      'name=',
      'resource=secrets',
      'resource=&namespace=&name=',
      'namespace=elsewhere',
      'uid=',
      'resource=keys.keys.casemate.internal&name=data-2',
      'log=changes',
      'since=1970-01-01T00:00:00Z',
      'from=999999&to=0&limit=500',
    ]) {
      assert.deepEqual(await seen('data', `?${query}`), all, query);
    }
    // Leaves come in no tile, and of the log's other parts there is none.
    for (const part of [
      'tile/entries/000',
      'tile/entries/000.p/3',
      'tile/entries/000.p/3?x',
      'tile//entries/000',
      'tile/0/../entries/000',
      'tile/Entries/000',
      'personal/0',
      'search',
      'cosigned',
      '../changes/checkpoint',
      'constructor',
    ]) {
      const path = `${KEYS}/data/usage?proof=${encodeURIComponent(part)}`;
      assert.equal((await get(keeper, path)).code, 404, part);
    }
    // The checkpoint is the access log's, and no name leads out of the object.
    assert.match(
      Buffer.from(
        JSON.parse((await get(keeper, `${KEYS}/data/usage?proof=checkpoint`)).text).bytes,
        'base64',
      ).toString(),
      /\/access\n/,
    );
    for (const name of ['none', 'dat', 'data%22', 'data%2Fusage', '%22%2C%22name%22%3A%22other', '*']) {
      assert.equal((await get(keeper, `${KEYS}/${name}/usage`)).code, 404, name);
    }
    for (const path of [
      'access/search?name=data',
      'access/checkpoint',
      'changes/checkpoint',
      'access/tile/0/000',
    ]) {
      assert.equal((await get(keeper, `/ledger/${path}`)).code, 403, path);
    }
    for (const wrong of ['limit=501', 'from=-1', 'since=yesterday']) {
      assert.equal((await get(keeper, `${KEYS}/data/usage?${wrong}`)).code, 400, wrong);
    }
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE']) {
      assert.notEqual((await keeper.send(method, `${ACME}${KEYS}/data/usage`, '{}')).code, 200, method);
    }
  });

  it('is not for another organization’s custodian, nor for who only sees that there is a key', async () => {
    const { region, served } = world;
    await region.bind(RIVAL, 'keeper', 'key-custodian', 'keeper');
    const rival = await served.client(RIVAL, 'keeper');
    assert.equal((await get(rival, `${KEYS}/data/usage`)).code, 401);
    await region.make(RIVAL, Project, { metadata: { name: 'vault' } });
    assert.equal((await get(rival, `${KEYS}/data/usage`, RIVAL)).code, 404);

    await region.bind(ACME, 'viewer', 'project-viewer', 'viewer');
    await region.bind(ACME, 'neighbour', 'project-editor', 'neighbour', 'elsewhere');
    for (const user of ['viewer', 'neighbour', 'nobody']) {
      const client = await served.client(ACME, user);
      const refused = await get(client, `${KEYS}/data/usage`);
      assert.equal(refused.code, 403, user);
      assert.match(refused.text, /may not get keys\/usage in the project \\"vault\\": it takes role/);
    }
    await region.bind(ACME, 'auditor', 'organization-auditor', 'auditor');
    const auditor = await served.client(ACME, 'auditor');
    // Refusals are written without waiting; what is allowed waits, and comes after them.
    await world.act('other', 'random');
    assert.deepEqual(await usage('data', '', auditor), await usage('data'));
    // Who tried is on record, and seen; who may look is not.
    assert.deepEqual((await seen('data')).slice(0, 3), [
      'usage vault data nobody denied',
      'usage vault data neighbour denied',
      'usage vault data viewer denied',
    ]);
  });

  it('does not tell of an earlier key of the same name', async () => {
    const brief = { ...ENCRYPT, destroyNotice_days: 1 };
    await world.key('reborn', brief);
    await world.act('reborn', 'random');
    await world.agree('reborn', 'delete');
    await world.remove('reborn');
    await world.reconcile('reborn');
    await world.region.clock.leap(DAY_MS);
    await world.reconcile('reborn');
    assert.equal(await world.read('reborn'), undefined);
    assert.equal((await get(keeper, `${KEYS}/reborn/usage`)).code, 404);
    await world.key('reborn', brief);
    await world.act('reborn', 'mac', { message: base64('x') });
    assert.deepEqual(
      (await seen('reborn', '?since=1970-01-01T00:00:00Z')).filter((line) => line.startsWith('random')),
      [],
    );
    assert.equal((await seen('reborn')).length, 2);
  });
});
