/**
 * Instances that run as a service account: what a program inside gets without any stored secret, what it opens, and what neighbours, other
 * users of the instance, forged requests and stopped, deleted or remade instances get. Real instances, real packets. Needs root.
 */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { createLocalJWKSet, decodeJwt, jwtVerify } from 'jose';
import { layoutOf } from '#region/layout.ts';
import { regionStatus } from '#region/status.ts';
import { baseImage, createOrganization, type Member, manifest } from './support/project.ts';
import { startRegion, type TestRegion } from './support/region.ts';

const TOKEN_PORT = 8740;
const API_PORT = 6443;
/** curl's exit codes. */
const NO_ANSWER = 28;
const CANNOT_BIND = 45;

suite('workload identity', { timeout: 600_000 }, () => {
  let region: TestRegion;
  let alice: Member;
  let image: string;
  let gateway: string;

  const shop = (...words: string[]) => alice.kubectl('-n', 'shop', ...words);
  const ready = (...names: string[]) =>
    shop('wait', '--for=condition=Ready', ...names.map((name) => `instance/${name}`), '--timeout=120s');
  const addressOf = (name: string) =>
    shop('get', 'instance', name, '-o', 'jsonpath={.status.addresses[0].address}');
  const set = (name: string, spec: object) =>
    shop('patch', 'instance', name, '--type=merge', '-p', JSON.stringify({ spec }));
  const bind = (name: string, role: string, account: string, project?: string) =>
    alice.apply(
      JSON.stringify({
        apiVersion: 'access.casemate.internal/v1',
        kind: 'RoleBinding',
        metadata: { name },
        spec: {
          role,
          ...(project === undefined ? {} : { project }),
          subjects: [{ kind: 'ServiceAccount', name: account, project: 'shop' }],
        },
      }),
    );

  const inside = async (name: string, ...command: string[]) => {
    const { code, stdout, stderr } = await alice.inInstance('shop', name, command);
    return { code, stdout, stderr };
  };
  const must = async (name: string, ...command: string[]) => {
    const { code, stdout, stderr } = await inside(name, ...command);
    assert.equal(code, 0, `${command.join(' ')}: ${stdout}${stderr}`);
    return stdout;
  };
  const ROOT = ['--local-port', '600-1023'];
  const HEADER = ['-H', 'Casemate-Identity: 1'];
  /** What curl in an instance meets at the gateway: its exit code, and the HTTP status and text when there is an answer. */
  const curl = async (name: string, path: string, ...options: string[]) => {
    const url = `http://${gateway}:${TOKEN_PORT}${path}`;
    const answer = await inside(
      name,
      'curl',
      '-sS',
      '--max-time',
      '3',
      '-w',
      '\n%{http_code}',
      ...options,
      url,
    );
    const lines = answer.stdout.trimEnd().split('\n');
    return { exit: answer.code, status: Number(lines.pop()), text: lines.join('\n').trim() };
  };
  const ask = (name: string, path = '/v1/token', ...options: string[]) =>
    curl(name, path, '-X', 'POST', ...ROOT, ...HEADER, ...options);
  const tokenOf = async (name: string, query = '') => {
    const { status, text } = await ask(name, `/v1/token${query}`);
    assert.equal(status, 200, text);
    return text;
  };
  /** The status of a request on the API from the region's machine. */
  const api = async (token: string, path: string, ...options: string[]) => {
    const words = ['-ksS', '-o', '/dev/null', '-w', '%{http_code}', '-H', `Authorization: Bearer ${token}`];
    const url = `${region.url}/orgs/ministry${path}`;
    return Number((await region.run('curl', [...words, ...options, url])).stdout);
  };
  const INSTANCES = '/apis/compute.casemate.internal/v1/namespaces/shop/instances';

  before(async () => {
    region = await startRegion({ airGapped: true });
    image = await baseImage(region);
    alice = await createOrganization(region, 'ministry');
    for (const project of ['shop', 'vault']) await alice.kubectl('create', 'namespace', project);
    for (const account of ['robot', 'other', 'boss', 'editor', 'brief']) {
      await shop('create', 'serviceaccount', account);
    }
    await bind('robots', 'project-viewer', 'robot', 'shop');
    await bind('bosses', 'organization-admin', 'boss');
    await bind('editors', 'project-editor', 'editor', 'shop');
    const one = (name: string, serviceAccount?: string) => ({
      name,
      image,
      networks: ['front'],
      ...(serviceAccount === undefined ? {} : { serviceAccount }),
    });
    await alice.apply(
      manifest(
        ['front'],
        [one('web', 'robot'), one('rival', 'other'), one('plain'), one('thief', 'other'), one('stray')],
      ),
      '-n',
      'shop',
    );
    await ready('web', 'rival', 'plain', 'thief', 'stray');
    gateway = await shop('get', 'network', 'front', '-o', 'jsonpath={.status.gateway}');
    const limit = `for i in $(seq 100); do nc -z ${gateway} ${TOKEN_PORT} && exit 0; sleep 0.1; done; exit 1`;
    for (const name of ['web', 'rival', 'thief']) await must(name, 'sh', '-c', limit);
  });
  after(() => region?.destroy());

  test('a program inside gets a token that has exactly the account’s rights, for ten minutes, and nothing is kept of it', async () => {
    const token = await tokenOf('web');
    const { sub, exp = 0, iat = 0, ...claims } = decodeJwt(token);
    assert.equal(sub, 'system:serviceaccount:shop:robot');
    assert.equal(exp - iat, 600);
    const { instance } = claims['kubernetes.io'] as { instance: { name: string; uid: string } };
    assert.equal(instance.name, 'web');
    assert.equal(await api(token, INSTANCES), 200);
    assert.equal(await api(token, `${INSTANCES}/plain`, '-X', 'DELETE'), 403);
    assert.equal(await api(token, INSTANCES.replace('shop', 'vault')), 403);
    assert.equal(await api(token, '/apis/access.casemate.internal/v1/rolebindings'), 403);
    const signature = token.split('.')[2] ?? '';
    const places = ['postgres', 'incus/database', 'logs', 'firewall', 'run'].map((part) =>
      join(region.data, part),
    );
    const found = await region.run('grep', ['-rlaF', signature, ...places]);
    assert.equal(found.stdout, '');
    // The one-liner of docs/compute.md.
    const line = `curl -sSf -X POST --local-port 600-1023 -H 'Casemate-Identity: 1' "http://$(ip -4 route show default | cut -d' ' -f3):8740/v1/token"`;
    assert.equal(decodeJwt((await must('web', 'sh', '-c', line)).trim()).sub, sub);
  });

  test('a tenant’s own service verifies a token for its audience with the realm’s keys, and it opens nothing here', async () => {
    const token = await tokenOf('web', '?audience=https%3A%2F%2Fledger.example');
    const keys = await region.run('curl', ['-ksS', `${region.url}/orgs/ministry/oidc/jwks`]);
    const { payload } = await jwtVerify(token, createLocalJWKSet(JSON.parse(keys.stdout)), {
      audience: 'https://ledger.example',
    });
    assert.equal(payload.sub, 'system:serviceaccount:shop:robot');
    assert.match(payload.iss ?? '', /\/orgs\/ministry\/oidc$/);
    assert.equal(await api(token, INSTANCES), 401);
  });

  test('kubectl works inside, without a file that anybody has to renew', async () => {
    const kubectl = (await region.run('sh', ['-c', 'readlink -f "$(command -v kubectl)"'])).stdout.trim();
    await shop('cp', kubectl, 'web:/usr/local/bin/kubectl');
    const { text } = await ask('web', '/v1/kubeconfig');
    assert.doesNotMatch(text, /eyJ|client-key|token"/);
    const run = `curl -sSf -X POST ${ROOT.join(' ')} -H 'Casemate-Identity: 1' http://${gateway}:${TOKEN_PORT}/v1/kubeconfig > /run/kubeconfig
      chmod +x /usr/local/bin/kubectl; export KUBECONFIG=/run/kubeconfig; kubectl auth whoami; kubectl get instances -o name; kubectl delete instance plain`;
    const { stdout, stderr, code } = await inside('web', 'sh', '-c', run);
    assert.match(stdout, /system:serviceaccount:shop:robot/, stderr);
    assert.match(stdout, /instance.compute.casemate.internal\/plain/);
    assert.match(stderr, /Forbidden/);
    assert.notEqual(code, 0);
  });

  test('an instance that runs as nothing cannot even connect, and one that runs as another account gets that one’s', async () => {
    assert.equal((await ask('plain')).exit, NO_ANSWER);
    const tls = await inside(
      'plain',
      'curl',
      '-ksS',
      '--max-time',
      '2',
      `https://${gateway}:${API_PORT}/version`,
    );
    assert.equal(tls.code, NO_ANSWER);
    assert.equal(decodeJwt(await tokenOf('rival')).sub, 'system:serviceaccount:shop:other');
  });

  test('a neighbour that takes the address, or address and link address together, gets nothing', async () => {
    const address = await addressOf('web');
    const mac = await shop('get', 'instance', 'web', '-o', 'jsonpath={.status.addresses[0].mac}');
    assert.equal(decodeJwt(await tokenOf('thief')).sub, 'system:serviceaccount:shop:other');
    for (const name of ['thief', 'stray']) {
      // Nothing inside may put right what is forged.
      await must(name, 'systemctl', 'stop', 'systemd-networkd.socket', 'systemd-networkd.service');
      await must(name, 'ip', 'address', 'add', `${address}/24`, 'dev', 'eth0');
      assert.equal((await ask(name, '/v1/token', '--interface', address)).exit, NO_ANSWER);
      await must(name, 'ip', 'link', 'set', 'eth0', 'address', mac);
      await must(name, 'ip', 'route', 'replace', 'default', 'via', gateway, 'src', address);
      assert.equal((await ask(name, '/v1/token', '--interface', address)).exit, NO_ANSWER);
      assert.match(
        await must(name, 'ip', 'address', 'show', 'eth0'),
        new RegExp(`${mac}[^]*inet ${address}/`),
      );
    }
    assert.equal(decodeJwt(await tokenOf('web')).sub, 'system:serviceaccount:shop:robot');
  });

  test('an ordinary user inside gets none', async () => {
    const as = (...options: string[]) =>
      inside(
        'web',
        'setpriv',
        '--reuid=65534',
        '--regid=65534',
        '--clear-groups',
        'curl',
        '-sS',
        '--max-time',
        '3',
        '-X',
        'POST',
        ...HEADER,
        ...options,
        `http://${gateway}:${TOKEN_PORT}/v1/token`,
      );
    assert.equal((await as(...ROOT)).code, CANNOT_BIND);
    const plain = await as();
    assert.match(plain.stdout, /only root of the instance may ask/);
    assert.doesNotMatch(plain.stdout, /eyJ/);
  });

  test('a request that a program was talked into sending gets none', async () => {
    const forged: readonly (readonly [number, readonly string[]])[] = [
      [403, ['-X', 'POST', ...HEADER]],
      [403, ['-X', 'POST', ...ROOT]],
      [405, [...ROOT, ...HEADER]],
      [405, ['-X', 'PUT', ...ROOT, ...HEADER]],
      [400, ['-X', 'POST', ...ROOT, ...HEADER, '-d', 'a=b']],
      [403, ['-X', 'POST', ...ROOT, ...HEADER, '-H', 'Origin: https://evil.example']],
      [403, ['-X', 'POST', ...ROOT, ...HEADER, '-H', 'X-Forwarded-For: 10.0.0.1']],
      [403, ['-X', 'POST', ...ROOT, ...HEADER, '-H', 'Host: rebound.example']],
    ];
    for (const [status, options] of forged) {
      const answer = await curl('web', '/v1/token', ...options);
      assert.equal(answer.status, status, `${options.join(' ')}: ${answer.text}`);
      assert.doesNotMatch(answer.text, /eyJ/);
    }
  });

  test('taking the account from the instance refuses its token at once, and stopping it too', async () => {
    await alice.apply(
      manifest([], [{ name: 'short', image, networks: ['front'], serviceAccount: 'robot' }]),
      '-n',
      'shop',
    );
    await ready('short');
    const first = await tokenOf('short');
    assert.equal(await api(first, INSTANCES), 200);
    await set('short', { serviceAccount: null });
    assert.equal(await api(first, INSTANCES), 401);
    await set('short', { serviceAccount: 'other' });
    assert.equal(await api(first, INSTANCES), 401);
    await set('short', { serviceAccount: 'robot' });
    assert.equal(await api(first, INSTANCES), 200);
    await set('short', { powerState: 'Stopped' });
    assert.equal(await api(first, INSTANCES), 401);
    await shop('delete', 'instance', 'short', '--timeout=60s');
  });

  test('another instance under the same name and address inherits nothing', async () => {
    const make = async (serviceAccount?: string) => {
      const address = gateway.replace(/\.\d+$/, '.77');
      const spec = { networks: [{ network: 'front', address }], image, memory: '256Mi', serviceAccount };
      const object = { kind: 'Instance', metadata: { name: 'again' }, spec };
      await alice.apply(
        JSON.stringify({ apiVersion: 'compute.casemate.internal/v1', ...object }),
        '-n',
        'shop',
      );
      await ready('again');
    };
    await make('robot');
    const first = await tokenOf('again');
    assert.equal(await api(first, INSTANCES), 200);
    await shop('delete', 'instance', 'again', '--timeout=60s');
    assert.equal(await api(first, INSTANCES), 401);
    await make();
    assert.equal((await ask('again')).exit, NO_ANSWER);
    await shop('delete', 'instance', 'again', '--timeout=60s');
    await make('robot');
    assert.equal(await api(await tokenOf('again'), INSTANCES), 200);
    assert.equal(await api(first, INSTANCES), 401);
    await shop('delete', 'instance', 'again', '--timeout=60s');
  });

  test('deleting the account refuses its tokens at once, and gives no more', async () => {
    await bind('briefly', 'project-viewer', 'brief', 'shop');
    await set('rival', { serviceAccount: 'brief' });
    const token = await tokenOf('rival');
    assert.equal(await api(token, INSTANCES), 200);
    await shop('delete', 'serviceaccount', 'brief');
    assert.equal(await api(token, INSTANCES), 401);
    const answer = await ask('rival');
    assert.equal(answer.status, 403);
    assert.match(answer.text, /service account "brief" is gone/);
    await shop('create', 'serviceaccount', 'brief');
    assert.equal(await api(token, INSTANCES), 401);
  });

  test('nobody gets more by an instance than they hold: not by making, changing, or entering one', async () => {
    const token = (await shop('create', 'token', 'editor')).trim();
    const editor = (...words: string[]) => alice.kubectl('--token', token, '-n', 'shop', ...words);
    const patch = (name: string, spec: object) =>
      editor('patch', 'instance', name, '--type=merge', '-p', JSON.stringify({ spec }));
    await assert.rejects(
      patch('plain', { serviceAccount: 'boss' }),
      /would give role organization-admin, which \\?"system:serviceaccount:shop:editor\\?" does not hold/,
    );
    await assert.rejects(
      patch('plain', { serviceAccount: 'nobody' }),
      /there is no service account "nobody"/,
    );
    await patch('plain', { serviceAccount: 'robot' });
    assert.match(await editor('exec', 'plain', '--', 'id'), /uid=0/);
    await set('plain', { serviceAccount: 'boss' });
    await assert.rejects(editor('exec', 'plain', '--', 'id'), /would give role organization-admin/);
    await assert.rejects(patch('plain', { restoreFrom: 'old' }), /would give role organization-admin/);
    // Changing something else of it stays open, and so does taking the account away.
    await patch('plain', { cpu: '2' });
    await patch('plain', { serviceAccount: null });
    assert.match(await editor('exec', 'plain', '--', 'id'), /uid=0/);
  });

  test('when the region’s process was killed, the tokens that are out go on counting, and new ones are given', async () => {
    const before = await tokenOf('web');
    const { supervisor } = (await regionStatus(layoutOf(region.data))) ?? {};
    process.kill(supervisor?.processes.find(({ name }) => name === 'region')?.pid ?? 0, 'SIGKILL');
    const TRIES_MAX = 300;
    let given: Awaited<ReturnType<typeof ask>> | undefined;
    for (let tries = 0; tries < TRIES_MAX && given?.status !== 200; tries++) {
      // Terminals end with the process too, and begin again when it is back.
      given = await ask('web').catch(() => undefined);
    }
    assert.equal(given?.status, 200);
    assert.equal(await api(before, INSTANCES), 200);
    assert.equal(await api(given?.text ?? '', INSTANCES), 200);
  });

  test('who asked as what is in the organization’s access log', async () => {
    await tokenOf('web', '?audience=urn%3Aon-record');
    const READS_MAX = 50;
    let shown = '';
    for (let reads = 0; reads < READS_MAX && !shown.includes('urn:on-record'); reads++) {
      shown = await alice.casemate('ledger', 'show', '--log', 'access', '-o', 'json');
    }
    const line = shown.split('\n').find((text) => text.includes('urn:on-record')) ?? '';
    assert.match(line, /serviceaccounts\/token/);
    assert.match(line, /system:serviceaccount:shop:robot/);
    assert.match(line, /"instance":\s*"web"/);
    assert.doesNotMatch(shown, /eyJ/);
  });
});
