/** Leaves found by what they are about: all that fit and no others, however one pages, in looks that are bounded. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type AccessLeafV2, encodeLeaf, leafTime } from '../log/leaf.ts';
import { encodePersonal, personalDigest, readWhole } from '../log/personal.ts';
import { type LeafQuery, LOOKED_MAX, searchLeaves } from './leaf-search.ts';
import type { StoredLeaf } from './storage.ts';

const START_MS = Date.parse('2026-11-01T00:00:00Z');
const MINUTE_MS = 60_000;
const KEYS = 'keys.keys.casemate.internal';
const ACTORS = ['alice', 'berta', 'system:controller:objects'];

/** Every minute one: uses of keys and of other things, by turns; of some it was erased who it was. */
function entry(index: number): StoredLeaf {
  const time_ms = START_MS + index * MINUTE_MS;
  const personal = encodePersonal({
    salt: 's'.repeat(36),
    actor: ACTORS[index % ACTORS.length] ?? '',
    credential: 'token:1',
    name: index % 4 === 0 ? 'data' : 'data-2',
  });
  const leaf: AccessLeafV2 = {
    v: 2,
    type: 'access',
    index,
    time: leafTime(time_ms),
    verb: 'create',
    resource: index % 2 === 0 ? `${KEYS}/encrypt` : `${KEYS}x/encrypt`,
    namespace: index % 8 < 6 ? 'shop' : 'shop-2',
    decision: 'allowed',
    code: 200,
    requestId: `r-${index}`,
    personal: personalDigest(personal),
  };
  const common = { index, leaf: encodeLeaf(leaf), hash: Buffer.alloc(32), time_ms };
  return index % 50 === 48 ? common : { ...common, personal };
}

const storageOf = (entries: readonly StoredLeaf[]) => ({
  reads: 0,
  async readLeaves(_uid: string, _log: unknown, from: number, count: number) {
    this.reads += 1;
    return entries.slice(from, from + count);
  },
});

const log = (size: number) => ({ uid: 'u', log: 'access', size }) as const;

/** All of it, page by page. */
async function all(entries: readonly StoredLeaf[], query: LeafQuery) {
  const storage = storageOf(entries);
  const found: number[] = [];
  let erased = 0;
  let looked = 0;
  for (let from: number | undefined = query.from ?? entries.length - 1; from !== undefined; ) {
    const page = await searchLeaves(storage, log(entries.length), { ...query, from });
    assert.ok(page.items.length <= query.limit && page.looked <= LOOKED_MAX);
    found.push(...page.items.map(({ index }) => index));
    erased += page.erased;
    looked += page.looked;
    from = page.next;
  }
  return { found, erased, looked, reads: storage.reads };
}

describe('leaves by what they are about', () => {
  const entries = Array.from({ length: 3_000 }, (_, index) => entry(index));

  it('are all that fit, newest first, whatever the pages are, and none of a name that only begins alike', async () => {
    const expected = entries
      .filter(({ leaf, personal }) => {
        const whole = readWhole({ leaf, ...(personal ? { personal } : {}) });
        return (
          whole.type === 'access' &&
          whole.resource.startsWith(`${KEYS}/`) &&
          whole.namespace === 'shop' &&
          whole.name === 'data'
        );
      })
      .map(({ index }) => index)
      .toReversed();
    assert.ok(expected.length > 500);
    for (const limit of [1, 7, 500]) {
      const { found } = await all(entries, { resource: KEYS, namespace: 'shop', name: 'data', limit });
      assert.deepEqual(found, expected, `pages of ${limit}`);
    }
  });

  it('of which it was erased whose they were are counted, as far as their kind and project say', async () => {
    const { erased } = await all(entries, { resource: KEYS, namespace: 'shop', name: 'data', limit: 100 });
    const gone = entries.filter(({ index, personal }) => personal === undefined && index % 8 < 6);
    assert.equal(erased, gone.length);
  });

  it('of a caller and a stretch of time are found without reading the whole log', async () => {
    const since_ms = START_MS + 1_000 * MINUTE_MS;
    const until_ms = START_MS + 1_100 * MINUTE_MS;
    const { found, looked } = await all(entries, { actor: 'bert', since_ms, until_ms, limit: 500 });
    const expected = entries
      .filter(({ index, personal }) => index >= 1_000 && index <= 1_100 && index % 3 === 1 && personal)
      .map(({ index }) => index)
      .toReversed();
    assert.deepEqual(found, expected);
    assert.ok(looked < 110, `${looked} were looked at`);
  });

  it('in a long log are looked for in bounded looks, and not before the oldest that is asked for', async () => {
    const many = Array.from({ length: LOOKED_MAX + 3_000 }, (_, index) => entry(index));
    const query = { resource: KEYS, name: 'no such', limit: 10 };
    const first = await searchLeaves(storageOf(many), log(many.length), query);
    assert.deepEqual([first.items.length, first.looked, first.next], [0, LOOKED_MAX, 2_999]);
    const rest = await searchLeaves(storageOf(many), log(many.length), { ...query, from: 2_999 });
    assert.deepEqual([rest.looked, rest.next], [3_000, undefined]);
    const short = await searchLeaves(storageOf(many), log(many.length), { limit: 500, to: many.length - 3 });
    assert.deepEqual(
      [short.items.map(({ index }) => index), short.next],
      [[many.length - 1, many.length - 2, many.length - 3], undefined],
    );
    const none = await searchLeaves(storageOf([]), log(0), { limit: 500 });
    assert.deepEqual([none.items, none.next, none.looked], [[], undefined, 0]);
  });
});
