import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { parse } from 'yaml';
import { kubectls } from '#kernel/wire/test-kubectl.ts';
import { Session } from '#trust/identity/sessions/session.ts';
import { ACME, type IdentityFixture, identityFixture } from '#trust/identity/testing/fixture.ts';
import { approveDevice } from '#trust/identity/testing/relying-party.ts';
import { bareEnvironment, MAIN, type RunResult } from '../resources/test-cli.ts';
import { withEntry } from './kubeconfig-entry.ts';

const run = promisify(execFile);

describe('signing in on the command line', () => {
  let region: IdentityFixture;
  let folder: string;
  let kubeconfig: string;
  let environment: NodeJS.ProcessEnv;
  before(async () => {
    region = await identityFixture();
    await region.user(ACME, 'alice');
    folder = await mkdtemp(join(tmpdir(), 'casemate-login-'));
    kubeconfig = join(folder, 'config');
    await writeFile(join(folder, 'ca.pem'), region.ca);
    environment = {
      ...bareEnvironment(folder),
      XDG_STATE_HOME: join(folder, 'state'),
      KUBECONFIG: kubeconfig,
    };
  });
  after(async () => {
    await region.close();
    await rm(folder, { recursive: true });
  });

  /** Runs a command; `onError` sees what it has printed to standard error, as it comes. */
  function casemate(args: readonly string[], onError: (text: string) => void = () => {}): Promise<RunResult> {
    const child = spawn(process.execPath, [MAIN, ...args], { cwd: folder, env: environment });
    const said = { stdout: '', stderr: '' };
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      said.stdout += chunk;
    });
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      said.stderr += chunk;
      onError(said.stderr);
    });
    child.stdin.end();
    return new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code) => resolve({ code, ...said }));
    });
  }

  const sessions = () => region.realms.use(ACME, ({ view }) => view.list(Session));
  const signInFile = async () => {
    const files = await readdir(join(folder, 'state/casemate/sign-ins'));
    return join(folder, 'state/casemate/sign-ins', files.find((name) => name.endsWith('.json')) ?? 'none');
  };

  it('shows an address and a code, and writes a kubeconfig and tokens that only their owner reads', async () => {
    const entered: Promise<unknown>[] = [];
    const { code, stdout, stderr } = await casemate(
      ['login', '--server', region.url, '--org', 'acme', '--ca', 'ca.pem'],
      (text) => {
        const userCode = /the code {2}([A-Z-]+)/.exec(text)?.[1];
        if (userCode && entered.length === 0) {
          entered.push(approveDevice(region, { realm: ACME, user: 'alice', userCode }));
        }
      },
    );
    await Promise.all(entered);
    assert.equal(code, 0, stderr);
    assert.match(stderr, new RegExp(`${region.url}/orgs/acme/oidc/device\\?user_code=`));
    assert.match(stdout, /signed in to .*\/orgs\/acme/);
    const written = parse(await readFile(kubeconfig, 'utf8'));
    assert.equal(written.clusters[0].cluster.server, `${region.url}/orgs/acme`);
    assert.equal(written.users[0].user.exec.apiVersion, 'client.authentication.k8s.io/v1');
    for (const file of [kubeconfig, await signInFile()]) assert.equal((await stat(file)).mode & 0o777, 0o600);
    assert.doesNotMatch(await readFile(kubeconfig, 'utf8'), /eyJ/);
  });

  it('is who one is from then on, with casemate and with kubectl', async () => {
    const { stdout, stderr } = await casemate(['whoami']);
    assert.match(stdout, /User: +alice\nGroups: +system:authenticated\nIn: +organization "acme"/, stderr);
    for (const kubectl of (await kubectls()).values()) {
      const { stdout: said } = await run(kubectl, ['auth', 'whoami', '--cache-dir', join(folder, 'cache')], {
        env: environment,
      });
      assert.match(said, /alice/);
    }
  });

  it('renews an old token once, however many commands need it at the same moment', async () => {
    const file = await signInFile();
    const before = JSON.parse(await readFile(file, 'utf8'));
    await writeFile(file, JSON.stringify({ ...before, expires_ms: 0 }));
    const exec = parse(await readFile(kubeconfig, 'utf8')).users[0].user.exec;
    const args = exec.args.slice(exec.args.indexOf('credential'));
    const answers = await Promise.all([1, 2, 3, 4].map(() => casemate(args)));
    const tokens = answers.map(({ stdout, stderr }) => {
      assert.equal(stderr, '');
      const { kind, status } = JSON.parse(stdout);
      assert.equal(kind, 'ExecCredential');
      return status.token;
    });
    assert.equal(new Set(tokens).size, 1);
    assert.notEqual(tokens[0], before.accessToken);
    assert.equal((await region.api(ACME, '/api/v1/namespaces', tokens[0])).code, 200);
    assert.deepEqual((await readdir(join(folder, 'state/casemate/sign-ins'))).length, 1);
  });

  it('takes a lock over that a command left when it died', async () => {
    const file = await signInFile();
    const dead = spawn(process.execPath, ['--version']);
    await new Promise((resolve) => dead.once('close', resolve));
    await writeFile(`${file}.lock`, String(dead.pid));
    const known = JSON.parse(await readFile(file, 'utf8'));
    await writeFile(file, JSON.stringify({ ...known, expires_ms: 0 }));
    assert.match((await casemate(['whoami'])).stdout, /alice/);
  });

  it('ends with logout, here and at the region, and says how to sign in again', async () => {
    const [before] = await sessions();
    assert.equal(before?.spec.client, 'casemate-cli');
    const file = await signInFile();
    const { accessToken } = JSON.parse(await readFile(file, 'utf8'));
    const { code, stdout } = await casemate(['logout']);
    assert.deepEqual([code, stdout], [0, `signed out of ${region.url}/orgs/acme\n`]);
    assert.equal((await sessions()).length, 0);
    assert.equal((await region.api(ACME, '/api/v1/namespaces', accessToken)).code, 401);
    const again = await casemate(['whoami']);
    assert.equal(again.code, 4);
    assert.match(again.stderr, /not signed in.*\n.*casemate login/);
  });

  it('says what is missing or wrong', async () => {
    const elsewhere = await casemate(['login', '--server', 'https://region.example:1', '--org', 'acme']);
    assert.deepEqual([elsewhere.code, /--ca FILE/.test(elsewhere.stderr)], [2, true]);
    const nobody = await casemate(['login', '--org', 'nobody']);
    assert.equal(nobody.code, 4, nobody.stderr);
    assert.match(nobody.stderr, /nobody can sign in at .*\/orgs\/nobody/);
    const bad = await casemate(['login', '--org', '../x']);
    assert.equal(bad.code, 2);
    const unknown = await casemate(['credential', '--sign-in', '../../etc/passwd']);
    assert.equal(unknown.code, 1);
  });
});

describe('an entry in a kubeconfig', () => {
  const entry = {
    name: 'casemate@r:1/acme',
    server: 'https://r:1/orgs/acme',
    ca: 'CA',
    exec: { command: '/bin/casemate', args: ['credential'] },
  };

  it('is put beside what is there, and replaces only itself', () => {
    const first = withEntry(
      '# mine\napiVersion: v1\nkind: Config\nclusters:\n- name: other\n  cluster: {server: https://o}\nusers: null\n',
      entry,
    );
    assert.match(first, /^# mine/);
    const withProject = parse(first);
    withProject.contexts[0].context.namespace = 'shop';
    const second = parse(withEntry(JSON.stringify(withProject), { ...entry, server: 'https://r:2' }));
    assert.deepEqual(
      second.clusters.map(({ name, cluster }: { name: string; cluster: { server: string } }) => [
        name,
        cluster.server,
      ]),
      [
        ['other', 'https://o'],
        [entry.name, 'https://r:2'],
      ],
    );
    assert.equal(second.users.length, 1);
    assert.equal(second.contexts[0].context.namespace, 'shop');
    assert.equal(second['current-context'], entry.name);
    assert.throws(() => withEntry('- a list', entry), /not one/);
  });
});
