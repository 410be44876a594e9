import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { isStatusError } from '../errors.ts';
import type { KubeObject } from '../object.ts';
import { changed, compare } from './compare.ts';
import { applied, owners, Site, type SiteParts, updated } from './example.ts';
import { fieldsOf } from './extract.ts';
import { difference, intersection, isEmpty, union } from './field-set.ts';
import { fieldTypeOf } from './field-type.ts';
import { encodeFields } from './fields-v1.ts';
import { decodeManagers } from './managers.ts';
import { merge } from './merge.ts';
import { trackedPart } from './tracked.ts';

fc.configureGlobal({ seed: 1, numRuns: 300 });

const TYPE = fieldTypeOf(Site);
const optional = { requiredKeys: [] };
const letters = fc.constantFrom('x', 'y', 'z');

/** Configurations whose names all begin with `prefix`, and whose plain fields are those given: with another prefix and others, disjoint. */
function configuration(prefix: string, plain: readonly ('size' | 'color')[], person: 'name' | 'phone') {
  const name = letters.map((letter) => `${prefix}${letter}`);
  const map = fc.dictionary(name, letters, { maxKeys: 3, noNullPrototype: true });
  const number = { a: 0, b: 100 }[prefix] ?? 200;
  const port = fc.record(
    {
      port: fc.integer({ min: number, max: number + 3 }),
      protocol: fc.constantFrom('TCP', 'UDP'),
      name: letters,
      weight: fc.integer({ min: 0, max: 2 }),
    },
    { requiredKeys: ['port'] },
  );
  const fields = { size: fc.integer({ min: 0, max: 3 }), color: letters };
  const spec = fc.record(
    {
      ...Object.fromEntries(plain.map((field) => [field, fields[field] as fc.Arbitrary<unknown>])),
      owner: fc.record({ [person]: letters }, optional),
      ports: fc.uniqueArray(port, {
        maxLength: 3,
        selector: ({ port: at, protocol = 'TCP' }) => `${at}/${protocol}`,
      }),
      tags: fc.uniqueArray(name, { maxLength: 3 }),
      options: map,
      [prefix === 'a' ? 'steps' : 'selector']: prefix === 'a' ? fc.array(letters, { maxLength: 2 }) : map,
      extra: fc.record(
        { [`${prefix}1`]: letters, [`${prefix}2`]: fc.array(letters, { maxLength: 2 }) },
        optional,
      ),
    },
    optional,
  );
  const metadata = fc.record(
    { labels: map, annotations: map, finalizers: fc.uniqueArray(name, { maxLength: 2 }) },
    optional,
  );
  // As it would come over the wire.
  return fc.record({ metadata, spec }, optional).map((parts): SiteParts => JSON.parse(JSON.stringify(parts)));
}

const ofA = configuration('a', ['size'], 'name');
const ofB = configuration('b', ['color'], 'phone');
const any = configuration('c', ['size', 'color'], 'name');

/** With lists in one order, since those that merge have none of their own, and without what is empty. */
const text = (value: unknown) => JSON.stringify(value);

function canonical(object: KubeObject): unknown {
  const sorted = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(sorted).sort((a, b) => (text(a) < text(b) ? -1 : 1));
    if (typeof value !== 'object' || value === null) return value;
    const members = Object.entries(value).map(([key, member]) => [key, sorted(member)] as const);
    return Object.fromEntries(members.filter(([, member]) => !isEmptyContainer(member)));
  };
  return sorted(object);
}

const isEmptyContainer = (value: unknown) =>
  typeof value === 'object' && value !== null && Object.keys(value).length === 0;

const start = applied(undefined, 'root', {
  metadata: { labels: { root: '' } },
  spec: { extra: { root: 1 } },
});

describe('server-side apply, whatever the configuration', () => {
  it('changes nothing the second time', () => {
    fc.assert(
      fc.property(any, ofA, (first, other) => {
        const once = applied(applied(start, 'other', other), 'team', first, { force: true, minute: 1 });
        assert.deepEqual(applied(once, 'team', first, { minute: 2 }), once);
      }),
    );
  });

  it('gives the applier exactly what it applied, and the object says so', () => {
    fc.assert(
      fc.property(any, any, (before, now) => {
        const object = applied(applied(start, 'team', before), 'team', now);
        const part = trackedPart({ metadata: {}, ...now }, undefined);
        const owned = encodeFields(fieldsOf(part, TYPE));
        assert.deepEqual(owners(object)['team Apply'] ?? {}, owned);
        const live = trackedPart(object, undefined);
        assert.deepEqual(merge(live, part, TYPE), live);
      }),
    );
  });

  it('never meets a conflict where managers have different fields, and their order does not matter', () => {
    fc.assert(
      fc.property(ofA, ofB, (a, b) => {
        const ab = applied(applied(start, 'a', a), 'b', b);
        const ba = applied(applied(start, 'b', b), 'a', a);
        assert.deepEqual(canonical(ab), canonical(ba));
      }),
    );
  });

  it('leaves, when somebody applies nothing any more, what others applied', () => {
    fc.assert(
      fc.property(ofA, ofB, (a, b) => {
        const alone = applied(start, 'b', b);
        const left = applied(applied(applied(start, 'a', a), 'b', b), 'a', {});
        assert.deepEqual(canonical(left), canonical(alone));
      }),
    );
  });

  it('conflicts exactly when it would change what others manage', () => {
    fc.assert(
      fc.property(any, any, (theirs, ours) => {
        const live = applied(start, 'them', theirs);
        const config = trackedPart({ metadata: {}, ...ours }, undefined);
        const before = trackedPart(live, undefined);
        const wanted = changed(compare(before, merge(before, config, TYPE), TYPE));
        const others = decodeManagers(live.metadata.managedFields).managers.map(({ fields }) => fields);
        const disputed = others
          .map((fields) => intersection(fields, wanted))
          .filter((each) => !isEmpty(each));
        try {
          applied(live, 'us', ours);
          assert.equal(disputed.length, 0);
        } catch (error) {
          if (!isStatusError(error, 'Conflict')) throw error;
          assert.ok(disputed.length > 0);
        }
      }),
    );
  });

  it('never says that somebody manages what is not there, after any history', () => {
    const step = fc.record({
      manager: fc.constantFrom('a', 'b', 'c'),
      parts: fc.oneof(ofA, ofB, any),
      how: fc.constantFrom('apply', 'update'),
    });
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 8 }), (steps) => {
        let object: KubeObject = start;
        for (const [minute, { manager, parts, how }] of steps.entries()) {
          const cleared = { labels: {}, annotations: {}, finalizers: [], ...parts.metadata };
          object =
            how === 'apply'
              ? applied(object, manager, parts, { force: true, minute })
              : updated(object, manager, { spec: {}, ...parts, metadata: cleared }, { minute });
          const there = compare(undefined, trackedPart(object, undefined), TYPE).added;
          for (const { fields } of decodeManagers(object.metadata.managedFields).managers) {
            assert.deepEqual(encodeFields(difference(fields, there)), {});
          }
        }
      }),
    );
  });
});

describe('comparing', () => {
  it('finds nothing between equals, and everything against nothing', () => {
    fc.assert(
      fc.property(any, any, (a, b) => {
        const left = trackedPart({ metadata: {}, ...a }, undefined);
        const right = trackedPart({ metadata: {}, ...b }, undefined);
        const same = compare(left, left, TYPE);
        assert.deepEqual([same.added.size, same.modified.size, same.removed.size], [0, 0, 0]);
        const forth = compare(left, right, TYPE);
        const back = compare(right, left, TYPE);
        assert.deepEqual(encodeFields(forth.added), encodeFields(back.removed));
        assert.deepEqual(encodeFields(forth.modified), encodeFields(back.modified));
        const all = compare({}, right, TYPE).added;
        assert.ok(isEmpty(difference(fieldsOf(right, TYPE), union(all, forth.modified))));
      }),
    );
  });
});
