/**
 * Isolation, with real packets between real instances: within a network, between networks, projects and organizations, to the
 * host's own services, to the outside, and in from it. Each refused flow has an allowed twin, so that a broken lab cannot pass.
 */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { type AirGap, openAirGap } from './support/air-gap.ts';
import { kubeconfigCredentials } from './support/api-client.ts';
import type { KeyPair } from './support/objects.ts';
import { baseImage, createOrganization, type Member, manifest } from './support/project.ts';
import { startRegion, type TestRegion } from './support/region.ts';

/** A host beyond the region, on a wire of its own. Documentation addresses (RFC 5737). */
const REGION_SIDE = '192.0.2.1';
const OUTSIDE = '192.0.2.2';
const SERVICE_PORT = 8080;
const FORWARD_PORT = 20_080;

/** Answers every connection on the port with one line, for as long as it lives: a caller who hangs up at once, as `reaches` does, must not end it. */
const listener = (port: number, says: string) =>
  `require('net').createServer((s)=>s.on('error',()=>{}).end('${says}\\n')).listen(${port},'0.0.0.0')`;

/** A script that ends well once somebody listens there. */
const reaches = (address: string, port: number) =>
  `for i in $(seq 100); do timeout 1 bash -c '</dev/tcp/${address}/${port}' 2>/dev/null && exit 0; sleep 0.1; done; exit 1`;

const netcat = (limit_s: number, address: string, port: number) => [
  'nc',
  '-w',
  String(limit_s),
  address,
  String(port),
];

suite('isolation', { timeout: 600_000 }, () => {
  let region: TestRegion;
  let outside: AirGap;
  let gap: AirGap;
  let ministry: Member;
  let hospital: Member;

  before(async () => {
    region = await startRegion({ airGapped: true });
    assert.ok(region.airGap);
    gap = region.airGap;
    outside = await openAirGap();
    await mustRun(gap, 'ip', [
      'link',
      'add',
      'uplink',
      'type',
      'veth',
      'peer',
      'name',
      'eth0',
      'netns',
      String(outside.pid),
    ]);
    await mustRun(gap, 'ip', ['address', 'add', `${REGION_SIDE}/24`, 'dev', 'uplink']);
    await mustRun(gap, 'ip', ['link', 'set', 'uplink', 'up']);
    await mustRun(outside, 'ip', ['address', 'add', `${OUTSIDE}/24`, 'dev', 'eth0']);
    await mustRun(outside, 'ip', ['link', 'set', 'eth0', 'up']);
    // As an operator would: the addresses that forwards may use, and that policies may let instances out at all.
    const settings = join(region.data, 'region.yaml');
    const text = readFileSync(settings, 'utf8')
      .replace('forwardAddresses: []', `forwardAddresses: [${REGION_SIDE}]`)
      .replace('egress: false', 'egress: true');
    // And that one person runs this region: deleting an organization takes another operator otherwise.
    // What policies let out is what is looked at here; test/seal.long.test.ts has the seal that stands before it.
    writeFileSync(settings, `${text.replace('seal: enforced', 'seal: observed')}\nsoleOperator: true\n`);
    await region.up();
    const image = await baseImage(region);
    ministry = await createOrganization(region, 'ministry');
    hospital = await createOrganization(region, 'hospital');
    const one = (name: string, network: string) => ({ name, image, networks: [network], labels: { name } });
    await ministry.kubectl('create', 'namespace', 'red');
    await ministry.kubectl('create', 'namespace', 'blue');
    await hospital.kubectl('create', 'namespace', 'red');
    await ministry.apply(
      manifest(['front', 'back'], [one('web', 'front'), one('peer', 'front'), one('db', 'back')]),
      '-n',
      'red',
    );
    await ministry.apply(manifest(['front'], [one('other', 'front')]), '-n', 'blue');
    await hospital.apply(manifest(['front'], [one('foreign', 'front')]), '-n', 'red');
    for (const [who, project] of [
      [ministry, 'red'],
      [ministry, 'blue'],
      [hospital, 'red'],
    ] as const) {
      await who.kubectl(
        '-n',
        project,
        'wait',
        '--for=condition=Ready',
        'instance',
        '--all',
        '--timeout=120s',
      );
    }
    for (const [who, project, name] of [
      [ministry, 'red', 'peer'],
      [ministry, 'red', 'db'],
      [ministry, 'blue', 'other'],
      [hospital, 'red', 'foreign'],
    ] as const) {
      await serve(who, project, name);
    }
  });
  after(async () => {
    await outside?.close();
    await region?.destroy();
  });

  const mustRun = async (place: AirGap, command: string, args: readonly string[]) => {
    const { code, stderr } = await place.run(command, args);
    assert.equal(code, 0, stderr);
  };
  /** A service in an instance, under its systemd, ready when this resolves. */
  const serve = async (who: Member, project: string, name: string) => {
    const script = `import socketserver,sys
class H(socketserver.BaseRequestHandler):
    def handle(self): self.request.sendall(b"${name}\\n")
socketserver.TCPServer.allow_reuse_address=True
socketserver.ThreadingTCPServer(("0.0.0.0",${SERVICE_PORT}),H).serve_forever()`;
    await must(who, project, name, ['systemd-run', '--unit=answer', 'python3', '-c', script]);
    const ready = `for i in $(seq 100); do nc -z 127.0.0.1 ${SERVICE_PORT} && exit 0; sleep 0.1; done; exit 1`;
    await must(who, project, name, ['sh', '-c', ready]);
  };
  const must = async (who: Member, project: string, instance: string, command: readonly string[]) => {
    const { code, stdout, stderr } = await who.inInstance(project, instance, command);
    assert.equal(code, 0, `${command.join(' ')}: ${stdout}${stderr}`);
    return stdout;
  };
  const addressOf = (who: Member, project: string, instance: string) =>
    who.kubectl('-n', project, 'get', 'instance', instance, '-o', 'jsonpath={.status.addresses[0].address}');
  /** What answers at an address and port, asked from `web`; undefined when nothing does within two seconds. */
  const ask = async (address: string, port = SERVICE_PORT) => {
    const { code, stdout } = await ministry.inInstance('red', 'web', netcat(2, address, port));
    return code === 0 && stdout !== '' ? stdout.trim() : undefined;
  };
  /** The rule that lets `web` through is in force already: only a busy machine is waited for. */
  const mustAnswer = async (says: string, address: string, port = SERVICE_PORT) => {
    const answer = await ministry.inInstance('red', 'web', netcat(30, address, port));
    assert.deepEqual(answer, { ...answer, code: 0, stdout: `${says}\n` });
  };
  const policy = async (who: Member, name: string, spec: unknown) => {
    await who.apply(
      JSON.stringify({
        apiVersion: 'network.casemate.internal/v1',
        kind: 'FirewallPolicy',
        metadata: { name },
        spec,
      }),
      '-n',
      'red',
    );
    await who.kubectl('-n', 'red', 'wait', '--for=condition=Ready', `fwp/${name}`, '--timeout=30s');
  };

  test('within a network instances reach each other', async () => {
    await mustAnswer('peer', await addressOf(ministry, 'red', 'peer'));
  });

  test('between networks of a project nothing passes, until both sides allow it', async () => {
    const db = await addressOf(ministry, 'red', 'db');
    assert.equal(await ask(db), undefined);
    await policy(ministry, 'out', {
      instances: { matchLabels: { name: 'web' } },
      egress: [{ action: 'Allow', to: [{ instances: { matchLabels: { name: 'db' } } }] }],
    });
    assert.equal(await ask(db), undefined);
    await policy(ministry, 'in', {
      instances: { matchLabels: { name: 'db' } },
      ingress: [{ action: 'Allow', from: [{ instances: { matchLabels: { name: 'web' } } }] }],
    });
    await mustAnswer('db', db);
  });

  test('an explicit deny wins over what was allowed', async () => {
    const db = await addressOf(ministry, 'red', 'db');
    await policy(ministry, 'never', {
      instances: { matchLabels: { name: 'db' } },
      ingress: [{ action: 'Deny', protocol: 'tcp', ports: [{ port: SERVICE_PORT }] }],
    });
    assert.equal(await ask(db), undefined);
  });

  test('between projects and between organizations nothing passes, whatever a policy says', async () => {
    const other = await addressOf(ministry, 'blue', 'other');
    const foreign = await addressOf(hospital, 'red', 'foreign');
    await policy(ministry, 'wish', {
      instances: {},
      egress: [{ action: 'Allow', to: [{ cidr: '0.0.0.0/0' }] }],
    });
    await policy(hospital, 'wish', {
      instances: {},
      ingress: [{ action: 'Allow', from: [{ cidr: '0.0.0.0/0' }] }],
    });
    assert.equal(await ask(other), undefined);
    assert.equal(await ask(foreign), undefined);
    await ministry.kubectl('-n', 'red', 'delete', 'fwp/wish');
  });

  test('the host’s own services cannot be reached, but its DHCP and DNS on the network', async () => {
    const gateway = await ministry.kubectl(
      '-n',
      'red',
      'get',
      'network',
      'front',
      '-o',
      'jsonpath={.status.gateway}',
    );
    const api = Number(new URL(region.url).port);
    const node = process.execPath;
    const host = gap.run(node, ['-e', `${listener(9000, 'host')};setTimeout(()=>process.exit(),300000)`]);
    const reached = await gap.run('bash', ['-c', reaches(gateway, 9000)]);
    assert.equal(reached.code, 0, 'the listener on the host must be there');
    assert.equal(await ask(gateway, 9000), undefined);
    assert.equal(await ask(gateway, api), undefined);
    assert.equal(await ask(REGION_SIDE, 9000), undefined);
    await gap.run('pkill', ['-f', 'createServer.*host']);
    await host;
    await must(ministry, 'red', 'web', ['getent', 'hosts', 'peer']);
  });

  test('objects are reached at the gateway by their names, with a key of one’s own; another organization’s are not, nor what else the host has', async () => {
    const { ca } = kubeconfigCredentials(readFileSync(ministry.kubeconfig, 'utf8'));
    const keyOf = async (who: Member) =>
      JSON.parse(await who.casemate('access-key', 'create', 'inside', '-o', 'json')) as KeyPair;
    await ministry.casemate('bucket', 'create', 'papers');
    const keys = { ministry: await keyOf(ministry), hospital: await keyOf(hospital) };
    const s3 = (who: Member, instance: string, key: KeyPair, ...args: readonly string[]) => {
      const script = `printf '%s' "$1" > /root/ca.pem; shift; exec curl --silent --show-error --max-time 20 --cacert /root/ca.pem --aws-sigv4 aws:amz:us-east-1:s3 --header "x-amz-content-sha256: UNSIGNED-PAYLOAD" --write-out '%{http_code}' "$@"`;
      const user = `${key.accessKeyId}:${key.secretAccessKey}`;
      return must(who, 'red', instance, ['sh', '-c', script, 'sh', ca, '--user', user, ...args]);
    };
    const path = 'https://s3.testing.casemate.internal/papers/minutes.txt';
    const host = 'https://papers.ministry.s3.testing.casemate.internal/minutes.txt';
    assert.equal(await s3(ministry, 'web', keys.ministry, '--upload-file', '/etc/hostname', path), '200');
    assert.equal(await s3(ministry, 'web', keys.ministry, path), 'web\n200');
    assert.equal(await s3(ministry, 'db', keys.ministry, host), 'web\n200');
    assert.match(await s3(hospital, 'foreign', keys.hospital, path), /NoSuchBucket[\s\S]*404$/);
    assert.match(await s3(hospital, 'foreign', keys.hospital, host), /InvalidAccessKeyId[\s\S]*403$/);
    // Where that is served for them, they do not get by themselves; nor to it from outside.
    const gateway = await ministry.kubectl(
      '-n',
      'red',
      'get',
      'network',
      'front',
      '-o',
      'jsonpath={.status.gateway}',
    );
    const { stdout } = await gap.run('ss', ['-Hltn', 'src', '0.0.0.0']);
    const ports = [...stdout.matchAll(/0\.0\.0\.0:(3\d{4})/g)].map(([, port]) => Number(port));
    assert.equal(ports.length, 1, stdout);
    const [served = 0] = ports;
    assert.equal(await ask(gateway, served), undefined);
    assert.equal(await ask(REGION_SIDE, served), undefined);
    assert.equal(
      (await ministry.inInstance('red', 'web', netcat(2, gateway, Number(new URL(region.url).port)))).stdout,
      '',
    );
    const outsideIn = await outside.run('bash', [
      '-c',
      `timeout 2 bash -c '</dev/tcp/${REGION_SIDE}/${served}'`,
    ]);
    assert.notEqual(outsideIn.code, 0);
  });

  test('nothing reaches the outside, until a policy allows it', async () => {
    const server = outside.run(process.execPath, [
      '-e',
      `${listener(SERVICE_PORT, 'outside')};setTimeout(()=>process.exit(),300000)`,
    ]);
    const up = await gap.run('bash', ['-c', reaches(OUTSIDE, SERVICE_PORT)]);
    assert.equal(up.code, 0, 'the outside must be reachable from the host');
    assert.equal(await ask(OUTSIDE), undefined);
    await policy(ministry, 'outside', {
      instances: { matchLabels: { name: 'web' } },
      egress: [
        {
          action: 'Allow',
          to: [{ cidr: `${OUTSIDE}/32` }],
          protocol: 'tcp',
          ports: [{ port: SERVICE_PORT }],
        },
      ],
    });
    await mustAnswer('outside', OUTSIDE);
    await outside.run('pkill', ['-f', 'createServer.*outside']);
    await server;
  });

  test('the outside reaches an instance only through a forward, and only from the sources it names', async () => {
    const peer = await addressOf(ministry, 'red', 'peer');
    await mustRun(outside, 'ip', ['route', 'add', 'default', 'via', REGION_SIDE]);
    const from = (address: string, port: number) =>
      outside.run('bash', ['-c', `timeout 2 bash -c 'cat </dev/tcp/${address}/${port}'`]);
    assert.equal((await from(peer, SERVICE_PORT)).stdout, '');
    const forward = (allowedSources: readonly string[]) =>
      JSON.stringify({
        apiVersion: 'network.casemate.internal/v1',
        kind: 'Forward',
        metadata: { name: 'peer' },
        spec: {
          protocol: 'tcp',
          listen: { address: REGION_SIDE, port: FORWARD_PORT },
          target: { instance: 'peer', port: SERVICE_PORT },
          allowedSources,
        },
      });
    await ministry.apply(forward([`${OUTSIDE}/32`]), '-n', 'red');
    await ministry.kubectl('-n', 'red', 'wait', '--for=condition=Ready', 'forward/peer', '--timeout=30s');
    assert.equal((await from(REGION_SIDE, FORWARD_PORT)).stdout, 'peer\n');
    await ministry.apply(forward(['198.51.100.0/24']), '-n', 'red');
    const generation = await ministry.kubectl(
      '-n',
      'red',
      'get',
      'forward/peer',
      '-o',
      'jsonpath={.metadata.generation}',
    );
    await ministry.kubectl(
      '-n',
      'red',
      'wait',
      `--for=jsonpath={.status.observedGeneration}=${generation}`,
      'forward/peer',
      '--timeout=30s',
    );
    assert.equal((await from(REGION_SIDE, FORWARD_PORT)).stdout, '');
  });

  test('deleting an organization leaves nothing of it in the engines', async () => {
    await region.kubectl('annotate', 'organization/hospital', 'casemate.internal/confirm-deletion=hospital');
    await region.kubectl('delete', 'organization/hospital', '--timeout=120s');
    const gone = await region.kubectl('get', 'organizations', '-o', 'name');
    assert.doesNotMatch(gone, /hospital/);
    const bridges = await gap.run('ip', ['-o', 'link', 'show', 'type', 'bridge']);
    // ministry has three networks.
    assert.equal(
      bridges.stdout
        .trim()
        .split('\n')
        .filter((line) => /: cm/.test(line)).length,
      3,
    );
    const rules = await gap.run('nft', ['list', 'ruleset']);
    assert.doesNotMatch(rules.stdout, /hospital/);
    // Every table with rows of realms: none of a realm that is not there, and none of hospital by name.
    const query = `
      SELECT 'realms' FROM realms WHERE id LIKE '%hospital%'
      UNION ALL SELECT 'keys' FROM wrapped_keys WHERE realm LIKE '%hospital%'
      UNION ALL SELECT 'changes' FROM changes WHERE realm NOT IN (SELECT uid FROM realms)
      UNION ALL SELECT 'access' FROM access WHERE realm NOT IN (SELECT uid FROM realms)
      UNION ALL SELECT 'objects' FROM objects WHERE realm NOT IN (SELECT uid FROM realms)
      UNION ALL SELECT 'tile_nodes' FROM tile_nodes WHERE realm NOT IN (SELECT uid FROM realms)`;
    const asRegion = [
      '-u',
      'casemate',
      '--',
      'psql',
      '-h',
      join(region.data, 'postgres/run'),
      '-d',
      'casemate',
    ];
    const rows = await gap.run('runuser', [...asRegion, '-v', 'ON_ERROR_STOP=1', '-At', '-c', query]);
    assert.equal(rows.code, 0, rows.stderr);
    assert.equal(rows.stdout, '');
  });
});
