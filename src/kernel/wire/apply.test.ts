import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Authorizer } from '../access.ts';
import { TEST_KINDS } from './test-kinds.ts';
import { startTestServer, type TestServer } from './test-server.ts';

const MACHINES = '/orgs/acme/apis/lab.casemate.internal/v1/namespaces/default/machines';
const SECRETS = '/orgs/acme/api/v1/namespaces/default/secrets';
const APPLY = { 'Content-Type': 'application/apply-patch+yaml' };
const MERGE = { 'Content-Type': 'application/merge-patch+json' };

interface Entry {
  readonly manager: string;
  readonly operation: string;
  readonly subresource?: string;
  readonly fieldsV1: unknown;
}

/** Everybody may change what there is; who may create is up to the test. */
let mayCreate = true;
const authorizer: Authorizer = {
  decide: async ({ verb }) => ({ allowed: verb !== 'create' || mayCreate, reason: 'the test says so' }),
  rules: async () => [],
};

let server: TestServer;
before(async () => {
  server = await startTestServer({ kinds: TEST_KINDS, authorizer });
});
after(() => server.close());

const manifest = (name: string, spec: object = {}, metadata: object = {}) => ({
  apiVersion: 'lab.casemate.internal/v1',
  kind: 'Machine',
  metadata: { name, ...metadata },
  spec: { image: 'debian', ...spec },
});

const apply = (name: string, body: unknown, query = 'fieldManager=team', path = `${MACHINES}/${name}`) =>
  server.send('PATCH', `${path}?${query}`, body, APPLY);

const managers = (object: { metadata: { managedFields?: Entry[] } }) =>
  (object.metadata.managedFields ?? []).map(({ manager, operation, subresource }) =>
    [manager, operation, subresource].filter((part) => part !== undefined).join(' '),
  );

describe('an applied configuration', () => {
  test('creates with 201, changes with 200, and is YAML or JSON', async () => {
    const yaml =
      'apiVersion: lab.casemate.internal/v1\nkind: Machine\nmetadata: {name: y, creationTimestamp: null}\nspec:\n  image: debian\n  size: 2\n';
    const created = await apply('y', yaml);
    assert.equal(created.code, 201, created.text);
    const { metadata, spec } = created.json();
    assert.deepEqual(spec, { image: 'debian', size: 2, power: 'on' });
    assert.deepEqual(metadata.managedFields, [
      {
        manager: 'team',
        operation: 'Apply',
        apiVersion: 'lab.casemate.internal/v1',
        time: '2026-01-01T00:00:00Z',
        fieldsType: 'FieldsV1',
        fieldsV1: { 'f:spec': { 'f:image': {}, 'f:size': {} } },
      },
    ]);
    const again = await apply('y', manifest('y', { size: 2 }));
    assert.deepEqual([again.code, again.json()], [200, created.json()], 'the same, at the same revision');
    const flow = '{apiVersion: lab.casemate.internal/v1, kind: Machine, spec: {image: debian, size: 3}}';
    const changed = await apply('y', flow);
    assert.deepEqual([changed.code, changed.json().spec.size], [200, 3], 'the path says its name');
  });

  for (const [title, query, body, code, what] of [
    ['without a field manager', '', manifest('r'), 422, 'fieldManager'],
    [
      'with a field manager that is too long',
      `fieldManager=${'x'.repeat(129)}`,
      manifest('r'),
      422,
      'PatchOptions.meta.k8s.io is invalid: fieldManager: Too long: may not be more than 128 bytes',
    ],
    [
      'with a field manager that does not print',
      'fieldManager=a%0Ab',
      manifest('r'),
      422,
      'fieldManager: Invalid value: "a\\nb": invalid character U+000A (at position 1)',
    ],
    [
      'with managedFields',
      'fieldManager=m',
      manifest('r', {}, { managedFields: [] }),
      400,
      'metadata.managedFields must be nil',
    ],
    ['of another name', 'fieldManager=m', manifest('other'), 400, 'metadata.name'],
    [
      'of another project',
      'fieldManager=m',
      manifest('r', {}, { namespace: 'elsewhere' }),
      400,
      'metadata.namespace',
    ],
    ['of another kind', 'fieldManager=m', { ...manifest('r'), kind: 'Secret' }, 400, 'kind'],
    ['that does not say its kind', 'fieldManager=m', { ...manifest('r'), kind: undefined }, 400, 'kind'],
    [
      'that does not say its version',
      'fieldManager=m',
      { ...manifest('r'), apiVersion: '' },
      400,
      'apiVersion',
    ],
    ['that is no object', 'fieldManager=m', '[]', 400, 'must be an object'],
    ['that does not parse', 'fieldManager=m', '{a: [', 400, 'not YAML'],
    [
      'with metadata that is no object',
      'fieldManager=m',
      { ...manifest('r'), metadata: 'r' },
      400,
      'metadata',
    ],
    ['with a field of the wrong type', 'fieldManager=m', manifest('r', { size: 'x' }), 422, 'spec.size'],
    [
      'with labels that are none',
      'fieldManager=m',
      manifest('r', {}, { labels: 'x' }),
      422,
      'metadata.labels',
    ],
    [
      'with an unknown field',
      'fieldManager=m&fieldValidation=Strict',
      manifest('r', { siez: 1 }),
      400,
      'spec.siez',
    ],
    [
      'with a list element that lacks its key',
      'fieldManager=m',
      manifest('r', { disks: [{ gigabytes: 1 }] }),
      422,
      'spec.disks[0]',
    ],
    [
      'with a list element twice',
      'fieldManager=m',
      manifest('r', { disks: [{ name: 'a' }, { name: 'a' }] }),
      422,
      'spec.disks[1]',
    ],
    ['with the uid of what is not there', 'fieldManager=m', manifest('r', {}, { uid: 'x' }), 409, 'uid'],
    ['with a key that could reach a prototype', 'fieldManager=m', '{"__proto__": {}}', 400, '__proto__'],
    ['with a bad force', 'fieldManager=m&force=maybe', manifest('r'), 400, 'force'],
  ] as const) {
    test(`is refused ${title}`, async () => {
      const answer = await apply('r', body, query);
      assert.equal(answer.code, code, answer.text);
      assert.equal(answer.json().kind, 'Status');
      assert.ok(answer.json().message.includes(what), answer.json().message);
      assert.equal((await server.send('GET', `${MACHINES}/r`)).code, 404, 'and nothing was made');
    });
  }

  test('in CBOR is not taken; force is for no other patch', async () => {
    const cbor = { 'Content-Type': 'application/apply-patch+cbor' };
    assert.equal((await server.send('PATCH', `${MACHINES}/y?fieldManager=m`, 'x', cbor)).code, 415);
    const forced = await server.send('PATCH', `${MACHINES}/y?force=true`, {}, MERGE);
    assert.deepEqual([forced.code, forced.json().details.causes[0].field], [422, 'force']);
  });

  test('creates only for who may create, and says nothing of a status without its object', async () => {
    mayCreate = false;
    try {
      const answer = await apply('forbidden', manifest('forbidden'));
      assert.equal(answer.code, 403, answer.text);
      assert.match(answer.json().message, /may not create machines/);
      assert.equal((await apply('y', manifest('y', { size: 3 }))).code, 200, 'what is there may be changed');
    } finally {
      mayCreate = true;
    }
    const status = await apply(
      'none',
      { ...manifest('none'), status: {} },
      'fieldManager=m',
      `${MACHINES}/none/status`,
    );
    assert.equal(status.code, 404);
  });

  test('is decided and not written on a dry run', async () => {
    const answer = await apply('dry', manifest('dry'), 'fieldManager=team&dryRun=All');
    assert.deepEqual([answer.code, managers(answer.json())], [201, ['team Apply']]);
    assert.equal((await server.send('GET', `${MACHINES}/dry`)).code, 404);
  });

  test('meant for another revision or object is a conflict', async () => {
    const made = (await apply('pre', manifest('pre'))).json();
    for (const metadata of [{ resourceVersion: '1' }, { uid: 'x' }]) {
      assert.equal((await apply('pre', manifest('pre', { size: 2 }, metadata))).code, 409);
    }
    const { resourceVersion, uid } = made.metadata;
    assert.equal((await apply('pre', manifest('pre', { size: 2 }, { resourceVersion, uid }))).code, 200);
  });

  test('warns of unknown fields unless told otherwise', async () => {
    const answer = await apply('warn', manifest('warn', { siez: 1 }));
    assert.equal(answer.code, 201);
    assert.match(String(answer.headers.warning), /unknown field \\"spec\.siez\\"/);
    assert.equal(JSON.stringify(answer.json()).includes('siez'), false);
  });

  test('of a secret owns data, not the way it was written', async () => {
    const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 's' }, data: { a: 'YQ==' } };
    const answer = await apply('s', secret, 'fieldManager=team', `${SECRETS}/s`);
    assert.deepEqual(answer.json().metadata.managedFields[0].fieldsV1, { 'f:data': { 'f:a': {} } });
  });
});

test('OpenAPI says that it is taken, and which lists can be shared', async () => {
  const document = (await server.send('GET', '/orgs/acme/openapi/v3/apis/lab.casemate.internal/v1')).json();
  const { patch } = document.paths['/apis/lab.casemate.internal/v1/namespaces/{namespace}/machines/{name}'];
  assert.ok('application/apply-patch+yaml' in patch.requestBody.content);
  assert.ok(patch.parameters.some(({ name }: { name: string }) => name === 'force'));
  const { disks, ports } =
    document.components.schemas['internal.casemate.lab.v1.Machine'].properties.spec.properties;
  assert.deepEqual(
    [disks['x-kubernetes-list-type'], disks['x-kubernetes-list-map-keys'], ports['x-kubernetes-list-type']],
    ['map', ['name'], undefined],
  );
});

describe('field managers', () => {
  test('are not kept for objects that nobody applied to', async () => {
    const made = await server.send('POST', `${MACHINES}?fieldManager=x`, manifest('plain'));
    assert.equal(made.json().metadata.managedFields, undefined);
    const patched = await server.send(
      'PATCH',
      `${MACHINES}/plain?fieldManager=x`,
      { spec: { size: 2 } },
      MERGE,
    );
    assert.equal(patched.json().metadata.managedFields, undefined);
    const applied = await apply('plain', manifest('plain'));
    assert.deepEqual(managers(applied.json()), ['team Apply', 'before-first-apply Update']);
  });

  test('of updates are named by fieldManager, or by the program', async () => {
    await apply('named', manifest('named'));
    const patch = (size: number, query: string, agent: string) =>
      server.send(
        'PATCH',
        `${MACHINES}/named${query}`,
        { spec: { size } },
        { ...MERGE, 'User-Agent': agent },
      );
    assert.deepEqual(managers((await patch(2, '', 'tool/v1.2 (linux)')).json()), [
      'team Apply',
      'tool Update',
    ]);
    assert.deepEqual(managers((await patch(3, '?fieldManager=me', 'tool/v1.2')).json()), [
      'team Apply',
      'me Update',
    ]);
    const object = (await patch(4, '', '')).json();
    assert.deepEqual(managers(object), ['team Apply', 'alice Update'], 'or by who it was');
    const replaced = await server.send('PUT', `${MACHINES}/named?fieldManager=put`, {
      ...object,
      metadata: { ...object.metadata, managedFields: undefined, labels: { a: 'b' } },
    });
    assert.deepEqual(
      managers(replaced.json()),
      ['team Apply', 'alice Update', 'put Update'],
      'nobody is lost by mistake',
    );
  });

  test('of status are apart', async () => {
    await apply('st', manifest('st'));
    const path = `${MACHINES}/st/status`;
    const status = { phase: 'Up', conditions: [{ type: 'Ready', status: 'True' }] };
    const applied = await apply('st', { ...manifest('st'), status }, 'fieldManager=probe', path);
    assert.deepEqual(managers(applied.json()), ['probe Apply status', 'team Apply']);
    const patched = await server.send(
      'PATCH',
      `${path}?fieldManager=hand`,
      { status: { phase: 'Down' } },
      MERGE,
    );
    assert.deepEqual(managers(patched.json()), ['probe Apply status', 'team Apply', 'hand Update status']);
    const refused = await apply('st', { ...manifest('st'), status }, 'fieldManager=probe', path);
    assert.deepEqual(refused.json().details.causes, [
      {
        reason: 'FieldManagerConflict',
        message:
          'conflict with "hand" with subresource "status" using lab.casemate.internal/v1 at 2026-01-01T00:00:00Z',
        field: '.status.phase',
      },
    ]);
  });

  test('can be forgotten on purpose, moved by a patch, and are refused where they are none', async () => {
    const made = (await apply('reset', manifest('reset'))).json();
    const [entry] = made.metadata.managedFields;
    const patch = (managedFields: unknown) =>
      server.send('PATCH', `${MACHINES}/reset`, { metadata: { managedFields } }, MERGE);
    assert.deepEqual(managers((await patch([{ ...entry, manager: 'other' }])).json()), ['other Apply']);
    assert.deepEqual(managers((await patch([])).json()), ['other Apply']);
    const bad = await patch([{ ...entry, operation: 'Steal' }]);
    assert.deepEqual(
      [bad.code, bad.json().details.causes[0].field],
      [422, 'metadata.managedFields[0].operation'],
    );
    assert.deepEqual(managers((await patch([{}])).json()), []);
  });

  test('meet in one lane: twenty at once, each with a field of its own, and nothing is lost', async () => {
    await apply('many', manifest('many'));
    const each = Array.from({ length: 20 }, (_, at) => ({ [`key-${at}`]: String(at) }));
    const answers = await Promise.all(
      each.map((labels, at) => {
        const { apiVersion, kind } = manifest('many');
        return apply(
          'many',
          { apiVersion, kind, metadata: { name: 'many', labels } },
          `fieldManager=m-${at}`,
        );
      }),
    );
    assert.deepEqual(new Set(answers.map(({ code }) => code)), new Set([200]));
    const object = (await server.send('GET', `${MACHINES}/many`)).json();
    assert.deepEqual(object.metadata.labels, Object.assign({}, ...each));
    assert.equal(object.metadata.managedFields.length, 21);
  });
});
