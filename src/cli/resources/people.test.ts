// First access, end to end: the command as a process of its own against the API server with the real trust and tenancy.
import assert from 'node:assert/strict';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { parse } from 'yaml';
import { systemClock } from '#kernel/clock.ts';
import { silentLogger } from '#kernel/logger.ts';
import { ledgerSource } from '#kernel/wire/ledger-source.ts';
import { createApiServer } from '#kernel/wire/server.ts';
import { openTestRegion } from '#services/tenancy/testing/region.ts';
import { accessAuthorizer } from '#trust/access/authorizer.ts';
import { newPersonalKey, signingRequest } from '#trust/certificates/personal-key.ts';
import { ensureServerIdentity } from '#trust/certificates/server-identity.ts';
import { certificateAuthenticator } from '#trust/identity/authenticator.ts';
import { issueOperator } from '#trust/identity/operator.ts';
import { runCli } from './test-cli.ts';

/** A region on memory storage, served; `run` runs a command with one of the kubeconfigs in its folder. */
async function startRegion(t: TestContext) {
  const region = await openTestRegion();
  const folder = await mkdtemp(join(tmpdir(), 'casemate-people-'));
  const { realms, registry, random, clock } = region.test;
  const { keyring } = region;
  const identity = await ensureServerIdentity({
    folder,
    names: { dnsNames: ['localhost'], ips: ['127.0.0.1'] },
    keyring,
    // TLS clients go by the machine's clock.
    clock: systemClock,
  });
  const server = createApiServer({
    registry,
    realms,
    authenticator: certificateAuthenticator({ realms, keyring, clock }),
    authorizer: accessAuthorizer({ realms, registry, clock }),
    accessLog: realms.access,
    ledger: ledgerSource(realms.logs),
    tls: { key: identity.key, cert: identity.certificate },
    clock: systemClock,
    random,
    logger: silentLogger,
    version: { casemate: '0.0.0-test' },
  });
  await server.listen({ host: '127.0.0.1', port: 0 });
  const url = `https://127.0.0.1:${server.address?.port}`;
  const operator = await issueOperator({
    realms,
    keyring,
    clock,
    random,
    // The one whom the region of this test knows as its sole operator, who may delete an organization alone.
    user: 'operator',
    server: url,
    ca: identity.ca,
    region: 'test',
    key: newPersonalKey(),
  });
  await writeFile(join(folder, 'operator.kubeconfig'), operator);
  // The region's clock stands still; controllers that look again after a while need it to move.
  const ticking = setInterval(() => void clock.advance(100), 20);
  t.after(async () => {
    clearInterval(ticking);
    await server.close();
    await region.close();
    await rm(folder, { recursive: true });
  });
  const run = (kubeconfig: string, ...args: string[]) =>
    runCli(args, folder, {
      CASEMATE_KUBECONFIG: join(folder, kubeconfig),
      XDG_STATE_HOME: join(folder, 'state'),
    });
  return { region, folder, url, run };
}

test('an operator makes an organization whose administrator alone can get in', async (t) => {
  const { folder, url, run } = await startRegion(t);
  const made = await run(
    'operator.kubeconfig',
    'org',
    'create',
    'ministry',
    '--admin',
    'alice',
    '--display-name',
    'Ministry of Tests',
  );
  assert.equal(made.code, 0, made.stderr);
  assert.match(made.stdout, new RegExp(`^Organization "ministry" is ready at ${url}/orgs/ministry\n`));
  assert.match(made.stdout, /export KUBECONFIG=ministry\.kubeconfig/);

  const file = join(folder, 'ministry.kubeconfig');
  assert.equal((await stat(file)).mode & 0o777, 0o600);
  const config = parse(await readFile(file, 'utf8'));
  assert.equal(config.clusters[0].cluster.server, `${url}/orgs/ministry`);
  const decode = (field: string) => Buffer.from(config.users[0].user[field], 'base64').toString();
  const certificate = new X509Certificate(decode('client-certificate-data'));
  assert.ok(certificate.checkPrivateKey(createPrivateKey(decode('client-key-data'))));

  const who = await run('ministry.kubeconfig', 'whoami', '-o', 'json');
  assert.equal(JSON.parse(who.stdout).user, 'alice', who.stderr);
  assert.equal((await run('ministry.kubeconfig', 'project', 'create', 'web')).code, 0);
  assert.equal(
    (await run('ministry.kubeconfig', 'project', 'list', '-o', 'name')).stdout,
    'namespace/default\nnamespace/web\n',
  );

  // The operator's credential opens nothing in it, and the administrator's nothing in the region.
  const operator = parse(await readFile(join(folder, 'operator.kubeconfig'), 'utf8'));
  operator.clusters[0].cluster.server = `${url}/orgs/ministry`;
  await writeFile(join(folder, 'intruder.kubeconfig'), JSON.stringify(operator));
  const intruder = await run('intruder.kubeconfig', 'get', 'namespaces');
  assert.equal(intruder.code, 4);
  config.clusters[0].cluster.server = url;
  await writeFile(join(folder, 'climber.kubeconfig'), JSON.stringify(config));
  assert.equal((await run('climber.kubeconfig', 'org', 'list')).code, 4);

  assert.match(
    (await run('operator.kubeconfig', 'org', 'list')).stdout,
    /ministry +Ministry of Tests +\/orgs\/ministry +True/,
  );
  const again = await run(
    'operator.kubeconfig',
    'org',
    'create',
    'ministry',
    '--admin',
    'mallory',
    '--out',
    'other.kubeconfig',
  );
  assert.equal(again.code, 5);
  const overwriting = await run('operator.kubeconfig', 'org', 'create', 'ministry', '--admin', 'mallory');
  assert.deepEqual(
    [overwriting.code, overwriting.stderr.includes('ministry.kubeconfig exists already')],
    [2, true],
  );
});

test('an administrator lets people in with a role, and revokes it at once', async (t) => {
  const { run } = await startRegion(t);
  assert.equal((await run('operator.kubeconfig', 'org', 'create', 'ministry', '--admin', 'alice')).code, 0);
  const admin = (...args: string[]) => run('ministry.kubeconfig', ...args);
  assert.equal((await admin('project', 'create', 'web')).code, 0);
  const made = await admin('user', 'create', 'bob', '--role', 'project-viewer', '--project', 'web');
  assert.equal(made.code, 0, made.stderr);
  assert.match(
    made.stdout,
    /^bob may work as project-viewer in project "web"\.\nHand over bob\.kubeconfig safely/,
  );
  const bob = (...args: string[]) => run('bob.kubeconfig', ...args);
  assert.equal(JSON.parse((await bob('whoami', '-o', 'json')).stdout).project, 'web');
  assert.equal((await bob('get', 'widgets')).code, 0);
  assert.equal((await bob('get', 'widgets', '-n', 'default')).code, 4);
  assert.equal((await bob('user', 'create', 'eve', '--role', 'organization-admin')).code, 4);

  const revoke =
    /casemate (delete clientcertificate \S+)/.exec(made.stdout)?.[1] ??
    assert.fail('no way to revoke is told');
  assert.equal((await admin(...revoke.split(' '))).code, 0);
  const refused = await bob('get', 'widgets');
  assert.equal(refused.code, 4);
  assert.match(refused.stderr, /credential is not \(or no longer\) valid here/);

  const wrong = await admin('user', 'create', 'carol', '--role', 'king');
  assert.equal(wrong.code, 1);
  assert.match(wrong.stderr, /spec\.role/);
  const region = await run('operator.kubeconfig', 'project', 'create', 'x');
  assert.deepEqual([region.code, region.stderr.includes('takes an organization’s kubeconfig')], [2, true]);
});

test('with a request made elsewhere only the certificate is written', async (t) => {
  const { folder, run } = await startRegion(t);
  const key = newPersonalKey();
  await writeFile(join(folder, 'alice.csr'), await signingRequest(key));
  const made = await run(
    'operator.kubeconfig',
    'org',
    'create',
    'ministry',
    '--admin',
    'alice',
    '--csr',
    'alice.csr',
    '--out',
    'alice.crt',
  );
  assert.equal(made.code, 0, made.stderr);
  const certificate = new X509Certificate(await readFile(join(folder, 'alice.crt')));
  assert.ok(certificate.checkPrivateKey(createPrivateKey(key)));
});

test('an organization is destroyed only by saying so twice', async (t) => {
  const { run } = await startRegion(t);
  assert.equal((await run('operator.kubeconfig', 'org', 'create', 'ministry', '--admin', 'alice')).code, 0);
  const unsure = await run('operator.kubeconfig', 'org', 'delete', 'ministry');
  assert.deepEqual([unsure.code, unsure.stderr.includes('add --yes')], [2, true]);
  const sure = await run('operator.kubeconfig', 'org', 'delete', 'ministry', '--yes');
  assert.deepEqual(
    [sure.code, sure.stdout],
    [0, 'organization.tenancy.casemate.internal/ministry deleted\n'],
    sure.stderr,
  );
  assert.equal((await run('ministry.kubeconfig', 'whoami')).code, 4);
});

test('an operator sees how far each organization’s log has grown, and reads none of it', async (t) => {
  const { region, run } = await startRegion(t);
  assert.equal((await run('operator.kubeconfig', 'org', 'create', 'ministry', '--admin', 'alice')).code, 0);
  const own = await run('ministry.kubeconfig', 'ledger', 'verify', '-o', 'json');
  assert.equal(own.code, 0, own.stderr);
  await region.test.realms.takeCheckpoints('/orgs/ministry');
  const all = await run('operator.kubeconfig', 'ledger', 'verify', '--all-organizations', '-o', 'json');
  assert.equal(all.code, 0, all.stderr);
  const report = JSON.parse(all.stdout);
  assert.deepEqual([report.region.problemCount, report.organizations.problemCount], [0, 0]);
  assert.deepEqual(
    report.organizations.logs.map((log: { origin: string }) => log.origin),
    ['access', 'changes'].map((log) => `test.casemate.internal/orgs/ministry/${log}`),
  );
});
