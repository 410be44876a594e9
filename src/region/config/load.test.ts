import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { defaultConfigText } from './default-text.ts';
import { ConfigError, loadOrCreateConfig, parseConfig } from './load.ts';

const TEXT = defaultConfigText({ name: 'luxembourg', id: 'r0a1b2c3d', listen: '127.0.0.1:6443' });

test('the settings written first are valid, commented, and say what was asked for', () => {
  const config = parseConfig(TEXT, 'region.yaml');
  assert.equal(config.name, 'luxembourg');
  assert.equal(config.id, 'r0a1b2c3d');
  assert.equal(config.listen, '127.0.0.1:6443');
  assert.deepEqual(config.postgres, { mode: 'embedded' });
  assert.deepEqual(config.network.pools, ['10.116.0.0/14']);
  assert.ok(TEXT.includes('# Where the API answers.'));
});

/** What is said of the default settings with one piece of text replaced. */
function problemsWith(from: string, to: string): readonly string[] {
  assert.ok(TEXT.includes(from), `the default settings hold ${from}`);
  try {
    parseConfig(TEXT.replace(from, to), 'region.yaml');
    return [];
  } catch (error) {
    assert.ok(error instanceof ConfigError);
    return error.problems;
  }
}

test('an error names the field, what stands there, and what would be right', () => {
  assert.deepEqual(problemsWith('listen: "127.0.0.1:6443"', 'listen: "6443"'), [
    'listen: "6443" should be ADDRESS:PORT, for example 127.0.0.1:6443 or [::1]:6443',
  ]);
  assert.deepEqual(problemsWith('mode: embedded', 'mode: sqlite'), [
    'postgres.mode: "sqlite" should be embedded or external',
  ]);
  assert.deepEqual(problemsWith('egress: false', 'egress: sometimes'), [
    'network.egress: "sometimes" should be whether instances may be allowed (by policy) to reach past the region',
  ]);
});

test('a field that does not exist is refused by name', () => {
  assert.deepEqual(problemsWith('listen:', 'lisen: "127.0.0.1:1"\nlisten:'), [
    'lisen: there is no such field',
  ]);
});

test('a field that is missing is named with what belongs there', () => {
  assert.deepEqual(problemsWith('listen: "127.0.0.1:6443"', ''), [
    'listen: is missing; should be ADDRESS:PORT, for example 127.0.0.1:6443 or [::1]:6443',
  ]);
});

test('a file of an older release goes on working: what it does not say takes its default', () => {
  const config = parseConfig(
    'name: old\nid: r00000001\nlisten: 127.0.0.1:6443\nnetwork:\n  egress: true\n',
    'x',
  );
  assert.deepEqual(config.network, { egress: true, forwardAddresses: [], pools: ['10.68.0.0/14'] });
  assert.deepEqual(config.incus, { mode: 'embedded' });
  assert.deepEqual(config.ledger, { witnessNetworks: [] });
});

test('fields that only make sense together are checked together', () => {
  assert.deepEqual(problemsWith('mode: embedded', 'mode: external'), [
    'postgres.url: is missing; mode: external needs postgresql://user@host/database',
  ]);
  assert.deepEqual(problemsWith('listen: "127.0.0.1:6443"', 'listen: "127.0.0.1:70000"'), [
    'listen: the port 70000 should be between 1 and 65535',
  ]);
});

test('an Incus is named by its socket or, on another machine, by its URL with three files', () => {
  const external = (...lines: readonly string[]) => {
    const text = TEXT.replace(
      /incus:\n(?: {2}#.*\n)* {2}mode: embedded/,
      ['incus:', 'mode: external', ...lines].join('\n  '),
    );
    try {
      parseConfig(text, 'region.yaml');
      return [];
    } catch (error) {
      assert.ok(error instanceof ConfigError);
      return error.problems;
    }
  };
  const files = ['clientCertificate: /a', 'clientKey: /b', 'serverCertificate: /c'];
  assert.deepEqual(external('socket: /run/incus'), []);
  assert.deepEqual(external('url: https://incus.example:8443', ...files), []);
  assert.deepEqual(external(), [
    "incus.socket: is missing; mode: external needs the path of Incus' unix.socket, or incus.url for one on another machine",
  ]);
  assert.deepEqual(external('url: https://incus.example:8443', 'clientKey: /b'), [
    'incus.clientCertificate: is missing; incus.url needs the path of a PEM file here',
    'incus.serverCertificate: is missing; incus.url needs the path of a PEM file here',
  ]);
  assert.deepEqual(external('url: https://incus.example:8443', 'socket: /run/incus', ...files), [
    'incus.url: there is incus.socket as well; take one of them out',
  ]);
  assert.deepEqual(external('socket: /run/incus', 'clientKey: /b'), [
    'incus.clientKey: only incus.url uses it; take it out',
  ]);
  assert.deepEqual(external('url: http://incus.example:8443', ...files), [
    'incus.url: "http://incus.example:8443" should be https://HOST:PORT of an Incus on another machine, only with mode: external and without socket',
  ]);
  assert.deepEqual(problemsWith('incus:\n', 'incus:\n  clientKey: /b\n'), [
    'incus.clientKey: only mode: external uses it; take it out, or change the mode',
  ]);
});

test('text that is no YAML says where it breaks', () => {
  assert.match(problemsWith('advertise: []', 'advertise: [')[0] ?? '', /line \d+/);
});

test('the first start writes the file for its owner alone; the next one keeps what stands there', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'config-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'region.yaml');
  const first = await loadOrCreateConfig(path, { name: 'one', listen: '127.0.0.1:7443' });
  assert.match(first.id, /^r[0-9a-f]{8}$/);
  assert.equal(statSync(path).mode & 0o777, 0o600);
  writeFileSync(path, readFileSync(path, 'utf8').replace('7443', '8443'));
  const second = await loadOrCreateConfig(path, { name: 'two', listen: '127.0.0.1:9443' });
  assert.deepEqual(second, { ...first, listen: '127.0.0.1:8443' });
});
