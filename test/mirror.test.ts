/**
 * Packages in a region that has no way out: built and signed on a connected side, imported, published; an instance then installs with Debian's apt and with npm from the
 * region's own mirror, without being told anything, and everybody sees where each package came from. Needs root; apt of this machine at set-up.
 */
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { startNpmRegistry } from '#gap/bundle/testing/npm-registry.ts';
import { output, runCommand } from './support/command.ts';
import { baseImage, createOrganization, type Member, manifest } from './support/project.ts';
import { startRegion, type TestRegion } from './support/region.ts';

const recipe = (version: number, items: string) => `
name: town
version: ${version}
created: 2026-11-22T00:00:00Z
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
  const registries: (() => void)[] = [];
  const file = (name: string) => join(region.scratch, name);
  const inside = (...command: string[]) => alice.inInstance('web', 'one', command);
  const must = async (...command: string[]) => output(inside(...command), command.join(' '));

  before(async () => {
    region = await startRegion({ airGapped: true, settings: 'soleOperator: true' });
    const image = await baseImage(region);
    const connected = connectedSide(image.replace(/-amd64$|-arm64$/, ''));
    alice = await createOrganization(region, 'ministry');
    await alice.kubectl('create', 'namespace', 'web');
    await alice.apply(manifest(['lan'], [{ name: 'one', image, networks: ['lan'] }]), '-n', 'web');
    await connected;
    await alice.kubectl('-n', 'web', 'wait', '--for=condition=Ready', 'instance/one', '--timeout=120s');
  });
  after(async () => {
    for (const close of registries) close();
    await region?.destroy();
  });

  /** Outside: it has apt's mirrors, and a registry of its own. The folder of the bundle is then "carried". */
  async function connectedSide(release: string): Promise<void> {
    mkdirSync(file('registry'));
    const registry = await startNpmRegistry(
      { after: (close) => registries.push(close as () => void) },
      file('registry'),
      [
        { name: '@town/hall', version: '1.2.0', dependencies: { bell: '^2.0.0' } },
        {
          name: 'bell',
          version: '2.1.0',
          files: { 'index.js': "console.log('ding');\n" },
          fields: { bin: 'index.js' },
        },
      ],
    );
    writeFileSync(file('passphrase'), 'correct horse battery staple\n');
    const casemate = join(import.meta.dirname, '..', 'casemate');
    const bundle = (...args: readonly string[]) =>
      output(
        runCommand(casemate, ['bundle', ...args], { env: registry.env, cwd: region.scratch }),
        args.join(' '),
      );
    const passphrase = ['--passphrase-file', file('passphrase')];
    await bundle('keys', 'new', '--signer', 'alice', '--out', region.scratch, ...passphrase);
    await bundle(
      'root',
      'new',
      file('roots'),
      '--signer',
      file('alice.pub.json'),
      '--expires',
      '2126-01-01T00:00:00Z',
    );
    await bundle('root', 'sign', file('roots'), '--key', file('alice.key'), ...passphrase);
    writeFileSync(file('recipe.yaml'), recipe(1, `${TOOLS(release)}\n${TOWN}`));
    await bundle('build', file('recipe.yaml'), '--out', file('town.bundle'));
    await bundle('sign', file('town.bundle'), '--key', file('alice.key'), ...passphrase);
    await region.casemate('gap', 'trust', file('roots/1.root.json'));
    await region.casemate('gap', 'trust', file('roots/1.root.json'));
    await region.casemate('gap', 'import', file('town.bundle'));
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
});
