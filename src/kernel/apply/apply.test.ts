import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isStatusError, type StatusError } from '../errors.ts';
import { applied, owners, Site, site, updated } from './example.ts';
import { LAST_APPLIED } from './last-applied.ts';
import { MANAGERS_MAX } from './managers.ts';

function conflictOf(act: () => unknown): StatusError {
  try {
    act();
  } catch (error) {
    if (isStatusError(error, 'Conflict')) return error;
    throw error;
  }
  throw new assert.AssertionError({ message: 'expected a conflict' });
}

const fieldsOf = (error: StatusError) => error.details?.causes?.map(({ field }) => field);

describe('ownership', () => {
  it('is of exactly what was applied, by the rules of each list and map', () => {
    const object = applied(undefined, 'team', {
      metadata: {
        labels: { app: 'web' },
        annotations: {},
        finalizers: ['a/b'],
        ownerReferences: [{ uid: '1', apiVersion: 'v1', kind: 'K', name: 'n' }],
      },
      spec: {
        size: 1,
        owner: { name: 'Ann' },
        ports: [{ port: 80, name: 'http' }],
        tags: ['x'],
        steps: ['one', 'two'],
        selector: { a: 'b' },
        options: { o: 'p' },
        extra: { deep: { er: [1] }, none: {} },
      },
    });
    assert.deepEqual(owners(object), {
      'team Apply': {
        'f:metadata': {
          'f:labels': { 'f:app': {} },
          'f:annotations': {},
          'f:finalizers': { 'v:"a/b"': {} },
          'f:ownerReferences': {
            'k:{"uid":"1"}': { '.': {}, 'f:uid': {}, 'f:apiVersion': {}, 'f:kind': {}, 'f:name': {} },
          },
        },
        'f:spec': {
          'f:size': {},
          'f:owner': { 'f:name': {} },
          'f:ports': { 'k:{"port":80,"protocol":"TCP"}': { '.': {}, 'f:port': {}, 'f:name': {} } },
          'f:tags': { 'v:"x"': {} },
          'f:steps': {},
          'f:selector': {},
          'f:options': { 'f:o': {} },
          'f:extra': { 'f:deep': { '.': {}, 'f:er': {} }, 'f:none': {} },
        },
      },
    });
  });

  it('is of nothing that the server says itself, and of no status', () => {
    const object = applied(undefined, 'team', {
      metadata: { uid: 'x', generation: 3 },
      status: { phase: 'Up' },
    });
    assert.deepEqual(owners(object), {});
  });

  it('is shared by those who apply the same value', () => {
    const one = applied(undefined, 'a', { spec: { size: 1 } });
    const both = applied(one, 'b', { spec: { size: 1 } });
    assert.deepEqual(owners(both), {
      'a Apply': { 'f:spec': { 'f:size': {} } },
      'b Apply': { 'f:spec': { 'f:size': {} } },
    });
    assert.deepEqual(applied(both, 'a', {}).spec, { size: 1 }, 'one leaves, and the other still wants it');
  });

  it('keeps its time while nothing changes', () => {
    const one = applied(undefined, 'a', { spec: { size: 1 } }, { minute: 1 });
    assert.deepEqual(applied(one, 'a', { spec: { size: 1 } }, { minute: 2 }), one);
    const [entry] = applied(one, 'a', { spec: { size: 2 } }, { minute: 3 }).metadata.managedFields ?? [];
    assert.equal((entry as { time: string }).time, '2026-01-01T00:03:00Z');
  });

  it('of status is apart from that of the object', () => {
    const one = applied(undefined, 'a', { spec: { size: 1 } });
    const status = { conditions: [{ type: 'Ready', status: 'True' }] };
    const both = applied(one, 'a', { spec: { size: 9 }, status }, { subresource: 'status' });
    assert.deepEqual([both.spec, both.status], [{ size: 1 }, status]);
    assert.deepEqual(owners(both), {
      'a Apply': { 'f:spec': { 'f:size': {} } },
      'a Apply status': {
        'f:status': { 'f:conditions': { 'k:{"type":"Ready"}': { '.': {}, 'f:type': {}, 'f:status': {} } } },
      },
    });
  });

  it('is refused to more managers than an object can remember', () => {
    let object = applied(undefined, 'm-0', { metadata: { labels: { l0: '' } } });
    for (let each = 1; each < MANAGERS_MAX; each++) {
      object = applied(object, `m-${each}`, { metadata: { labels: { [`l${each}`]: '' } } });
    }
    assert.throws(
      () => applied(object, 'one-more', { metadata: { labels: { more: '' } } }),
      (error) => isStatusError(error, 'Invalid'),
    );
    assert.ok(
      applied(object, 'm-0', { metadata: { labels: { l0: 'x' } } }),
      'who is there already may go on',
    );
  });
});

describe('the first apply', () => {
  it('finds what was there before in the hands of before-first-apply', () => {
    const live = site({
      metadata: { labels: { app: 'web' } },
      spec: { size: 1, steps: ['x'] },
      status: { phase: 'Up' },
    });
    const object = applied(live, 'team', { spec: { size: 1, color: 'red' } });
    assert.deepEqual(owners(object), {
      'team Apply': { 'f:spec': { 'f:size': {}, 'f:color': {} } },
      'before-first-apply Update': {
        'f:metadata': { 'f:labels': { '.': {}, 'f:app': {} } },
        'f:spec': { '.': {}, 'f:size': {}, 'f:steps': {} },
      },
    });
    assert.deepEqual(object.status, { phase: 'Up' });
    assert.deepEqual(fieldsOf(conflictOf(() => applied(live, 'team', { spec: { size: 2 } }))), [
      '.spec.size',
    ]);
  });

  it('takes over what kubectl applied from its side, for kubectl', () => {
    const lastApplied = JSON.stringify({
      apiVersion: Site.apiVersion,
      kind: Site.kind,
      metadata: { name: 'site', annotations: {} },
      spec: { size: 1, color: 'red' },
    });
    const live = site({
      metadata: { annotations: { [LAST_APPLIED]: lastApplied } },
      spec: { size: 1, color: 'blue', steps: ['x'] },
    });
    const object = applied(live, 'kubectl', { spec: { size: 2 } });
    assert.deepEqual(object.spec, { size: 2, color: 'blue', steps: ['x'] });
    assert.deepEqual(JSON.parse(object.metadata.annotations?.[LAST_APPLIED] ?? '').spec, { size: 2 });
    const refused = conflictOf(() =>
      applied(live, 'kubectl', { spec: { size: 2, color: 'green', steps: [] } }),
    );
    assert.deepEqual(
      fieldsOf(refused),
      ['.spec.color', '.spec.steps'],
      'color was changed since, steps never was its',
    );
    assert.deepEqual(fieldsOf(conflictOf(() => applied(live, 'other', { spec: { size: 2 } }))), [
      '.spec.size',
    ]);
  });

  it('is not misled by an annotation that is no configuration', () => {
    for (const text of [
      '{',
      '[]',
      'null',
      '{"metadata":1}',
      '{"apiVersion":"v9","metadata":{},"spec":{"size":1}}',
    ]) {
      const live = site({ metadata: { annotations: { [LAST_APPLIED]: text } }, spec: { size: 1 } });
      const refused = conflictOf(() => applied(live, 'kubectl', { spec: { size: 2 } }));
      assert.deepEqual(fieldsOf(refused), ['.spec.size']);
    }
  });
});

describe('conflicts', () => {
  it('name the other manager and the field', () => {
    const live = applied(undefined, 'a', {
      spec: { size: 1, ports: [{ port: 80, weight: 1 }], tags: ['x'] },
    });
    const one = conflictOf(() => applied(live, 'b', { spec: { ports: [{ port: 80, weight: 2 }] } }));
    assert.equal(
      one.message,
      'Apply failed with 1 conflict: conflict with "a": .spec.ports[port=80,protocol="TCP"].weight',
    );
    assert.deepEqual(one.toStatus(), {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: one.message,
      reason: 'Conflict',
      details: {
        group: 'test.casemate.internal',
        kind: 'Site',
        name: 'site',
        causes: [
          {
            reason: 'FieldManagerConflict',
            message: 'conflict with "a"',
            field: '.spec.ports[port=80,protocol="TCP"].weight',
          },
        ],
      },
      code: 409,
    });
  });

  it('are grouped by manager, and say how and when who updated did', () => {
    const first = applied(undefined, 'b', { spec: { size: 1, color: 'red' } });
    const live = updated(first, 'kubectl-edit', { spec: { size: 2, color: 'red' } }, { minute: 5 });
    const refused = conflictOf(() => applied(live, 'c', { spec: { size: 3, color: 'blue' } }));
    assert.equal(
      refused.message,
      'Apply failed with 2 conflicts: conflicts with "b":\n- .spec.color\n' +
        'conflicts with "kubectl-edit" using test.casemate.internal/v1 at 2026-01-01T00:05:00Z:\n- .spec.size',
    );
  });

  it('are with a list as a whole where nobody can share it', () => {
    const live = applied(undefined, 'a', { spec: { steps: ['one'], selector: { a: 'b' } } });
    const refused = conflictOf(() =>
      applied(live, 'b', { spec: { steps: ['one', 'two'], selector: { c: 'd' } } }),
    );
    assert.deepEqual(fieldsOf(refused), ['.spec.selector', '.spec.steps']);
  });

  it('are overcome by force, and the other loses just that', () => {
    const live = applied(undefined, 'a', { spec: { size: 1, color: 'red' } });
    const object = applied(live, 'b', { spec: { size: 2 } }, { force: true });
    assert.deepEqual(object.spec, { size: 2, color: 'red' });
    assert.deepEqual(owners(object), {
      'a Apply': { 'f:spec': { 'f:color': {} } },
      'b Apply': { 'f:spec': { 'f:size': {} } },
    });
  });

  it('are not with oneself, whatever one applied before', () => {
    const live = applied(undefined, 'a', { spec: { size: 1 } });
    assert.deepEqual(applied(live, 'a', { spec: { size: 2 } }).spec, { size: 2 });
    const own = updated(live, 'a', { spec: { size: 3 } });
    assert.deepEqual(
      fieldsOf(conflictOf(() => applied(own, 'a', { spec: { size: 4 } }))),
      ['.spec.size'],
      'but an update is not an apply',
    );
  });
});

describe('what is applied no longer', () => {
  it('goes, with a container that nobody has anything in', () => {
    const live = applied(undefined, 'a', {
      metadata: { labels: { app: 'web' } },
      spec: { size: 1, owner: { name: 'Ann' }, ports: [{ port: 80 }, { port: 81 }], tags: ['x', 'y'] },
    });
    const object = applied(live, 'a', { spec: { ports: [{ port: 81 }], tags: ['y'] } });
    assert.deepEqual(
      [object.metadata.labels, object.spec],
      [undefined, { ports: [{ port: 81 }], tags: ['y'] }],
    );
  });

  it('stays as long as somebody else manages it, by applying or not', () => {
    const first = applied(undefined, 'a', { spec: { size: 1, color: 'red', owner: { name: 'Ann' } } });
    const second = applied(first, 'b', { spec: { color: 'red', owner: { phone: '1' } } });
    const third = updated(second, 'edit', { spec: { ...(second.spec as object), size: 2 } });
    const object = applied(third, 'a', {});
    assert.deepEqual(object.spec, { size: 2, color: 'red', owner: { phone: '1' } });
    assert.deepEqual(Object.keys(owners(object)), ['b Apply', 'edit Update']);
  });

  it('takes with it defaults that make no sense alone, and not what else is in a list', () => {
    const live = applied(undefined, 'a', {
      metadata: { finalizers: ['a/mine'], labels: { mine: '' } },
      spec: { owner: { name: 'Ann' } },
    });
    const filled = {
      ...live,
      metadata: { ...live.metadata, finalizers: ['a/mine', 'casemate/ours'], labels: { mine: '', ours: '' } },
      spec: { owner: { name: 'Ann', phone: 'a default' } },
    };
    const object = applied(filled, 'a', {});
    assert.deepEqual(
      [object.spec, object.metadata.finalizers, object.metadata.labels],
      [undefined, ['casemate/ours'], { ours: '' }],
    );
  });

  it('is somebody else’s who put it back since', () => {
    const live = applied(undefined, 'a', { spec: { size: 1 } });
    const edited = updated(live, 'edit', { spec: { size: 2 } });
    assert.deepEqual(applied(edited, 'a', { spec: { color: 'red' } }).spec, { size: 2, color: 'red' });
  });
});

describe('keyed lists', () => {
  it('merge by key, in the order that was applied; others keep their place', () => {
    const port = (number: number, more: object = {}) => ({ port: number, ...more });
    const live = applied(undefined, 'a', { spec: { ports: [port(1), port(2), port(3)] } });
    const object = applied(live, 'b', { spec: { ports: [port(9), port(3, { weight: 1 }), port(1)] } });
    assert.deepEqual(object.spec, { ports: [port(2), port(9), port(3, { weight: 1 }), port(1)] });
  });

  it('know an element by its default where the key is left out', () => {
    const live = applied(undefined, 'a', {
      spec: {
        ports: [
          { port: 53, protocol: 'TCP' },
          { port: 53, protocol: 'UDP' },
        ],
      },
    });
    const object = applied(live, 'b', { spec: { ports: [{ port: 53, name: 'dns' }] } });
    assert.deepEqual(object.spec, {
      ports: [
        { port: 53, protocol: 'TCP', name: 'dns' },
        { port: 53, protocol: 'UDP' },
      ],
    });
  });
});

describe('updates', () => {
  it('are not tracked before the first apply', () => {
    assert.deepEqual(owners(updated(site({ spec: { size: 1 } }), 'kubectl', { spec: { size: 2 } })), {});
  });

  it('own what they set, and take it from others', () => {
    const live = applied(undefined, 'a', {
      spec: { size: 1, color: 'red' },
      metadata: { labels: { app: 'web' } },
    });
    const object = updated(live, 'edit', {
      spec: { size: 2, color: 'red', owner: { name: 'Ann' } },
      metadata: { labels: {} },
    });
    assert.deepEqual(owners(object), {
      'a Apply': { 'f:spec': { 'f:color': {} } },
      'edit Update': { 'f:spec': { 'f:size': {}, 'f:owner': { '.': {}, 'f:name': {} } } },
    });
    const more = updated(object, 'edit', { spec: { size: 2, color: 'blue' } });
    assert.deepEqual(owners(more), { 'edit Update': { 'f:spec': { 'f:size': {}, 'f:color': {} } } });
  });

  it('through status count as such', () => {
    const live = applied(undefined, 'a', { spec: { size: 1 } });
    const object = updated(live, 'controller', { status: { phase: 'Up' } }, { subresource: 'status' });
    assert.deepEqual(owners(object)['controller Update status'], { 'f:status': { '.': {}, 'f:phase': {} } });
    assert.deepEqual(
      fieldsOf(
        conflictOf(() => applied(object, 'a', { status: { phase: 'Down' } }, { subresource: 'status' })),
      ),
      ['.status.phase'],
    );
  });

  it('cannot lose managers by mistake, and forget them on purpose', () => {
    const live = applied(undefined, 'a', { spec: { size: 1 } });
    for (const given of [undefined, null, [], 'nonsense']) {
      assert.deepEqual(owners(updated(live, 'edit', {}, { given })), owners(live));
    }
    assert.deepEqual(owners(updated(live, 'edit', {}, { given: [{}] })), {});
    assert.deepEqual(owners(updated(live, 'edit', {}, { given: [{}], subresource: 'status' })), owners(live));
  });

  it('can hand fields from one manager to another', () => {
    const live = applied(undefined, 'a', { spec: { size: 1 } });
    const [entry] = live.metadata.managedFields ?? [];
    const given = [{ ...(entry as object), manager: 'b' }];
    assert.deepEqual(owners(updated(live, 'edit', {}, { given })), {
      'b Apply': { 'f:spec': { 'f:size': {} } },
    });
  });

  it('of more than ten managers leave the oldest to ancient-changes', () => {
    let object = applied(undefined, 'a', { spec: { size: 0 } });
    const labels: Record<string, string> = {};
    for (let minute = 1; minute <= 13; minute++) {
      labels[`l${minute}`] = '';
      object = updated(object, `m-${minute}`, { metadata: { labels: { ...labels } } }, { minute });
    }
    const found = owners(object);
    assert.deepEqual(Object.keys(found), [
      'a Apply',
      'ancient-changes Update',
      ...[5, 6, 7, 8, 9, 10, 11, 12, 13].map((minute) => `m-${minute} Update`),
    ]);
    assert.deepEqual(found['ancient-changes Update'], {
      'f:metadata': { 'f:labels': { '.': {}, 'f:l1': {}, 'f:l2': {}, 'f:l3': {}, 'f:l4': {} } },
    });
  });
});
