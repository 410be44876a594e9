// People by command: each command a process of its own against the API server with the real trust.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { promisify } from 'node:util';
import { systemClock } from '#kernel/clock.ts';
import type { Kind } from '#kernel/kind.ts';
import { silentLogger } from '#kernel/logger.ts';
import { REGION } from '#kernel/realm-id.ts';
import { createApiServer } from '#kernel/wire/server.ts';
import { openTestRegion } from '#services/tenancy/testing/region.ts';
import { accessAuthorizer } from '#trust/access/authorizer.ts';
import { RoleBinding } from '#trust/access/role-binding.ts';
import { newPersonalKey, signingRequest } from '#trust/certificates/personal-key.ts';
import { ensureServerIdentity } from '#trust/certificates/server-identity.ts';
import { certificateAuthenticator } from '#trust/identity/authenticator.ts';
import { ClientCertificate } from '#trust/identity/client-certificate.ts';
import { issueOperator } from '#trust/identity/operator.ts';
import { Credential } from '#trust/identity/people/credential.ts';
import { Group } from '#trust/identity/people/group.ts';
import { Invitation } from '#trust/identity/people/invitation.ts';
import { User } from '#trust/identity/people/user.ts';
import { invitationLink } from '#trust/identity/sign-in/invitations.ts';
import { runCli } from '../resources/test-cli.ts';

const SITE = 'https://region.example:6443';

/** A region served, and `run`, a command of its first operator. */
async function startRegion(t: TestContext) {
  const region = await openTestRegion();
  const folder = await mkdtemp(join(tmpdir(), 'casemate-people-'));
  const { realms, registry, random, clock } = region.test;
  const { keyring } = region;
  const names = { dnsNames: ['localhost'], ips: ['127.0.0.1'] };
  // TLS clients go by the machine's clock.
  const identity = await ensureServerIdentity({ folder, names, keyring, clock: systemClock });
  const server = createApiServer({
    registry,
    realms,
    authenticator: certificateAuthenticator({ realms, keyring, clock }),
    authorizer: accessAuthorizer({ realms, registry, clock }),
    accessLog: realms.access,
    connectors: { [`${Invitation.resource}/link`]: invitationLink({ realms, clock, url: SITE }) },
    tls: { key: identity.key, cert: identity.certificate },
    clock: systemClock,
    random,
    logger: silentLogger,
    version: { casemate: '0.0.0-test' },
  });
  await server.listen({ host: '127.0.0.1', port: 0 });
  const kubeconfig = await issueOperator({
    realms,
    keyring,
    clock,
    random,
    user: 'olga',
    server: `https://127.0.0.1:${server.address?.port}`,
    ca: identity.ca,
    region: 'test',
    key: newPersonalKey(),
  });
  const file = join(folder, 'operator.kubeconfig');
  await writeFile(file, kubeconfig);
  t.after(async () => {
    await server.close();
    await region.close();
    await rm(folder, { recursive: true });
  });
  return {
    region,
    realms,
    file,
    run: (...args: string[]) => runCli(args, folder, { CASEMATE_KUBECONFIG: file }),
  };
}

type Started = Awaited<ReturnType<typeof startRegion>>;

const kubectl = (file: string, ...args: string[]) =>
  promisify(execFile)('kubectl', ['--kubeconfig', file, '--cache-dir', `${file}.cache`, ...args]);

test('somebody is invited into a group and a role, disabled, and removed with all that named them', async (t) => {
  const { region, realms, run } = await startRegion(t);
  const inRegion = <T>(read: (view: Parameters<Parameters<typeof realms.use<T>>[1]>[0]['view']) => T) =>
    realms.use(REGION, ({ view }) => read(view));
  const bindings = () =>
    inRegion((view) =>
      view.list(RoleBinding).map(({ metadata, spec }) => [metadata.name, spec.subjects.length]),
    );

  const early = await run('user', 'invite', 'alice', '--group', 'on-call');
  assert.equal(early.code, 3, early.stderr);
  const first = await run('user', 'invite', 'bob');
  assert.match(first.stdout, /bob holds no role yet/, first.stderr);
  assert.equal((await run('group', 'add', 'on-call', 'bob')).stdout, 'bob is in group on-call\n');

  const invited = await run('user', 'invite', 'alice', '--group', 'on-call', '--role', 'region-operator');
  assert.equal(invited.code, 0, invited.stderr);
  assert.match(invited.stdout, /^alice is invited\. Hand over this link safely/);
  const link = /^ {2}(\S+)$/m.exec(invited.stdout)?.[1] ?? '';
  assert.match(link, /^https:\/\/region\.example:6443\/account\/invitation\/[\w-]{36}\.[\w-]{43}$/);
  const members = () => inRegion((view) => view.get(Group, { name: 'on-call' })?.spec.members);
  assert.deepEqual(await members(), ['bob', 'alice']);

  const listed = await run('user', 'list');
  assert.match(listed.stdout, /^NAME +DISPLAY NAME +STATE +SIGNS IN WITH +LAST SIGN-IN/, listed.stderr);
  assert.match(listed.stdout, /^alice +alice +active/m);
  assert.equal(
    (await run('user', 'list', '-o', 'name')).stdout,
    'user.identity.casemate.internal/alice\nuser.identity.casemate.internal/bob\n',
  );

  assert.match((await run('user', 'disable', 'alice')).stdout, /signed out everywhere/);
  assert.equal(await inRegion((view) => view.get(User, { name: 'alice' })?.spec.disabled), true);
  assert.equal((await run('user', 'enable', 'alice')).code, 0);

  assert.deepEqual(await bindings(), [
    ['alice-region-operator', 1],
    ['olga-bootstrap', 1],
  ]);
  await realms.use(REGION, async ({ resources, view }) => {
    const { uid = '' } = view.entry(User, { name: 'alice' }) ?? {};
    const ownerReferences = [{ apiVersion: User.apiVersion, kind: User.kind, name: 'alice', uid }];
    const spec = { user: 'alice', type: 'passkey', sealed: 'AAAA' };
    const draft = { metadata: { name: 'alice.passkey', ownerReferences }, spec };
    await resources.create(Credential, undefined, draft, region.test.context(REGION));
  });
  const removed = await run('user', 'remove', 'alice');
  assert.match(removed.stdout, /^alice is gone, with everything/, removed.stderr);
  assert.equal(await inRegion((view) => view.get(User, { name: 'alice' })), undefined);
  assert.deepEqual(await bindings(), [['olga-bootstrap', 1]]);
  assert.equal((await run('user', 'remove', 'alice')).code, 1);
  assert.equal(await inRegion((view) => view.count(Credential)), 0);
  assert.deepEqual(await members(), ['bob']);
  assert.equal((await run('group', 'remove', 'on-call', 'bob')).code, 0);
});

for (const [tool, remove] of [
  ['casemate user remove', ({ run }: Started, name: string) => run('user', 'remove', name)],
  ['kubectl delete user', ({ file }: Started, name: string) => kubectl(file, 'delete', 'user', name)],
] as const) {
  test(`${tool} comes back when certificates, roles in every project and memberships are gone too`, async (t) => {
    const started = await startRegion(t);
    const { region, realms } = started;
    const make = (kind: Kind, name: string, spec: object) =>
      realms.use(REGION, ({ resources }) =>
        resources.create(kind, undefined, { metadata: { name }, spec }, region.test.context(REGION)),
      );
    await make(User, 'alice', { displayName: 'Alice' });
    await make(Group, 'on-call', { members: ['alice'] });
    await make(ClientCertificate, 'hers', { user: 'alice', request: await signingRequest(newPersonalKey()) });
    const subjects = ['alice', 'olga'].map((name) => ({ kind: 'User', name }));
    await make(RoleBinding, 'both', { role: 'region-auditor', subjects });
    await make(RoleBinding, 'own', { role: 'region-operator', subjects: subjects.slice(0, 1) });
    await remove(started, 'alice');
    const left = await realms.use(REGION, ({ view }) =>
      [User, Group, ClientCertificate, RoleBinding].flatMap((kind) =>
        [...view.entries(kind)].filter(({ bytes }) => bytes.includes('"alice"')).map(({ name }) => name),
      ),
    );
    assert.deepEqual(left, []);
  });
}
