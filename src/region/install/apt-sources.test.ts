import assert from 'node:assert/strict';
import { test } from 'node:test';
import { backportsSource, formatDeb822, parseAptSources } from './apt-sources.ts';

const DEB822 = `Types: deb
# http://snapshot.example/archive
URIs: http://mirror.example/debian
Suites: bookworm bookworm-updates
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb deb-src
URIs: http://mirror.example/debian-security http://second.example/debian-security
Suites: bookworm-security
Components: main contrib
`;

test('a machine with deb822 sources gets backports from its own mirror, with its own key', () => {
  const source = backportsSource(parseAptSources('debian.sources', DEB822), 'bookworm');
  assert.deepEqual(source, {
    uri: 'http://mirror.example/debian',
    suite: 'bookworm-backports',
    components: ['main'],
    signedBy: '/usr/share/keyrings/debian-archive-keyring.gpg',
  });
});

test('a machine with one-line sources gets backports from its own mirror', () => {
  const text = `# comment
deb-src http://other.example/debian bookworm main
deb [arch=amd64 signed-by=/etc/apt/keyrings/own.gpg] https://mirror.example/debian/ bookworm main non-free # ours
deb http://mirror.example/debian-security bookworm-security main
`;
  assert.deepEqual(backportsSource(parseAptSources('sources.list', text), 'bookworm'), {
    uri: 'https://mirror.example/debian/',
    suite: 'bookworm-backports',
    components: ['main'],
    signedBy: '/etc/apt/keyrings/own.gpg',
  });
});

test('every URI and suite of a stanza is read, and switched-off stanzas are not', () => {
  const sources = parseAptSources(
    'debian.sources',
    `${DEB822}\nEnabled: no\nTypes: deb\nURIs: http://off.example\nSuites: x\n`,
  );
  assert.deepEqual(
    sources.map(({ uri, suite }) => `${uri} ${suite}`),
    [
      'http://mirror.example/debian bookworm',
      'http://mirror.example/debian bookworm-updates',
      'http://mirror.example/debian-security bookworm-security',
      'http://second.example/debian-security bookworm-security',
    ],
  );
});

test('nothing is added where backports are there already', () => {
  const text = `${DEB822}\nTypes: deb\nURIs: http://mirror.example/debian\nSuites: bookworm-backports\nComponents: main\n`;
  assert.equal(backportsSource(parseAptSources('debian.sources', text), 'bookworm'), undefined);
});

test('a machine without a mirror of its release is told so, and none is guessed', () => {
  assert.equal(backportsSource([], 'bookworm'), 'no-mirror');
});

test('a key written into a stanza is not taken for the path of one', () => {
  const text = `Types: deb
URIs: http://mirror.example/debian
Suites: bookworm
Components: main
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 mQINBF
`;
  assert.equal(parseAptSources('debian.sources', text)[0]?.signedBy, undefined);
});

test('what is written can be read back', () => {
  const source = {
    uri: 'http://m.example/debian',
    suite: 's-backports',
    components: ['main'],
    signedBy: '/k.gpg',
  };
  assert.deepEqual(parseAptSources('x.sources', formatDeb822(source, 'a comment')), [source]);
});
