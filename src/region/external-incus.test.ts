import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { externalAddress } from './external-incus.ts';

suite('an Incus on another machine, as region.yaml names it', () => {
  let folder: string;
  const self = { name: userInfo().username, uid: userInfo().uid };
  const path = (name: string) => join(folder, name);
  const text = (name: string) => readFileSync(path(name), 'utf8');
  const incus = (changes: Readonly<Record<string, string>> = {}) => ({
    incus: {
      mode: 'external' as const,
      url: 'https://incus.example:8443',
      clientCertificate: path('ours.crt'),
      clientKey: path('ours.key'),
      serverCertificate: path('theirs.crt'),
      ...changes,
    },
  });

  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'external-incus-'));
    for (const name of ['ours', 'theirs']) {
      const algorithm = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
      const files = ['-keyout', path(`${name}.key`), '-out', path(`${name}.crt`)];
      execFileSync('openssl', ['req', '-x509', ...algorithm, '-subj', `/CN=${name}`, ...files], {
        stdio: 'pipe',
      });
    }
    writeFileSync(path('empty'), '');
  });
  after(() => rmSync(folder, { recursive: true }));

  test('its address holds what the files hold', () => {
    assert.deepEqual(externalAddress(incus(), self), {
      url: 'https://incus.example:8443',
      certificate: text('ours.crt'),
      key: text('ours.key'),
      serverCertificate: text('theirs.crt'),
    });
  });

  test('a key that others may read is refused, with what to do', () => {
    chmodSync(path('ours.key'), 0o640);
    try {
      assert.throws(
        () => externalAddress(incus(), self),
        /incus\.clientKey: .*ours\.key is open to others than its owner \(mode 640\): chmod 600 .*ours\.key$/,
      );
    } finally {
      chmodSync(path('ours.key'), 0o600);
    }
  });

  test('a key that the region’s account cannot read is refused, with what to do', () => {
    assert.throws(
      () => externalAddress(incus(), { name: 'casemate', uid: self.uid + 1 }),
      /incus\.clientKey: .*ours\.key belongs to user \d+, and the region runs as casemate: chown casemate .*ours\.key$/,
    );
  });

  test('files that are missing, empty, or of something else are refused with the field’s name, and no key is told', () => {
    const wrong: readonly (readonly [changes: Readonly<Record<string, string>>, said: RegExp])[] = [
      [{ clientKey: path('nothing') }, /^incus\.clientKey: .*nothing cannot be read \(ENOENT\)$/],
      [{ clientCertificate: path('empty') }, /^incus\.clientCertificate: .*empty is not what belongs there/],
      [{ serverCertificate: path('empty') }, /^incus\.serverCertificate: .*holds 0 certificates in PEM/],
      [{ clientKey: path('theirs.key') }, /^incus\.clientKey: .*theirs\.key is not the key of .*ours\.crt$/],
      [{ clientCertificate: path('ours.key') }, /^incus\.clientCertificate: .*is not what belongs there/],
    ];
    const secret = text('ours.key').split('\n')[1] ?? '';
    for (const [changes, said] of wrong) {
      assert.throws(
        () => externalAddress(incus(changes), self),
        ({ message }: Error) => said.test(message) && !message.includes(secret),
      );
    }
  });
});
