import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { KubeObject } from '../object.ts';
import { BatchView } from './batch-view.ts';
import type { Change } from './change.ts';
import { ObjectEntry } from './entry.ts';
import { Note, Widget } from './example-kinds.ts';
import { SortedMap } from './sorted-map.ts';
import { RealmState } from './state.ts';

// The same examples at every run.
fc.configureGlobal({ seed: 20_261_121 });

describe('a sorted map', () => {
  it('holds what a map would, in the order of its keys', () => {
    const steps = fc.array(fc.tuple(fc.boolean(), fc.string({ maxLength: 3 }), fc.nat()), {
      maxLength: 2_000,
    });
    fc.assert(
      fc.property(steps, (done) => {
        const map = new SortedMap<number>();
        const model = new Map<string, number>();
        for (const [put, key, value] of done) {
          if (put) {
            map.set(key, value);
            model.set(key, value);
          } else assert.equal(map.delete(key), model.delete(key));
        }
        const keys = [...model.keys()].sort();
        assert.deepEqual([...map.keys()], keys);
        assert.deepEqual(
          [...map.values()],
          keys.map((key) => model.get(key)),
        );
        assert.equal(map.size, model.size);
      }),
      { numRuns: 50 },
    );
  });

  it('stays in order over many buckets, whichever way it grows and shrinks', () => {
    const map = new SortedMap<number>();
    const key = (n: number) => String(n).padStart(6, '0');
    const count = 5_000;
    for (let n = 0; n < count; n++) map.set(key((n * 7_919) % count), n);
    assert.deepEqual(
      [...map.keys()],
      Array.from({ length: count }, (_, n) => key(n)),
    );
    for (let n = 0; n < count; n += 2) map.delete(key(n));
    assert.deepEqual(
      [...map.keys()],
      Array.from({ length: count / 2 }, (_, n) => key(2 * n + 1)),
    );
  });
});

interface Step {
  readonly act: 'put' | 'remove';
  readonly secret: boolean;
  readonly namespace: string;
  readonly name: string;
  readonly owner: string;
}

const steps = fc.array(
  fc.record<Step>({
    act: fc.constantFrom('put' as const, 'put' as const, 'remove' as const),
    secret: fc.boolean(),
    namespace: fc.constantFrom('a', 'b'),
    name: fc.constantFrom('u', 'v', 'w', 'x', 'y', 'z'),
    owner: fc.constantFrom('o1', 'o2'),
  }),
  { maxLength: 40 },
);

/** The change that a step is on a view; none when there is nothing to remove. */
function changeOf(view: BatchView, step: Step): Change | undefined {
  const kind = step.secret ? Note : Widget;
  const previous = view.entry(kind, { namespace: step.namespace, name: step.name });
  if (step.act === 'remove' && !previous) return undefined;
  const object: KubeObject = {
    apiVersion: kind.apiVersion,
    kind: kind.kind,
    metadata: {
      name: step.name,
      namespace: step.namespace,
      uid: previous?.uid ?? `uid-${view.nextRevision}`,
      resourceVersion: String(view.nextRevision),
      generation: 1,
      creationTimestamp: '2026-01-01T00:00:00Z',
      ownerReferences: [{ apiVersion: 'v1', kind: 'X', name: 'x', uid: step.owner }],
    },
  };
  const entry = ObjectEntry.of(kind, object);
  if (!previous) return { type: 'created', kind, entry };
  return { type: step.act === 'remove' ? 'deleted' : 'updated', kind, entry, previous };
}

/** All that a view answers, in one value. */
function answers(view: RealmState | BatchView) {
  const names = (entries: Iterable<{ namespace: string | undefined; name: string; revision: number }>) =>
    Array.from(entries, ({ namespace, name, revision }) => `${namespace}/${name}@${revision}`);
  const dependents = (owner: string) =>
    Array.from(view.dependents(owner), ({ entry }) => `${entry.uid}@${entry.revision}`).sort();
  return [Widget, Note].map((kind) => ({
    revision: view.revision,
    all: names(view.entries(kind)),
    a: names(view.entries(kind, 'a')),
    counts: [view.count(kind), view.count(kind, 'a'), view.count(kind, 'b')],
    listed: view.list(kind).map(({ metadata }) => metadata.uid),
    byUid: view.list(kind).map(({ metadata }) => view.byUid(metadata.uid)?.entry.revision),
    owned: [dependents('o1'), dependents('o2')],
  }));
}

describe('the view inside a batch', () => {
  it('answers exactly as the state will once the batch is committed', () => {
    fc.assert(
      fc.property(steps, steps, (before, batch) => {
        const state = new RealmState('/orgs/acme', 1);
        const commit = (done: readonly Step[]) => {
          const view = new BatchView(state);
          const changes: (Change | undefined)[] = [];
          for (const step of done) {
            const change = changeOf(view, step);
            view.apply(change);
            changes.push(change);
          }
          return { view, changes };
        };
        for (const change of commit(before).changes) state.apply(state.revision + 1, change);
        const untouched = answers(state);
        const { view, changes } = commit(batch);
        assert.deepEqual(answers(state), untouched);
        const seen = answers(view);
        const counted = [Widget, Note].map((kind) => state.changes(kind));
        for (const change of changes) state.apply(state.revision + 1, change);
        assert.deepEqual(seen, answers(state));
        // The count of a kind's changes moves when, and only when, one of its objects did.
        const moved = [Widget, Note].map((kind, index) => state.changes(kind) !== counted[index]);
        const touched = [Widget, Note].map((kind) => changes.some((change) => change?.kind === kind));
        assert.deepEqual(moved, touched);
      }),
      { numRuns: 300 },
    );
  });

  it('is in order of namespace, then name', () => {
    const state = new RealmState('/orgs/acme', 1);
    for (const [namespace, name] of [
      ['b', 'x'],
      ['a', 'z'],
      ['b', 'w'],
      ['a', 'y'],
    ] as const) {
      const view = new BatchView(state);
      state.apply(
        2 + state.count(Widget),
        changeOf(view, { act: 'put', secret: false, namespace, name, owner: 'o' }),
      );
    }
    assert.deepEqual(
      Array.from(state.entries(Widget), ({ namespace, name }) => `${namespace}/${name}`),
      ['a/y', 'a/z', 'b/w', 'b/x'],
    );
  });
});

describe('objects that left the store', () => {
  it('cannot be changed by whoever reads them', () => {
    const entry = changeOf(new BatchView(new RealmState('/orgs/acme', 1)), {
      act: 'put',
      secret: false,
      namespace: 'a',
      name: 'x',
      owner: 'o',
    })?.entry;
    const object = entry?.object() as unknown as { metadata: { ownerReferences: { uid: string }[] } };
    assert.throws(() => {
      object.metadata.ownerReferences.push({ uid: 'y' });
    }, TypeError);
  });
});
