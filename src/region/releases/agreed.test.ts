import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Current, Entry } from '#gap/release/journal.ts';
import { agreedOrder } from './agreed.ts';

const ID = { version: '0.2.0', digest: 'sha256:2', folder: '/r/2' };
const NEXT = { version: '0.3.0', digest: 'sha256:3', folder: '/r/3' };
const AT = '2126-11-22T00:00:00Z';
const STARTED: Entry = {
  attempt: 1,
  at: AT,
  step: 'Started',
  message: '',
  from: ID,
  to: NEXT,
  why: { kind: 'apply', object: '0.3.0', by: 'ann', reason: 'agreed' },
};
const CONFIRMED: Entry = { attempt: 1, at: AT, step: 'Confirmed', message: '' };
const CURRENT: Current = { ...NEXT, attempt: 1, since: AT, before: [ID] };

/** An API that knows one Release, and the trusted root. */
const api = (spec: object, phase: string) => ({
  get: async (path: string) => {
    const metadata = { name: '0.3.0', creationTimestamp: AT };
    const answers: Record<string, object> = {
      '/releases/0.3.0': {
        metadata,
        spec: { version: '0.3.0', ...spec },
        status: { phase, requestedBy: 'ann' },
      },
      '/bundletrusts/region': { status: { root: 'the root' } },
    };
    const found = answers[path.replace('/apis/gap.casemate.internal/v1', '')];
    return { code: found === undefined ? 404 : 200, body: Buffer.from(JSON.stringify(found ?? {})) };
  },
});
const nothing = { entries: [], current: undefined };

test('what is carried out is what people agreed to, as the API says it', async () => {
  assert.deepEqual(await agreedOrder(api({ apply: 'sha256:3' }, 'Approved'), '0.3.0', nothing), {
    kind: 'apply',
    object: '0.3.0',
    version: '0.3.0',
    digest: 'sha256:3',
    by: 'ann',
    reason: 'people agreed',
    root: 'the root',
  });
  const back = await agreedOrder(api({ apply: 'sha256:3', rollback: 'sha256:2' }, 'Running'), '0.3.0', {
    entries: [STARTED, CONFIRMED],
    current: CURRENT,
  });
  assert.deepEqual([back?.kind, back?.version, back?.digest], ['rollback', '0.2.0', 'sha256:2']);
});

test('asked for what nobody agreed to, what is under way, was done or is not there, nothing is begun', async () => {
  const of = (spec: object, phase: string, told: Parameters<typeof agreedOrder>[2]) =>
    agreedOrder(api(spec, phase), '0.3.0', told);
  assert.equal(await of({}, 'AwaitingApproval', nothing), undefined);
  assert.equal(await of({ apply: 'sha256:3' }, 'AwaitingApproval', nothing), undefined);
  const applied = { apply: 'sha256:3' };
  assert.equal(await of(applied, 'Approved', { entries: [STARTED], current: undefined }), undefined);
  const done = { entries: [STARTED, CONFIRMED], current: CURRENT };
  assert.equal(await of(applied, 'Approved', done), undefined);
  await assert.rejects(agreedOrder(api(applied, 'Approved'), '0.4.0', nothing), /404/);
  // Only to what ran here before.
  await assert.rejects(of({ ...applied, rollback: 'sha256:9' }, 'Running', done), /what to go back to/);
});
