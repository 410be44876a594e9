/**
 * Every combination of the parameters that say where a list or a watch begins, against the rules of Kubernetes written down once
 * more, in the plainest form: which are refused, how and because of which fields, and what the others give.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { TEST_KINDS } from './test-kinds.ts';
import { startTestServer, type TestAnswer, type TestServer } from './test-server.ts';
import { advanceUntil, openWatch, type WatchReader } from './test-watch.ts';

const MACHINES = '/orgs/acme/apis/lab.casemate.internal/v1/namespaces/p/machines';
const FUTURE = '999999';

interface Combination {
  readonly revision: 'absent' | 'zero' | 'old' | 'future' | 'nonsense';
  readonly match: 'absent' | 'Exact' | 'NotOlderThan' | 'Later';
  readonly token: 'absent' | 'ours' | 'nonsense';
  readonly limit: 'absent' | '1';
  readonly initial: 'absent' | 'true' | 'false';
  readonly bookmarks: 'absent' | 'true';
}

function* combinations(): Generator<Combination> {
  for (const revision of ['absent', 'zero', 'old', 'future', 'nonsense'] as const)
    for (const match of ['absent', 'Exact', 'NotOlderThan', 'Later'] as const)
      for (const token of ['absent', 'ours', 'nonsense'] as const)
        for (const limit of ['absent', '1'] as const)
          for (const initial of ['absent', 'true', 'false'] as const)
            for (const bookmarks of ['absent', 'true'] as const)
              yield { revision, match, token, limit, initial, bookmarks };
}

type Expected =
  | { readonly code: 400 | 504 }
  | { readonly code: 422; readonly fields: readonly string[] }
  | { readonly code: 200; readonly gives: readonly string[] };

/** Fields that contradict each other in a list. */
function listFields({ revision, match, token, initial }: Combination): string[] {
  const wrong: string[] = [];
  if (match !== 'absent') {
    if (token !== 'absent') wrong.push('resourceVersionMatch');
    if (match === 'Later') wrong.push('resourceVersionMatch');
    if (revision === 'absent') wrong.push('resourceVersionMatch');
    if (match === 'Exact' && revision === 'zero') wrong.push('resourceVersionMatch');
  }
  if (initial !== 'absent') wrong.push('sendInitialEvents');
  return wrong;
}

/** Fields that contradict each other in a watch. */
function watchFields({ match, token, initial }: Combination): string[] {
  const wrong: string[] = [];
  if (match !== 'absent') {
    if (token !== 'absent') wrong.push('resourceVersionMatch');
    if (match !== 'NotOlderThan') wrong.push('resourceVersionMatch');
    if (initial === 'absent') wrong.push('resourceVersionMatch');
  }
  if (initial !== 'absent' && match !== 'NotOlderThan') wrong.push('resourceVersionMatch');
  return wrong;
}

/** What was there at the old revision: a, b, c; since then c went and d came. The token of ours continues the old list after a. */
function expectedOfList(at: Combination): Expected {
  if (at.revision === 'nonsense') return { code: 400 };
  const fields = listFields(at);
  if (fields.length > 0) return { code: 422, fields };
  if (at.token === 'nonsense') return { code: 400 };
  if (at.token === 'ours') {
    if (at.revision !== 'absent' && at.revision !== 'zero') return { code: 400 };
    return { code: 200, gives: at.limit === '1' ? ['b', 'old', 'more'] : ['b', 'c', 'old'] };
  }
  if (at.revision === 'future') return { code: 504 };
  const exact = at.match === 'Exact' || (at.match === 'absent' && at.limit === '1');
  const names = exact && at.revision === 'old' ? ['a', 'b', 'c', 'old'] : ['a', 'b', 'd', 'new'];
  return { code: 200, gives: at.limit === '1' ? ['a', names[3] ?? '', 'more'] : names };
}

function expectedOfWatch(at: Combination): Expected {
  if (at.revision === 'nonsense') return { code: 400 };
  const fields = watchFields(at);
  if (fields.length > 0) return { code: 422, fields };
  if (at.revision === 'future') return { code: 504 };
  const state = ['ADDED a', 'ADDED b', 'ADDED d'];
  const since = at.revision === 'old' ? ['DELETED c', 'ADDED d'] : [];
  if (at.initial === 'false') return { code: 200, gives: since };
  if (at.initial === 'true')
    return { code: 200, gives: [...state, ...(at.bookmarks === 'true' ? ['BOOKMARK'] : [])] };
  return { code: 200, gives: at.revision === 'old' ? since : state };
}

describe('the parameters of', () => {
  let server: TestServer;
  let old = '';
  let now = '';
  let token = '';
  before(async () => {
    server = await startTestServer({ kinds: TEST_KINDS });
    const create = (name: string) =>
      server.send('POST', MACHINES, { metadata: { name }, spec: { image: 'debian' } });
    for (const name of ['a', 'b', 'c']) await create(name);
    const page = (await server.send('GET', `${MACHINES}?limit=1`)).json();
    old = page.metadata.resourceVersion;
    token = page.metadata.continue;
    await server.send('DELETE', `${MACHINES}/c`);
    now = (await create('d')).json().metadata.resourceVersion;
  });
  after(() => server.close());

  /** Lets the wait for a future revision be over. */
  const later = (sent: Promise<TestAnswer>) => advanceUntil(sent, server.testRealms.clock, 3_000);

  function queryOf({ revision, match, token: page, limit, initial, bookmarks }: Combination): string {
    const query = new URLSearchParams();
    if (revision !== 'absent')
      query.set('resourceVersion', { zero: '0', old, future: FUTURE, nonsense: 'x' }[revision]);
    if (match !== 'absent') query.set('resourceVersionMatch', match);
    if (page !== 'absent') query.set('continue', page === 'ours' ? token : 'x');
    if (limit !== 'absent') query.set('limit', limit);
    if (initial !== 'absent') query.set('sendInitialEvents', initial);
    if (bookmarks !== 'absent') query.set('allowWatchBookmarks', bookmarks);
    return query.toString();
  }

  /** A refusal is a Status that says what is wrong, in the fields and in words. */
  function assertRefusal(answer: Pick<TestAnswer, 'code' | 'json'>, expected: Expected, what: string): void {
    const status = answer.json();
    assert.deepEqual([answer.code, status.kind, status.status], [expected.code, 'Status', 'Failure'], what);
    assert.ok(status.message.length > 20, what);
    if (expected.code === 422) {
      assert.deepEqual([status.reason, status.details.kind], ['Invalid', 'ListOptions'], what);
      const fields = status.details.causes.map(({ field }: { field: string }) => field);
      assert.deepEqual([...new Set(fields)], [...new Set(expected.fields)], what);
    }
    if (expected.code === 400) assert.equal(status.reason, 'BadRequest', what);
    if (expected.code === 504) {
      assert.equal(status.reason, 'Timeout', what);
      assert.deepEqual(status.details.causes[0].reason, 'ResourceVersionTooLarge', what);
    }
  }

  test('lists, in all 720 combinations', async () => {
    let counted = 0;
    for (const combination of combinations()) {
      const query = queryOf(combination);
      const expected = expectedOfList(combination);
      const sent = server.send('GET', `${MACHINES}?${query}`);
      const answer = expected.code === 504 ? await later(sent) : await sent;
      counted += 1;
      if (expected.code !== 200) {
        assertRefusal(answer, expected, query);
        continue;
      }
      assert.equal(answer.code, 200, `${query}: ${answer.text}`);
      const { items, metadata } = answer.json();
      const gives = [
        ...items.map((item: { metadata: { name: string } }) => item.metadata.name),
        metadata.resourceVersion === old ? 'old' : metadata.resourceVersion === now ? 'new' : '?',
        ...(metadata.continue === undefined ? [] : ['more']),
      ];
      assert.deepEqual(gives, expected.gives, query);
    }
    assert.equal(counted, 720);
  });

  test('watches, in all 720 combinations', async () => {
    const open: { readonly query: string; readonly reader: WatchReader }[] = [];
    const all = [...combinations()].map((combination) => ({
      query: `watch=true&${queryOf(combination)}`,
      expected: expectedOfWatch(combination),
    }));
    assert.equal(all.length, 720);
    // The refusals first: time passes for some of them, and open watches would be told so by bookmarks.
    for (const { query, expected } of all) {
      if (expected.code === 200) continue;
      const sent = server.send('GET', `${MACHINES}?${query}`);
      assertRefusal(expected.code === 504 ? await later(sent) : await sent, expected, query);
    }
    for (const { query, expected } of all) {
      if (expected.code !== 200) continue;
      const reader = await openWatch(server, `${MACHINES}?${query}`);
      assert.equal(reader.response.statusCode, 200, query);
      assert.deepEqual(await reader.take(expected.gives.length), expected.gives, query);
      open.push({ query, reader });
    }
    // Nothing but what was expected has come: the next thing that each one sees is this.
    await server.send('POST', MACHINES, { metadata: { name: 'z' }, spec: { image: 'debian' } });
    for (const { query, reader } of open) {
      assert.deepEqual(await reader.take(1), ['ADDED z'], query);
      reader.close();
    }
    await server.send('DELETE', `${MACHINES}/z`);
    assert.ok(open.length > 50, String(open.length));
  });
});
