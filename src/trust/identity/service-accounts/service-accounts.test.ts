import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { createLocalJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify } from 'jose';
import { kubectls } from '#kernel/wire/test-kubectl.ts';
import { RoleBinding } from '../../access/role-binding.ts';
import { Project } from '../../testing/kinds.ts';
import { ACME, type IdentityFixture, identityFixture } from '../testing/fixture.ts';
import { deviceSignIn } from '../testing/relying-party.ts';
import { ServiceAccount } from './service-account.ts';

const run = promisify(execFile);
const ACCOUNTS = '/api/v1/namespaces/shop/serviceaccounts';

describe('a service account', () => {
  let region: IdentityFixture;
  let person: string;
  before(async () => {
    region = await identityFixture();
    await region.user(ACME, 'alice');
    await region.make(ACME, Project, { metadata: { name: 'shop' } });
    await region.make(ACME, ServiceAccount, { metadata: { name: 'robot' } }, 'shop');
    person = (await deviceSignIn(region, { realm: ACME, user: 'alice' })).tokens.access_token;
  });
  after(() => region.close());

  const request = (spec: object, name = 'robot') =>
    region.api(ACME, `${ACCOUNTS}/${name}/token`, person, 'POST', {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      spec,
    });
  const tokenFor = async (spec: object = {}, name = 'robot') => {
    const answer = await request(spec, name);
    assert.equal(answer.code, 200, answer.text);
    return String(JSON.parse(answer.text).status.token);
  };
  const who = async (token: string) => {
    const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' };
    const path = '/apis/authentication.k8s.io/v1/selfsubjectreviews';
    const answer = await region.api(ACME, path, token, 'POST', body);
    return answer.code === 201 ? JSON.parse(answer.text).status.userInfo : answer.code;
  };

  it('speaks by a token that somebody asked for, under the name and groups that Kubernetes gives it', async () => {
    const { username, groups } = await who(await tokenFor());
    assert.equal(username, 'system:serviceaccount:shop:robot');
    assert.deepEqual(groups, [
      'system:serviceaccounts',
      'system:serviceaccounts:shop',
      'system:authenticated',
    ]);
  });

  it('has tokens for as long as was asked, within ten minutes and a day', async () => {
    const life = async (spec: object) => {
      const { iat = 0, exp = 0 } = decodeJwt(await tokenFor(spec));
      return exp - iat;
    };
    assert.equal(await life({}), 3_600);
    assert.equal(await life({ expirationSeconds: 600 }), 600);
    assert.equal(await life({ expirationSeconds: 86_400 }), 86_400);
    for (const expirationSeconds of [599, 86_401, 0, -1, 1.5, '3600']) {
      const answer = await request({ expirationSeconds });
      assert.equal(answer.code, 422, `${expirationSeconds}`);
      assert.match(answer.text, /expirationSeconds/);
    }
  });

  it('has tokens for others too, which they can check, and which do not open this API', async () => {
    const token = await tokenFor({ audiences: ['https://registry.acme.example'] });
    assert.equal(await who(token), 401);
    const keys = JSON.parse((await region.browser().get(`${region.issuer(ACME)}/jwks`)).text);
    const { payload } = await jwtVerify(token, createLocalJWKSet(keys), {
      issuer: region.issuer(ACME),
      audience: 'https://registry.acme.example',
    });
    assert.equal(payload.sub, 'system:serviceaccount:shop:robot');
    const both = await tokenFor({ audiences: ['casemate', 'https://registry.acme.example'] });
    assert.equal((await who(both)).username, 'system:serviceaccount:shop:robot');
  });

  it('is this very object: its tokens end when it is deleted, and do not come back with its name', async () => {
    await region.make(ACME, ServiceAccount, { metadata: { name: 'brief' } }, 'shop');
    const token = await tokenFor({}, 'brief');
    assert.equal((await who(token)).username, 'system:serviceaccount:shop:brief');
    await region.remove(ACME, ServiceAccount, 'brief', 'shop');
    assert.equal(await who(token), 401);
    await region.make(ACME, ServiceAccount, { metadata: { name: 'brief' } }, 'shop');
    assert.equal(await who(token), 401);
    assert.equal((await request({}, 'nobody')).code, 404);
  });

  it('gives nobody more than they hold: who asks for its token must hold every role that it does', async () => {
    await region.make(ACME, ServiceAccount, { metadata: { name: 'root' } }, 'shop');
    const bind = (name: string, subject: object) =>
      region.make(ACME, RoleBinding, {
        metadata: { name },
        spec: { role: 'organization-admin', subjects: [subject] },
      });
    await bind('robots', { kind: 'ServiceAccount', name: 'root', project: 'shop' });
    const refused = await request({}, 'root');
    assert.equal(refused.code, 403, refused.text);
    assert.match(refused.text, /would give role organization-admin, which \\"alice\\" does not hold/);
    await bind('alice', { kind: 'User', name: 'alice' });
    assert.equal((await who(await tokenFor({}, 'root'))).username, 'system:serviceaccount:shop:root');
  });

  it('has tokens of a sort of their own: a person’s token is none of them', async () => {
    assert.equal(decodeProtectedHeader(await tokenFor()).typ, 'sa+jwt');
    assert.equal(decodeProtectedHeader(person).typ, 'at+jwt');
  });

  it('is made, and gives a token that works, with kubectl', async (t) => {
    const binaries = await kubectls();
    assert.ok(binaries.size > 0, 'no kubectl on this machine');
    const folder = await mkdtemp(join(tmpdir(), 'casemate-kubectl-'));
    t.after(() => rm(folder, { recursive: true }));
    const kubeconfig = async (name: string, token: string) => {
      const path = join(folder, name);
      const cluster = {
        server: `${region.url}${ACME}`,
        'certificate-authority-data': Buffer.from(region.ca).toString('base64'),
      };
      const config = {
        apiVersion: 'v1',
        kind: 'Config',
        clusters: [{ name: 'x', cluster }],
        users: [{ name: 'x', user: { token } }],
        contexts: [{ name: 'x', context: { cluster: 'x', user: 'x', namespace: 'shop' } }],
        'current-context': 'x',
      };
      await writeFile(path, JSON.stringify(config), { mode: 0o600 });
      return path;
    };
    const alice = await kubeconfig('alice', person);
    for (const [version, kubectl] of binaries) {
      const as = async (config: string, ...words: string[]) =>
        (await run(kubectl, ['--kubeconfig', config, '--cache-dir', join(folder, 'cache'), ...words])).stdout;
      const name = `made-by-${version.replace('.', '-')}`;
      await as(alice, 'create', 'serviceaccount', name);
      const token = await as(alice, 'create', 'token', name, '--duration', '20m', '--audience', 'casemate');
      const { exp = 0, iat = 0 } = decodeJwt(token.trim());
      assert.equal(exp - iat, 1_200);
      const robot = await kubeconfig(`robot-${version}`, token.trim());
      assert.match(await as(robot, 'get', 'serviceaccounts'), new RegExp(name));
      assert.match(await as(robot, 'auth', 'whoami'), new RegExp(`system:serviceaccount:shop:${name}`));
      await as(alice, 'delete', 'serviceaccount', name);
      await assert.rejects(as(robot, 'get', 'serviceaccounts'), /Unauthorized|open nothing here|logged in/);
    }
  });
});
