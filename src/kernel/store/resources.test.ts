import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { forbidden, isStatusError, type StatusError } from '../errors.ts';
import type { Admission } from '../kind.ts';
import type { DraftObject } from '../object.ts';
import type { ChangeContext, Realm } from '../realm.ts';
import { EXAMPLE_KINDS, Note, Project, Tenant, Widget } from './example-kinds.ts';
import { openTestRealms, type TestRealms, type TestRealmsOptions } from './test-realms.ts';

const ACME = '/orgs/acme';

interface Bench extends TestRealms {
  readonly acme: Realm;
  readonly me: ChangeContext;
}

async function bench(test: TestContext, options: Partial<TestRealmsOptions> = {}): Promise<Bench> {
  const opened = await openTestRealms({ kinds: EXAMPLE_KINDS, ...options });
  const { realm, release } = await opened.realms.acquire(ACME);
  test.after(async () => {
    release();
    await opened.close();
  });
  return { ...opened, acme: realm, me: opened.context(ACME) };
}

const widget = (name: string, spec: Record<string, unknown> = {}): DraftObject => ({
  metadata: { name },
  spec,
});

async function refusal(promise: Promise<unknown>): Promise<StatusError> {
  try {
    await promise;
  } catch (error) {
    if (isStatusError(error)) return error;
    throw error;
  }
  throw new assert.AssertionError({ message: 'expected a refusal' });
}

describe('create', () => {
  it('fills in defaults, identity and the revision that is the index of its leaf', async (t) => {
    const { acme, me } = await bench(t);
    const { object } = await acme.resources.create(Widget, 'shop', widget('w'), me);
    assert.deepEqual(object, {
      apiVersion: 'test.casemate.internal/v1',
      kind: 'Widget',
      metadata: {
        name: 'w',
        namespace: 'shop',
        uid: object.metadata.uid,
        resourceVersion: '2',
        generation: 1,
        creationTimestamp: '2026-01-01T00:00:00Z',
      },
      spec: { size: 1, color: 'red', parts: [] },
    });
    assert.deepEqual(acme.view.get(Widget, { namespace: 'shop', name: 'w' }), object);
    assert.equal(acme.view.revision, 2);
  });

  it('drops a status that the client sent', async (t) => {
    const { acme, me } = await bench(t);
    const { object } = await acme.resources.create(
      Widget,
      'shop',
      { ...widget('w'), status: { phase: 'Ready' } },
      me,
    );
    assert.equal(object.status, undefined);
  });

  it('gives an object the uid and the status that the region knew before it made it, in one leaf', async (t) => {
    const { acme, me } = await bench(t);
    const uid = '8d3c3f9e-0000-4000-8000-000000000001';
    const born = { uid, status: { phase: 'Signed' } };
    const { object } = await acme.resources.create(Widget, 'shop', widget('w'), me, { born });
    assert.equal(object.metadata.uid, uid);
    assert.deepEqual(object.status, { phase: 'Signed' });
    assert.equal(acme.view.revision, 2);
    const wrong = { uid, status: { phase: 1 } };
    const { reason } = await refusal(acme.resources.create(Widget, 'shop', widget('v'), me, { born: wrong }));
    assert.equal(reason, 'Invalid');
  });

  it('completes generateName to a free name', async (t) => {
    const { acme, me } = await bench(t);
    const made = await Promise.all(
      Array.from({ length: 50 }, () =>
        acme.resources.create(Widget, 'shop', { metadata: { generateName: 'w-' }, spec: {} }, me),
      ),
    );
    const names = new Set(made.map(({ object }) => object.metadata.name));
    assert.equal(names.size, 50);
    for (const name of names) assert.match(name, /^w-[a-z0-9]{5}$/);
  });

  it('refuses a name that is taken, even by a write ahead in the same batch', async (t) => {
    const { acme, me } = await bench(t);
    const [first, second] = await Promise.allSettled([
      acme.resources.create(Widget, 'shop', widget('w'), me),
      acme.resources.create(Widget, 'shop', widget('w'), me),
    ]);
    assert.equal(first.status, 'fulfilled');
    assert.ok(second.status === 'rejected' && isStatusError(second.reason, 'AlreadyExists'));
    assert.equal(second.reason.message, 'widgets.test.casemate.internal "w" already exists');
    assert.equal(acme.view.revision, 2);
  });

  it('names every field that is wrong, and says what would be right', async (t) => {
    const { acme, me } = await bench(t);
    const error = await refusal(
      acme.resources.create(Widget, 'shop', widget('W', { size: 65, color: 'blue', parts: [{}] }), me),
    );
    assert.equal(error.code, 422);
    assert.deepEqual(
      error.details?.causes?.map(({ field, message }) => `${field}: ${message}`),
      [
        "metadata.name: Invalid value: \"W\": must consist of lower case letters, digits, '-' and '.', and start and end with a letter or digit, for example 'web-1.example'",
        'spec.size: Invalid value: 65: must be from 1 to 64',
        'spec.color: Unsupported value: "blue": supported values: "red", "green"',
        'spec.parts[0].name: Required value: a string',
      ],
    );
  });

  it('refuses unknown fields by default, warns of them or takes them out when asked', async (t) => {
    const { acme, me } = await bench(t);
    const draft = widget('w', { sise: 3, origin: 'x' });
    const error = await refusal(acme.resources.create(Widget, 'shop', draft, me));
    assert.equal(error.reason, 'BadRequest');
    assert.equal(
      error.message,
      'Widget in version "v1" cannot be handled as a Widget: strict decoding error: unknown field "spec.sise" (did you mean "size"?)',
    );
    const warned = await acme.resources.create(Widget, 'shop', draft, me, { fieldValidation: 'Warn' });
    assert.deepEqual(warned.warnings, ['unknown field "spec.sise" (did you mean "size"?)']);
    assert.deepEqual(warned.object.spec, { size: 1, color: 'red', origin: 'x', parts: [] });
    const pruned = await acme.resources.create(Widget, 'shop', { ...draft, metadata: { name: 'v' } }, me, {
      fieldValidation: 'Ignore',
    });
    assert.deepEqual(pruned.warnings, []);
  });

  it('keeps realm kinds and project kinds, and kinds of other realms, apart', async (t) => {
    const { acme, me } = await bench(t);
    assert.equal((await refusal(acme.resources.create(Widget, undefined, widget('w'), me))).code, 400);
    assert.equal(
      (await refusal(acme.resources.create(Project, 'shop', { metadata: { name: 'x' } }, me))).code,
      400,
    );
    assert.equal(
      (await refusal(acme.resources.create(Tenant, undefined, { metadata: { name: 'x' } }, me))).code,
      405,
    );
  });

  it('decides a dry run like any other write, and writes nothing', async (t) => {
    const { acme, context } = await bench(t);
    const dry = context(ACME, { dryRun: true });
    const { object } = await acme.resources.create(Widget, 'shop', widget('w'), dry);
    assert.equal(object.metadata.name, 'w');
    assert.equal(acme.view.count(Widget), 0);
    assert.equal(acme.view.revision, 1);
    await acme.resources.create(Widget, 'shop', widget('w'), context(ACME));
    assert.equal((await refusal(acme.resources.create(Widget, 'shop', widget('w'), dry))).code, 409);
  });

  it('refuses keys that could reach a prototype, and nesting without end', async (t) => {
    const { acme, me } = await bench(t);
    const polluted = JSON.parse('{"metadata":{"name":"w","labels":{"__proto__":"x"}},"spec":{}}');
    assert.equal(
      (await refusal(acme.resources.create(Widget, 'shop', polluted, me))).message,
      'metadata.labels.__proto__: "__proto__" cannot be the name of a field',
    );
    let deep: unknown = 'x';
    for (let level = 0; level < 100; level++) deep = { deep };
    assert.equal((await refusal(acme.resources.create(Widget, 'shop', widget('w', { deep }), me))).code, 400);
  });
});

describe('update', () => {
  it('raises generation when the desired state changes, not when labels do', async (t) => {
    const { acme, me } = await bench(t);
    const key = { namespace: 'shop', name: 'w' };
    await acme.resources.create(Widget, 'shop', widget('w', { size: 1 }), me);
    const sized = await acme.resources.update(Widget, key, widget('w', { size: 2 }), me);
    assert.equal(sized.object.metadata.generation, 2);
    const labelled = await acme.resources.update(
      Widget,
      key,
      { metadata: { name: 'w', labels: { a: 'b' } }, spec: { size: 2 } },
      me,
    );
    assert.equal(labelled.object.metadata.generation, 2);
    assert.equal(labelled.object.metadata.resourceVersion, '4');
  });

  it('writes nothing when nothing changes', async (t) => {
    const { acme, me } = await bench(t);
    const { object } = await acme.resources.create(Widget, 'shop', widget('w'), me);
    const again = await acme.resources.update(
      Widget,
      { namespace: 'shop', name: 'w' },
      object as unknown as DraftObject,
      me,
    );
    assert.deepEqual(again.object, object);
    assert.equal(acme.view.revision, 2);
  });

  it('refuses a stale resourceVersion and another uid with Conflict', async (t) => {
    const { acme, me } = await bench(t);
    const key = { namespace: 'shop', name: 'w' };
    const { object } = await acme.resources.create(Widget, 'shop', widget('w'), me);
    await acme.resources.update(Widget, key, widget('w', { size: 2 }), me);
    const stale = { ...widget('w', { size: 3 }), metadata: { name: 'w', resourceVersion: '2' } };
    const error = await refusal(acme.resources.update(Widget, key, stale, me));
    assert.equal(error.reason, 'Conflict');
    assert.equal(
      error.message,
      'operation cannot be fulfilled on widgets.test.casemate.internal "w": the object has been modified; please apply your changes to the latest version and try again',
    );
    const other = { ...widget('w'), metadata: { name: 'w', uid: 'x' } };
    assert.match(
      (await refusal(acme.resources.update(Widget, key, other, me))).message,
      new RegExp(`Precondition failed: UID in precondition: x, UID in object meta: ${object.metadata.uid}`),
    );
  });

  it('names the path of an immutable field', async (t) => {
    const { acme, me } = await bench(t);
    const key = { namespace: 'shop', name: 'w' };
    await acme.resources.create(Widget, 'shop', widget('w'), me);
    await acme.resources.update(Widget, key, widget('w', { origin: 'here' }), me);
    const error = await refusal(acme.resources.update(Widget, key, widget('w', { origin: 'there' }), me));
    assert.equal(error.code, 422);
    assert.deepEqual(error.details?.causes, [
      {
        reason: 'FieldValueInvalid',
        field: 'spec.origin',
        message: 'Invalid value: field is immutable; it is "here"',
      },
    ]);
  });

  it('keeps status and spec apart', async (t) => {
    const { acme, me } = await bench(t);
    const key = { namespace: 'shop', name: 'w' };
    await acme.resources.create(Widget, 'shop', widget('w'), me);
    const withStatus = await acme.resources.updateStatus(
      Widget,
      key,
      { ...widget('ignored-spec', { size: 9 }), metadata: {}, status: { phase: 'Ready' } },
      me,
    );
    assert.deepEqual(withStatus.object.spec, { size: 1, color: 'red', parts: [] });
    assert.deepEqual(withStatus.object.status, { phase: 'Ready' });
    assert.equal(withStatus.object.metadata.generation, 1);
    const updated = await acme.resources.update(
      Widget,
      key,
      { ...widget('w', { size: 2 }), status: { phase: 'Broken' } },
      me,
    );
    assert.deepEqual(updated.object.status, { phase: 'Ready' });
    const error = await refusal(
      acme.resources.updateStatus(Widget, key, { metadata: {}, status: { phase: 3 } }, me),
    );
    assert.deepEqual(
      error.details?.causes?.map(({ field }) => field),
      ['status.phase'],
    );
  });

  it('answers NotFound for what is not there', async (t) => {
    const { acme, me } = await bench(t);
    const error = await refusal(
      acme.resources.update(Widget, { namespace: 'shop', name: 'w' }, widget('w'), me),
    );
    assert.equal(error.message, 'widgets.test.casemate.internal "w" not found');
  });
});

describe('modify', () => {
  it('never conflicts: concurrent changes all count', async (t) => {
    const { acme, me } = await bench(t);
    await acme.resources.create(Widget, 'shop', widget('w', { size: 1 }), me);
    await Promise.all(
      Array.from({ length: 20 }, () =>
        acme.resources.modify(Widget, { namespace: 'shop', name: 'w' }, me, (current) => ({
          ...current,
          spec: { ...current.spec, size: current.spec.size + 1 },
        })),
      ),
    );
    assert.equal(acme.view.get(Widget, { namespace: 'shop', name: 'w' })?.spec.size, 21);
    assert.equal(acme.view.revision, 22);
  });

  it('writes nothing when the same object comes back', async (t) => {
    const { acme, me } = await bench(t);
    await acme.resources.create(Widget, 'shop', widget('w'), me);
    await acme.resources.modify(Widget, { namespace: 'shop', name: 'w' }, me, (current) => current);
    assert.equal(acme.view.revision, 2);
  });

  it('changes only status when asked to', async (t) => {
    const { acme, me } = await bench(t);
    await acme.resources.create(Widget, 'shop', widget('w'), me);
    const { object } = await acme.resources.modify(
      Widget,
      { namespace: 'shop', name: 'w' },
      me,
      (current) => ({ ...current, spec: { ...current.spec, size: 5 }, status: { phase: 'Ready' } }),
      { subresource: 'status' },
    );
    assert.deepEqual(object.spec, { size: 1, color: 'red', parts: [] });
    assert.deepEqual(object.status, { phase: 'Ready' });
  });
});

describe('delete', () => {
  const key = { namespace: 'shop', name: 'w' };

  it('removes an object that nothing holds', async (t) => {
    const { acme, me } = await bench(t);
    await acme.resources.create(Widget, 'shop', widget('w'), me);
    const { removed, object } = await acme.resources.delete(Widget, key, me);
    assert.equal(removed, true);
    assert.equal(object.metadata.resourceVersion, '3');
    assert.equal(acme.view.get(Widget, key), undefined);
    assert.equal((await refusal(acme.resources.delete(Widget, key, me))).code, 404);
  });

  it('waits for finalizers, and goes with the last of them', async (t) => {
    const { acme, me } = await bench(t);
    const finalizers = ['test.casemate.internal/a'];
    await acme.resources.create(Widget, 'shop', { metadata: { name: 'w', finalizers }, spec: {} }, me);
    const marked = await acme.resources.delete(Widget, key, me);
    assert.equal(marked.removed, false);
    assert.equal(marked.object.metadata.deletionTimestamp, '2026-01-01T00:00:00Z');
    assert.equal(marked.object.metadata.generation, 2);
    const again = await acme.resources.delete(Widget, key, me);
    assert.equal(again.object.metadata.resourceVersion, marked.object.metadata.resourceVersion);
    const error = await refusal(
      acme.resources.modify(Widget, key, me, (current) => ({
        ...current,
        metadata: { ...current.metadata, finalizers: [...finalizers, 'test.casemate.internal/b'] },
      })),
    );
    assert.deepEqual(
      error.details?.causes?.map(({ field, reason }) => `${field} ${reason}`),
      ['metadata.finalizers FieldValueForbidden'],
    );
    await acme.resources.modify(Widget, key, me, ({ metadata, ...rest }) => ({
      ...rest,
      metadata: { ...metadata, finalizers: [] },
    }));
    assert.equal(acme.view.get(Widget, key), undefined);
  });

  it('leaves the garbage collector its finalizers, by propagation policy', async (t) => {
    const { acme, me } = await bench(t);
    for (const [policy, finalizers] of [
      ['Foreground', ['foregroundDeletion']],
      ['Orphan', ['orphan']],
    ] as const) {
      const name = policy.toLowerCase();
      await acme.resources.create(Widget, 'shop', widget(name), me);
      const { object, removed } = await acme.resources.delete(Widget, { namespace: 'shop', name }, me, {
        propagationPolicy: policy,
      });
      assert.equal(removed, false);
      assert.deepEqual(object.metadata.finalizers, finalizers);
    }
    const { removed } = await acme.resources.delete(Widget, { namespace: 'shop', name: 'orphan' }, me, {
      propagationPolicy: 'Background',
    });
    assert.equal(removed, true);
  });

  it('honours preconditions', async (t) => {
    const { acme, me } = await bench(t);
    await acme.resources.create(Widget, 'shop', widget('w'), me);
    const error = await refusal(
      acme.resources.delete(Widget, key, me, { preconditions: { uid: 'another' } }),
    );
    assert.equal(error.reason, 'Conflict');
    assert.equal(
      (await refusal(acme.resources.delete(Widget, key, me, { preconditions: { resourceVersion: '1' } })))
        .reason,
      'Conflict',
    );
  });
});

describe('admissions', () => {
  it('see the writes ahead of them in the same batch, so a quota cannot be outrun', async (t) => {
    const atMostThree: Admission = ({ operation, kind, view, object }) => {
      if (operation !== 'create' || kind !== Widget) return;
      const used = view.count(Widget, object.metadata.namespace);
      assert.equal(used, [...view.entries(Widget, object.metadata.namespace)].length);
      if (used >= 3) throw forbidden({ kind: 'Widget' }, 'three are enough');
    };
    const { acme, me } = await bench(t, { admissions: [atMostThree] });
    const outcomes = await Promise.allSettled(
      Array.from({ length: 10 }, (_, index) =>
        acme.resources.create(Widget, 'shop', widget(`w${index}`), me),
      ),
    );
    assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 3);
    assert.equal(acme.view.count(Widget, 'shop'), 3);
  });
});

describe('secrets', () => {
  it('reach storage only sealed, and the leaf says nothing of them', async (t) => {
    const { acme, me, storage } = await bench(t);
    const secret = 'correct horse battery staple';
    await acme.resources.create(Note, 'shop', { metadata: { name: 'n' }, data: { key: secret } }, me);
    const changes = await storage.readChanges(acme.uid, 0, 100);
    const stored = changes?.at(-1);
    assert.ok(stored?.change);
    assert.equal(Buffer.from(stored.change.body).includes(secret), false);
    assert.equal(Buffer.from(stored.leaf).includes(secret), false);
    const refused = await refusal(
      acme.resources.create(Note, 'shop', { metadata: { name: 'm' }, data: { key: 3 } }, me),
    );
    assert.equal(refused.details?.causes?.[0]?.message, 'Invalid value: must be a string, not a number');
  });
});
