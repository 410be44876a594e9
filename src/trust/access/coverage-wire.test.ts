import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createPublicKey } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import type { Verb } from '#kernel/access.ts';
import { REGION, type RealmId } from '#kernel/realm-id.ts';
import { createClientAuthority, openClientAuthority } from '../certificates/authority.ts';
import { signClientCertificate } from '../certificates/client.ts';
import { newPersonalKey } from '../certificates/personal-key.ts';
import { ClientCertificate } from '../identity/client-certificate.ts';
import {
  casesOf,
  expected,
  ORGANIZATION_PERSONAS,
  OTHER_PROJECT,
  OWN_PROJECT,
  REGION_PERSONAS,
  realmOf,
} from '../testing/expectations.ts';
import { ACME, RIVAL, type TrustFixture, trustFixture } from '../testing/fixture.ts';
import { Project } from '../testing/kinds.ts';
import { type ServedClient, type ServedRegion, serve } from '../testing/serve.ts';
import { type ApiOperation, apiOperations, operationName } from './operations.ts';

const METHODS: Readonly<Record<Verb, string>> = {
  get: 'GET',
  list: 'GET',
  watch: 'GET',
  create: 'POST',
  update: 'PUT',
  patch: 'PATCH',
  delete: 'DELETE',
  deletecollection: 'DELETE',
};
const NAMELESS: readonly Verb[] = ['list', 'watch', 'create', 'deletecollection'];

interface Wired {
  readonly method: string;
  readonly path: string;
  readonly body?: string;
}

/** The HTTP request of an operation on one thing: well-formed enough to be authorized, and changing nothing. */
function requestOf(
  operation: ApiOperation,
  where: { readonly namespace?: string; readonly name?: string },
): Wired {
  const { verb, group, version, plural, subresource, type } = operation;
  const prefix = operation.realm === 'region' ? '' : realmOf(operation);
  if (type === 'ledger') return { method: 'GET', path: `${prefix}/ledger/${where.name}/checkpoint` };
  const parts = [prefix, group === '' ? 'api' : `apis/${group}`, version];
  if (where.namespace !== undefined) parts.push('namespaces', where.namespace);
  parts.push(plural);
  if (subresource !== undefined || !NAMELESS.includes(verb)) parts.push(where.name ?? 'a');
  if (subresource !== undefined) parts.push(subresource);
  const query = new URLSearchParams();
  if (verb === 'watch') query.set('watch', 'true');
  if (verb === 'delete') query.set('dryRun', 'All');
  if (verb === 'deletecollection') query.set('labelSelector', 'nothing=matches');
  const method = METHODS[verb];
  const text = query.toString();
  return {
    method,
    path: `${parts.join('/').replace(/^(?!\/)/, '/')}${text === '' ? '' : `?${text}`}`,
    ...(method === 'GET' || method === 'DELETE' ? {} : { body: '{}' }),
  };
}

// The same table as coverage.test.ts, this time through TLS, certificates, routing and the real server.
describe('every operation over the wire', () => {
  let region: TrustFixture;
  let served: ServedRegion;
  let folder: string;
  const clients = new Map<string, ServedClient>();
  let rivalAdmin: ServedClient;
  let operations: readonly ApiOperation[];

  before(async () => {
    region = await trustFixture();
    served = await serve(region, {
      connectors: {
        'instances.compute.casemate.internal/metrics': { type: 'report', read: async () => ({}) },
      },
      reviews: { 'flowquestions.network.casemate.internal': { answer: async () => ({}) } },
    });
    folder = await mkdtemp(join(tmpdir(), 'casemate-wire-'));
    operations = apiOperations(region.registry);
    for (const name of [OWN_PROJECT, OTHER_PROJECT]) await region.make(ACME, Project, { metadata: { name } });
    for (const [realm, personas] of [
      [REGION, REGION_PERSONAS],
      [ACME, ORGANIZATION_PERSONAS],
    ] as const) {
      for (const { name, role, project } of personas) {
        if (role) await region.bind(realm, name, role, name, project);
        clients.set(name, await served.client(realm, name));
      }
    }
    await region.bind(RIVAL, 'admin', 'organization-admin', 'admin');
    rivalAdmin = await served.client(RIVAL, 'admin');
  });
  after(async () => {
    await served.close();
    await region.close();
    await rm(folder, { recursive: true });
  });

  it('answers 403 to every persona that may not, and to none that may', async () => {
    const wrong: string[] = [];
    for (const operation of operations) {
      for (const { class: name, attributes } of casesOf(operation)) {
        const { method, path, body } = requestOf(operation, attributes);
        await Promise.all(
          [...expected(operation.realm, name)].map(async ([persona, allowed]) => {
            const client = clients.get(persona);
            assert.ok(client);
            const { code, text } = await client.send(method, path, body);
            const right = allowed ? code !== 403 && code !== 401 && code < 500 : code === 403;
            if (!right) {
              wrong.push(
                `${operationName(operation)} by ${persona}: ${method} ${path}: ${code} ${text.slice(0, 200)}`,
              );
            }
          }),
        );
      }
    }
    assert.deepEqual(wrong, []);
  });

  it('answers 401 to a credential of another realm, in the words for a realm that does not exist', async () => {
    const operator = clients.get('operator');
    const admin = clients.get('admin');
    assert.ok(operator && admin);
    const nowhere = await operator.send('GET', '/orgs/nowhere/api/v1/namespaces');
    assert.equal(nowhere.code, 401);
    for (const operation of operations.filter(({ realm }) => realm === 'organization')) {
      for (const { attributes } of casesOf(operation)) {
        const { method, path, body } = requestOf(operation, attributes);
        for (const client of [operator, rivalAdmin]) {
          const { code, text } = await client.send(method, path, body);
          assert.equal(code, 401, operationName(operation));
          assert.equal(text, nowhere.text);
        }
      }
    }
    for (const operation of operations.filter(({ realm }) => realm === 'region')) {
      for (const { attributes } of casesOf(operation)) {
        const { method, path, body } = requestOf(operation, attributes);
        assert.equal((await admin.send(method, path, body)).code, 401, operationName(operation));
      }
    }
  });

  it('answers 401 in the same words without a certificate, and to one that somebody forged', async () => {
    const admin = clients.get('admin');
    assert.ok(admin);
    const nowhere = await admin.send('GET', '/orgs/nowhere/api/v1/namespaces');
    const authority = openClientAuthority(createClientAuthority(Date.now()));
    const key = newPersonalKey();
    const victim = await region.realms.use(ACME, ({ view }) =>
      view.get(ClientCertificate, { name: 'admin-served' }),
    );
    const forged = await signClientCertificate(authority, {
      user: 'admin',
      groups: [],
      objectUid: victim?.metadata.uid ?? '',
      spki: createPublicKey(key).export({ type: 'spki', format: 'der' }),
      now_ms: Date.now(),
      validity_days: 1,
    });
    for (const identity of [{}, { cert: forged.pem, key }]) {
      const answer = await served.anonymous(identity).send('GET', '/orgs/acme/api/v1/namespaces');
      assert.deepEqual(answer, nowhere);
    }
  });

  const kubectl = [...(process.env.PATH ?? '').split(delimiter), '/usr/lib/google-cloud-sdk/bin']
    .flatMap((path) => [join(path, 'kubectl'), join(path, 'kubectl.1.33'), join(path, 'kubectl.1.31')])
    .find((path) => existsSync(path));

  it('kubectl tells a user who they are and what they may do', {
    skip: !kubectl && 'no kubectl found',
  }, async () => {
    const run = async (user: string, realm: RealmId, ...args: string[]) => {
      const client = clients.get(user);
      assert.ok(client && kubectl);
      const config = join(folder, `${user}.kubeconfig`);
      await writeFile(config, client.kubeconfig(realm), { mode: 0o600 });
      const env = { ...process.env, HOME: folder, KUBECONFIG: config };
      try {
        return (await promisify(execFile)(kubectl, args, { env })).stdout;
      } catch (error) {
        return `${(error as { stdout: string }).stdout}${(error as { stderr: string }).stderr}`;
      }
    };
    assert.match(await run('alpha-editor', ACME, 'auth', 'whoami'), /Username\s+alpha-editor/);
    assert.equal(
      (await run('alpha-editor', ACME, 'auth', 'can-i', 'create', 'instances', '-n', 'alpha')).trim(),
      'yes',
    );
    assert.match(
      await run('alpha-editor', ACME, 'auth', 'can-i', 'create', 'instances', '-n', 'beta'),
      /^no - it takes role/,
    );
    assert.match(
      await run('alpha-viewer', ACME, 'auth', 'can-i', '--list', '-n', 'alpha'),
      /instances\.compute\.casemate\.internal\s+\[\]\s+\[\]\s+\[get list watch\]/,
    );
    assert.match(await run('nobody', ACME, 'get', 'namespaces'), /Forbidden.*it takes role/);
    assert.match(
      await run('operator', ACME, 'get', 'namespaces'),
      /Unauthorized|must be logged in|credentials/,
    );
    assert.match(await run('operator', REGION, 'get', 'rolebindings'), /region-operator/);
  });
});
