/**
 * Packages in a region that has no way out: built and signed on a connected side, imported, published; an instance then installs with Debian's apt and with npm from the
 * region's own mirror, without being told anything, and everybody sees where each package came from. Needs root; apt of this machine at set-up.
 */
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, suite, type TestContext, test } from 'node:test';
import { startBundleWorld } from '#gap/bundle/testing/bundle-world.ts';
import { startNpmRegistry } from '#gap/bundle/testing/npm-registry.ts';
import { metadataBytes } from '#gap/bundle/tuf/metadata.ts';
import { kubeconfigCredentials } from './support/api-client.ts';
import { output, runCommand } from './support/command.ts';
import { baseImage, createOrganization, type Member, manifest } from './support/project.ts';
import { startRegion, type TestRegion } from './support/region.ts';

const recipe = (version: number, items: string) => `
name: town
version: ${version}
created: 2026-11-20T00:00:00Z
expires: 2126-11-22T00:00:00Z
roots: roots
items:
${items}
`;
const TOOLS = (release: string) =>
  `  - {type: debian-repository, name: tools, version: "1.0", licence: LicenseRef-Debian, release: ${release}, packages: [jq]}`;
const TOWN = `  - {type: npm, name: town, version: "1.0", licence: EUPL-1.2, packages: ["@town/hall@^1"]}`;

suite('a sealed region with a package mirror', { timeout: 540_000 }, () => {
  let region: TestRegion;
  let alice: Member;
  const leftovers: (() => unknown)[] = [];
  /** As much of a test as helpers of the connected side ask for. */
  const connected = { after: (close: () => unknown) => void leftovers.push(close) } as Pick<
    TestContext,
    'after'
  >;
  const file = (name: string) => join(region.scratch, name);
  const inside = (...command: string[]) => alice.inInstance('web', 'one', command);
  const must = async (...command: string[]) => output(inside(...command), command.join(' '));

  before(async () => {
    region = await startRegion({ airGapped: true, settings: 'soleOperator: true' });
    const image = await baseImage(region);
    const carried = connectedSide(image.replace(/-amd64$|-arm64$/, ''));
    alice = await createOrganization(region, 'ministry');
    await alice.kubectl('create', 'namespace', 'web');
    await alice.apply(manifest(['lan'], [{ name: 'one', image, networks: ['lan'] }]), '-n', 'web');
    await carried;
    await alice.kubectl('-n', 'web', 'wait', '--for=condition=Ready', 'instance/one', '--timeout=120s');
  });
  after(async () => {
    for (const close of leftovers) await close();
    await region?.destroy();
  });

  /** Outside: it has apt's mirrors, and a registry of its own. The folder of the bundle is then "carried". */
  async function connectedSide(release: string): Promise<void> {
    mkdirSync(file('registry'));
    const registry = await startNpmRegistry(connected, file('registry'), [
      { name: '@town/hall', version: '1.2.0', dependencies: { bell: '^2.0.0' } },
      {
        name: 'bell',
        version: '2.1.0',
        files: { 'index.js': "console.log('ding');\n" },
        fields: { bin: 'index.js' },
      },
    ]);
    Object.assign(process.env, registry.env);
    const bundles = await startBundleWorld(connected as TestContext);
    await bundles.signed('town', 'tar', { recipe: recipe(1, `${TOOLS(release)}\n${TOWN}`) });
    for (const name of Object.keys(registry.env)) delete process.env[name];
    const [root] = bundles.roots;
    assert.ok(root);
    writeFileSync(file('1.root.json'), metadataBytes(root));
    await region.casemate('gap', 'trust', file('1.root.json'));
    await region.casemate('gap', 'trust', file('1.root.json'));
    await region.casemate('gap', 'import', bundles.path('town'));
    assert.match(await region.casemate('gap', 'publish', 'town'), /^town is Published/);
  }

  /** The mirror follows what was published, and networks that come. */
  const served = () =>
    must(
      'sh',
      '-c',
      'for i in $(seq 300); do curl -sf -o /dev/null "$(sed -n "s/^URIs: //p" /etc/apt/sources.list.d/casemate.sources)/key.asc" && exit 0; sleep 0.1; done; exit 1',
    );

  test('apt-get install works in an instance that was told nothing, and apt verifies what it gets', async () => {
    await served();
    const updated = await inside('apt-get', '-q', 'update');
    assert.equal(updated.code, 0, updated.stderr);
    assert.doesNotMatch(updated.stdout + updated.stderr, /^[WE]:/m);
    await must('apt-get', '-qy', 'install', 'jq');
    assert.equal((await must('sh', '-c', 'echo \'{"mir": "bleiwen"}\' | jq -r .mir')).trim(), 'bleiwen');
    const policy = await must('apt-cache', 'policy', 'jq');
    assert.match(policy, /http:\/\/mirror\.testing\.casemate\.internal:8741\/apt debian-\d+\/main/);
  });

  test('npm install works where the instance is, as it was told by itself, and its lock file holds the integrity', async () => {
    // The instance has no Node: this machine's npm runs on the instance's network, with its resolver and its settings, and on nothing else.
    const socket = join(region.data, 'incus/unix.socket');
    const listed = await output(
      region.run('curl', [
        '-s',
        '--unix-socket',
        socket,
        'http://incus/1.0/instances?recursion=2&all-projects=true',
      ]),
      'incus',
    );
    const { pid } = JSON.parse(listed).metadata[0].state;
    const gateway = (await must('sh', '-c', "ip -4 route show default | cut -d' ' -f3")).trim();
    writeFileSync(file('resolv.conf'), `nameserver ${gateway}\n`);
    writeFileSync(file('npmrc'), await must('cat', '/etc/npmrc'));
    mkdirSync(file('app'));
    writeFileSync(file('app/package.json'), '{"name":"app","version":"1.0.0"}\n');
    const npm = (...args: readonly string[]) => {
      const script = `mount --bind ${file('resolv.conf')} "$(readlink -f /etc/resolv.conf)" && exec npm "$@"`;
      const enter = [`--target=${pid}`, '--net', '--', 'unshare', '--mount', 'sh', '-c', script, 'npm'];
      return runCommand('nsenter', [...enter, ...args], {
        cwd: file('app'),
        env: {
          npm_config_globalconfig: file('npmrc'),
          npm_config_userconfig: file('none'),
          npm_config_cache: file('npm-cache'),
          npm_config_fetch_retries: '0',
        },
      });
    };
    await output(npm('install', '@town/hall'), 'npm install');
    const lock = JSON.parse(readFileSync(file('app/package-lock.json'), 'utf8'));
    const { resolved, integrity } = lock.packages['node_modules/bell'];
    assert.equal(resolved, 'http://mirror.testing.casemate.internal:8741/npm/bell/-/bell-2.1.0.tgz');
    assert.match(integrity, /^sha512-/);
    assert.match(readFileSync(file('app/node_modules/bell/index.js'), 'utf8'), /ding/);
  });

  test('everybody sees which bundle a package came with, who signed it, and what proves that it was let in', async () => {
    const url = (await must('sed', '-n', 's/^URIs: //p', '/etc/apt/sources.list.d/casemate.sources')).trim();
    const [jq] = JSON.parse(await must('curl', '-sf', `${new URL(url).origin}/provenance/apt/jq`));
    assert.deepEqual(
      [jq.origin.bundle, jq.origin.signers, jq.origin.import],
      ['town', ['alice', 'bob'], 'town'],
    );
    const told = await region.casemate('gap', 'packages', 'jq');
    assert.match(told, /^jq \S+ \(\w+\), for apt\n {2}sha256 [0-9a-f]{64}/);
    assert.match(told, /signed by alice, bob: 2 were needed[\s\S]*gap receipt town proves it/);
    assert.match(await region.casemate('gap', 'packages'), /^NAME[\s\S]*@town\/hall +1\.2\.0 +npm/m);
  });

  test('the mirror is for instances at their own gateway: not from the machine’s other addresses, nor another network’s', async () => {
    const gateway = (
      await alice.kubectl('-n', 'web', 'get', 'network', 'lan', '-o', 'jsonpath={.status.gateway}')
    ).trim();
    const [open] = await Promise.all([
      inside('curl', '-sf', '-o', '/dev/null', '--max-time', '3', `http://${gateway}:8741/apt/key.asc`),
    ]);
    assert.equal(open.code, 0);
    await alice.apply(manifest(['other'], []), '-n', 'web');
    await alice.kubectl('-n', 'web', 'wait', '--for=condition=Ready', 'network/other', '--timeout=60s');
    const other = (
      await alice.kubectl('-n', 'web', 'get', 'network', 'other', '-o', 'jsonpath={.status.gateway}')
    ).trim();
    const codes = [`${other}:8741`, `${gateway}:22`, `${gateway}:8740`].map(async (address) => {
      const { code } = await inside('curl', '-s', '--max-time', '1', `http://${address}/apt/key.asc`);
      return [address, code];
    });
    for (const [address, code] of await Promise.all(codes)) assert.equal(code, 28, String(address));
    const listening = await region.run('ss', ['-Hltn', 'sport = :8741']);
    assert.doesNotMatch(listening.stdout, /0\.0\.0\.0:8741|\*:8741|127\.0\.0\.1:8741/);
    const owner = await region.run('sh', ['-c', 'ps -o user= -p "$(pgrep -f [g]ap/mirror/process.ts)"']);
    assert.notEqual(owner.stdout.trim(), 'root');
  });

  test('objects are at that gateway too, over TLS, and the seal holds', async () => {
    await alice.casemate('bucket', 'create', 'papers');
    const { ca } = kubeconfigCredentials(readFileSync(alice.kubeconfig, 'utf8'));
    const script = `printf '%s' "$0" > /root/ca.pem; exec curl -sS --max-time 20 --cacert /root/ca.pem -w '%{http_code}' https://s3.testing.casemate.internal/papers`;
    assert.match(await must('sh', '-c', script, ca), /<Code>AccessDenied<\/Code>[\s\S]*403$/);
    assert.match(await region.casemate('status'), /^ {2}Sealed since /m);
  });
});
