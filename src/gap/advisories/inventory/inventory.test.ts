import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { sbomInventory } from './cyclonedx.ts';
import { debianInventory } from './dpkg.ts';
import { npmLockInventory } from './npm-lock.ts';

const DEBIAN_12 =
  'PRETTY_NAME="Debian GNU/Linux 12"\nVERSION_ID="12"\nVERSION_CODENAME=bookworm\nID=debian\n';
const ROOT = new URL('../../../../', import.meta.url);

const stanza = (name: string, version: string, more = '', status = 'install ok installed') =>
  `Package: ${name}\nStatus: ${status}\n${more}Version: ${version}\nDescription: x\n Source: not-this\n\n`;

describe('what is installed on Debian', () => {
  it('is told by source package and its version, also where binaries are named or rebuilt otherwise', () => {
    const { release, packages } = debianInventory(
      stanza('libkettle3', '3.0.1-1~deb12u1', 'Source: kettle-ssl\n') +
        stanza('kettle', '3.0.1-1~deb12u1', 'Source: kettle-ssl\n') +
        stanza('teapotd', '1:2.0-1+b2', 'Source: teapotd (1:2.0-1)\n') +
        stanza('spout-dev', '9-4+b1') +
        stanza('lid', '4:12.2.0-3', 'Source: lid-defaults (1.203)\n') +
        stanza('left', '1.0', '', 'deinstall ok config-files') +
        stanza('half', '1.0', '', 'install ok unpacked'),
      DEBIAN_12,
    );
    assert.equal(release, 'bookworm');
    assert.deepEqual(
      packages.map(({ name, version, binaries }) => [name, version, binaries]),
      [
        ['half', '1.0', ['half']],
        ['kettle-ssl', '3.0.1-1~deb12u1', ['libkettle3', 'kettle']],
        ['lid-defaults', '1.203', ['lid']],
        ['spout-dev', '9-4', ['spout-dev']],
        ['teapotd', '1:2.0-1', ['teapotd']],
      ],
    );
    assert.equal(packages[1]?.purl, 'pkg:deb/debian/kettle-ssl@3.0.1-1~deb12u1?arch=source');
  });

  it('of this machine is what dpkg-query says, source by source', () => {
    const { packages } = debianInventory(readFileSync('/var/lib/dpkg/status', 'utf8'), DEBIAN_12);
    const fields = ['db:Status-Status', 'source:Package', 'source:Version'];
    const format = `${fields.map((field) => ['$', '{', field, '}'].join('')).join(' ')}\\n`;
    const lines = execFileSync('dpkg-query', ['-W', '-f', format], { encoding: 'utf8' }).trim().split('\n');
    const expected = lines
      .filter((line) => !/^(not-installed|config-files) /.test(line))
      .map((line) => line.split(' ').slice(1).join(' '));
    assert.deepEqual(
      packages.map(({ name, version }) => `${name} ${version}`).sort(),
      [...new Set(expected)].sort(),
    );
  });

  it('is not guessed at: no list, another distribution and broken entries are said', () => {
    assert.throws(() => debianInventory('', DEBIAN_12), /names no installed package/);
    assert.throws(
      () => debianInventory(stanza('a1', '1'), 'ID=alpine\n'),
      /it runs "alpine", of which no advisories are read/,
    );
    const { packages, unidentified } = debianInventory(
      stanza('good', '1') + stanza('../../bad', '1') + stanza('worse', '$(x)'),
      DEBIAN_12,
    );
    assert.deepEqual(
      packages.map(({ name }) => name),
      ['good'],
    );
    assert.deepEqual(
      unidentified.map(({ name }) => name),
      ['../../bad', 'worse'],
    );
  });
});

describe('what a package-lock.json installs', () => {
  it('is every package but those for development, of this program too', () => {
    const text = readFileSync(new URL('package-lock.json', ROOT), 'utf8');
    const { packages, unidentified } = npmLockInventory(text);
    const fastify = packages.find(({ name }) => name === 'fastify');
    assert.equal(fastify?.purl, `pkg:npm/fastify@${fastify?.version}`);
    assert.ok(packages.some(({ purl }) => purl.startsWith('pkg:npm/%40peculiar/x509@')));
    assert.equal(
      packages.some(({ name }) => name === 'playwright-core'),
      false,
    );
    assert.ok(
      npmLockInventory(text, { development: true }).packages.some(({ name }) => name === 'playwright-core'),
    );
    assert.deepEqual(unidentified, []);
  });

  it('knows nested and aliased packages by their own names', () => {
    const lock = {
      lockfileVersion: 3,
      packages: {
        '': { name: 'shop', version: '1.0.0' },
        'node_modules/@tea/pot': { version: '0.9.2', license: 'MIT' },
        'node_modules/@tea/pot/node_modules/left-kettle': { version: '1.3.0' },
        'node_modules/kettle': { name: 'left-kettle', version: '2.0.0' },
        'node_modules/local': { link: true },
        'packages/local': { version: '1.0.0' },
      },
    };
    const { purl, packages, unidentified } = npmLockInventory(JSON.stringify(lock));
    assert.equal(purl, 'pkg:npm/shop@1.0.0');
    assert.deepEqual(
      packages.map((one) => one.purl),
      ['pkg:npm/%40tea/pot@0.9.2', 'pkg:npm/left-kettle@1.3.0', 'pkg:npm/left-kettle@2.0.0'],
    );
    assert.deepEqual(unidentified, [
      { name: 'packages/local', why: 'it is a folder and not a package of a registry' },
    ]);
    assert.throws(() => npmLockInventory('{"lockfileVersion": 1}'), /lockfileVersion is 1; 2 and 3 are read/);
  });
});

describe('an SBOM', () => {
  const sbom = (components: unknown, more: object = {}) =>
    JSON.stringify({ bomFormat: 'CycloneDX', specVersion: '1.6', components, ...more });

  it('gives packages by their source and ecosystem, nested ones too, and what has no package URL', () => {
    const inventory = sbomInventory(
      sbom(
        [
          {
            type: 'library',
            name: 'libkettle3',
            purl: 'pkg:deb/debian/libkettle3@3.0.1-1+b1?arch=amd64&distro=debian-12&upstream=kettle-ssl%403.0.1-1',
            licenses: [{ license: { id: 'Apache-2.0' } }, { license: { name: 'Kettle licence' } }],
            components: [
              {
                type: 'library',
                name: 'left-kettle',
                version: '1.3.0',
                purl: 'pkg:npm/left-kettle@1.3.0',
                licenses: [{ expression: 'MIT OR GPL-2.0-only' }],
              },
            ],
          },
          { type: 'file', name: '/etc/x' },
          { type: 'library', name: 'vendored' },
          { type: 'library', name: 'wheel', purl: 'pkg:pypi/wheel@1' },
        ],
        { metadata: { component: { type: 'application', name: 'shop', purl: 'pkg:npm/shop@1.0.0' } } },
      ),
    );
    assert.deepEqual(inventory, {
      purl: 'pkg:npm/shop@1.0.0',
      release: 'bookworm',
      packages: [
        {
          ecosystem: 'debian',
          name: 'kettle-ssl',
          version: '3.0.1-1',
          purl: 'pkg:deb/debian/kettle-ssl@3.0.1-1?arch=source',
          binaries: ['libkettle3'],
          licence: 'Apache-2.0 AND Kettle licence',
        },
        {
          ecosystem: 'npm',
          name: 'left-kettle',
          version: '1.3.0',
          purl: 'pkg:npm/left-kettle@1.3.0',
          licence: 'MIT OR GPL-2.0-only',
        },
      ],
      unidentified: [
        { name: 'vendored', why: 'it has no package URL (purl)' },
        { name: 'pkg:pypi/wheel@1', why: 'there are no advisories for packages of this sort' },
      ],
    });
  });

  it('that is wrong is refused by the component and the field', () => {
    assert.throws(() => sbomInventory('<bom/>'), /sbom: the document is no JSON/);
    assert.throws(
      () => sbomInventory(sbom([], { specVersion: '2.0' })),
      /specVersion is "2.0"; it must be 1.4, 1.5, 1.6/,
    );
    assert.throws(() => sbomInventory(sbom([{ type: 'library' }])), /sbom: components\[0\]: name is nothing/);
    assert.throws(
      () => sbomInventory(sbom([{ name: 'x', purl: 'x@1' }])),
      /sbom: components\[0\] x: purl is "x@1", which is no package URL/,
    );
    let nested: unknown[] = [];
    for (let depth = 0; depth < 20; depth++) nested = [{ name: 'x', components: nested }];
    assert.throws(() => sbomInventory(sbom(nested)), { code: 'TooLarge' });
  });
});
