/** What a change says in its query is refused as Kubernetes refuses it: 422, of its options, each wrong thing with its field. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { TEST_KINDS } from './test-kinds.ts';
import { startTestServer, type TestServer } from './test-server.ts';

const MACHINES = '/orgs/acme/apis/lab.casemate.internal/v1/namespaces/p/machines';
const machine = (name: string, size = 1) => ({
  apiVersion: 'lab.casemate.internal/v1',
  kind: 'Machine',
  metadata: { name },
  spec: { image: 'debian', size },
});
const MERGE = { 'Content-Type': 'application/merge-patch+json' };
const APPLY = { 'Content-Type': 'application/apply-patch+yaml' };

let server: TestServer;
before(async () => {
  server = await startTestServer({ kinds: TEST_KINDS });
  assert.equal((await server.send('POST', MACHINES, machine('there'))).code, 201);
});
after(() => server.close());

const CHANGES = [
  ['POST', MACHINES, machine('new'), {}, 'CreateOptions'],
  ['PUT', `${MACHINES}/there`, machine('there', 2), {}, 'UpdateOptions'],
  ['PATCH', `${MACHINES}/there`, { spec: { size: 2 } }, MERGE, 'PatchOptions'],
  ['PATCH', `${MACHINES}/there`, machine('there', 2), APPLY, 'PatchOptions'],
] as const;

const causes = (answer: { json(): { details: { causes: { reason: string; field: string }[] } } }) =>
  answer.json().details.causes.map(({ reason, field }) => [reason, field]);

describe('a fieldManager', () => {
  for (const [method, path, body, headers, options] of CHANGES) {
    const how = `${method}${'Content-Type' in headers ? ` of ${headers['Content-Type']}` : ''}`;
    const send = (manager: string) =>
      server.send(method, `${path}?fieldManager=${encodeURIComponent(manager)}`, body, headers);

    test(`longer than 128 bytes is 422 for ${how}`, async () => {
      for (const manager of ['x'.repeat(129), 'é'.repeat(65)]) {
        const answer = await send(manager);
        assert.equal(answer.code, 422);
        const { reason, message, details } = answer.json();
        assert.deepEqual([reason, details.kind, details.group], ['Invalid', options, 'meta.k8s.io']);
        assert.deepEqual(causes(answer), [['FieldValueTooLong', 'fieldManager']]);
        assert.match(message, /fieldManager: Too long: may not be more than 128 bytes$/);
      }
    });

    test(`with characters that do not print is 422 for ${how}, each with its place`, async () => {
      const answer = await send('é\u0007b\u00a0');
      assert.equal(answer.code, 422);
      assert.deepEqual(
        answer.json().details.causes.map(({ message }: { message: string }) => message.split(': ').at(-1)),
        ['invalid character U+0007 (at position 2)', 'invalid character U+00A0 (at position 4)'],
      );
    });
  }

  test('of 128 bytes in any script that prints is taken, and owns what it applies', async () => {
    for (const manager of ['é'.repeat(64), 'équipe réseau №1 😀', 'x'.repeat(128)]) {
      const path = `${MACHINES}/there?force=true&fieldManager=${encodeURIComponent(manager)}`;
      const answer = await server.send('PATCH', path, machine('there', 3), APPLY);
      assert.equal(answer.code, 200, answer.text);
      const { managedFields } = answer.json().metadata;
      assert.ok(managedFields.some((entry: { manager: string }) => entry.manager === manager));
    }
  });

  test('is nothing that a delete has, whatever it is', async () => {
    assert.equal((await server.send('POST', MACHINES, machine('short'))).code, 201);
    const answer = await server.send('DELETE', `${MACHINES}/short?fieldManager=${'x'.repeat(500)}`);
    assert.equal(answer.code, 200, answer.text);
  });
});

describe('everything that is wrong is told at once', () => {
  const wrong = 'fieldManager=a%0A&dryRun=Some&fieldValidation=Perhaps';
  const common = [
    ['FieldValueInvalid', 'fieldManager'],
    ['FieldValueNotSupported', 'dryRun'],
    ['FieldValueNotSupported', 'fieldValidation'],
  ];

  for (const [method, path, body, headers, options] of CHANGES) {
    test(`of ${options} for ${headers === APPLY ? 'an apply' : method}`, async () => {
      const answer = await server.send(method, `${path}?${wrong}`, body, headers);
      assert.deepEqual([answer.code, answer.json().details.kind], [422, options]);
      assert.deepEqual(causes(answer), common);
    });
  }

  test('force with a patch that is no apply among it', async () => {
    const answer = await server.send('PATCH', `${MACHINES}/there?${wrong}&force=false`, {}, MERGE);
    assert.deepEqual(causes(answer), [['FieldValueForbidden', 'force'], ...common]);
  });

  test('an apply without a manager among it; but a type that is no patch comes first', async () => {
    const answer = await server.send('PATCH', `${MACHINES}/there?dryRun=Some`, machine('there'), APPLY);
    assert.deepEqual(causes(answer), [
      ['FieldValueRequired', 'fieldManager'],
      ['FieldValueNotSupported', 'dryRun'],
    ]);
    const html = { 'Content-Type': 'text/html' };
    assert.equal((await server.send('PATCH', `${MACHINES}/there?${wrong}`, 'x', html)).code, 415);
  });
});
