import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { systemClock } from '#kernel/clock.ts';
import { connectIncus, type Incus } from './client.ts';
import { isIncusError } from './errors.ts';
import { projectConfig } from './projects.ts';
import { listenHttps, type TestHttps } from './test-https.ts';
import { type TestImage, testImage } from './test-image.ts';
import { startTestIncus, type TestIncus } from './test-incus.ts';

const PROJECT = 'cm-remote';

describe('the Incus adapter over HTTPS', () => {
  let engine: TestIncus;
  let image: TestImage;
  let https: TestHttps;
  let incus: Incus;

  const connect = (serverCertificate: string) =>
    connectIncus(
      {
        url: https.url,
        certificate: readFileSync(https.clientCertificate, 'utf8'),
        key: readFileSync(https.clientKey, 'utf8'),
        serverCertificate,
      },
      systemClock,
    );

  before(async () => {
    [image, engine] = await Promise.all([testImage(), startTestIncus()]);
    https = await listenHttps(engine);
    incus = connect(readFileSync(https.serverCertificate, 'utf8'));
  });
  after(async () => {
    incus?.close();
    await engine?.close();
  });

  test('a certificate that the daemon does not trust opens nothing, and one can see why', async () => {
    assert.equal((await incus.server()).auth, 'untrusted');
    await assert.rejects(incus.projects.list(), (error) => isIncusError(error, 'Forbidden'));
    await https.trust();
    assert.equal((await incus.server()).auth, 'trusted');
  });

  test('a server with another certificate than the pinned one is not talked to', async () => {
    // Any other certificate will do: the client's own.
    const misled = connect(readFileSync(https.clientCertificate, 'utf8'));
    await assert.rejects(
      misled.server(),
      (error) =>
        isIncusError(error, 'Unavailable') &&
        /shows a certificate that is not the one trusted here \(DEPTH_ZERO_SELF_SIGNED_CERT\)/.test(
          error.message,
        ),
    );
    misled.close();
  });

  test('an image goes up, an instance is made of it, and its commands, terminal and console work', async () => {
    const fingerprint = await incus.images.import({ file: join(image.folder, image.file), properties: {} });
    assert.equal(fingerprint, image.sha256);
    const extensions = await incus.extensions();
    await incus.projects.create(PROJECT, 'tests', projectConfig(extensions, [], {}));
    await incus.instances.create(PROJECT, {
      name: 'far',
      type: 'container',
      source: { type: 'image', fingerprint },
      profiles: [],
      config: { 'limits.cpu': '1', 'limits.memory': '256MiB', 'security.idmap.isolated': 'true' },
      devices: { root: { type: 'disk', path: '/', pool: engine.pool, size: '1GiB' } },
    });
    await incus.instances.setState(PROJECT, 'far', { action: 'start' });

    const run = async (command: readonly string[], interactive: boolean, input: string) => {
      const output: Buffer[] = [];
      const errors: Buffer[] = [];
      const session = await incus.exec(PROJECT, 'far', {
        command,
        interactive,
        stdout: async (chunk) => void output.push(chunk),
        stderr: async (chunk) => void errors.push(chunk),
      });
      await session.write(Buffer.from(input));
      session.end();
      const code = await session.done;
      return { code, output: Buffer.concat(output).toString(), errors: Buffer.concat(errors).toString() };
    };
    const plain = await run(['sh', '-c', 'cat; echo wrong >&2; exit 3'], false, 'through');
    assert.deepEqual(plain, { code: 3, output: 'through', errors: 'wrong\n' });
    const terminal = await run(['sh', '-c', 'read line; echo "got $line on $(tty)"'], true, 'it\n');
    assert.equal(terminal.code, 0);
    assert.match(terminal.output, /got it on \/dev\/pts\//);
    assert.ok(Buffer.isBuffer(await incus.instances.consoleLog(PROJECT, 'far')));

    await incus.instances.setState(PROJECT, 'far', { action: 'stop', force: true });
    await incus.instances.delete(PROJECT, 'far');
    await incus.projects.delete(PROJECT);
    await incus.images.delete(fingerprint);
  });
});
